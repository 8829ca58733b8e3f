//! Distilling: what is kept of a document, and what is left out.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use jsm_codegen::model::Pointer;
use jsm_codegen::{distil, document, pins};
use serde_json::{Value, json};

use crate::random_damage::collect;

const PARCELS: &str = include_str!("../fixtures/pin/parcels.json");

#[test]
fn distilling_what_is_distilled_changes_nothing() {
    let once = distil::distil(&parcels(), "Parcels").expect("the fixture is fine");
    let twice = distil::distil(&once.document, "Parcels").expect("a distilled document is a document");
    assert_eq!(document::canonical(&twice.document), document::canonical(&once.document));
    assert_eq!(twice.left_out, BTreeMap::new());
}

#[test]
fn our_own_annotations_stay_at_every_place() {
    let mut annotated = parcels();
    let places = [
        "",
        "/info",
        "/paths",
        "/paths/~1parcel",
        "/paths/~1parcel/get",
        "/paths/~1parcel/get/parameters/0",
        "/paths/~1parcel/get/responses",
        "/paths/~1parcel/get/responses/200",
        "/components/schemas/Parcel",
        "/components/schemas/Parcel/properties/title",
        "/components/securitySchemes/Basic",
    ];
    for place in places {
        annotated.pointer_mut(place).expect(place)["x-jsm-inferred"] = json!("seen in an answer");
    }
    let distilled = distil::distil(&annotated, "Parcels").expect("annotations are allowed").document;
    let kept = document::canonical(&distilled).matches("\"x-jsm-inferred\": \"seen in an answer\"").count();
    assert_eq!(kept, places.len());
}

#[test]
fn no_mutation_of_a_document_makes_distilling_panic() {
    let fixture = parcels();
    let mut pointers = Vec::new();
    collect(&fixture, Pointer::root(), &mut pointers);
    let mut taken = 0;
    for pointer in &pointers {
        for strange in
            [json!(null), json!(false), json!(-1.5), json!("é"), json!([[]]), json!({"$ref": "#", "": {}})]
        {
            let mut mutated = fixture.clone();
            *pointer.find_mut(&mut mutated).expect("it was collected there") = strange;
            if let Ok(once) = distil::distil(&mutated, "Parcels") {
                taken += 1;
                let twice = distil::distil(&once.document, "Parcels").expect("distilled is fine");
                assert_eq!(twice.document, once.document, "{pointer}");
                distil::dangling_references(&once.document);
            }
        }
    }
    assert!(taken > pointers.len(), "most mutations of facts and prose are taken: {taken}");
}

#[test]
fn days_have_one_form() {
    for (seconds, day) in [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (4_107_542_400, "2100-03-01")] {
        assert_eq!(pins::day(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), day);
        assert!(pins::read_day(day).is_ok(), "{day}");
    }
    for text in
        ["", "2026-6-20", "2026-02-29", "2026-13-01", "2026-04-31", "20260620", "2026-06-20-", "+026-06-20"]
    {
        assert!(pins::read_day(text).is_err(), "{text}");
    }
}

fn parcels() -> Value {
    serde_json::from_str(PARCELS).expect("the fixture is JSON")
}
