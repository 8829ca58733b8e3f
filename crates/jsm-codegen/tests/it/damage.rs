//! Documents and overlays with random damage, given to everything that reads them: never a panic.

use jsm_codegen::effective::attempt;
use jsm_codegen::emit::emit;
use jsm_codegen::lint::lint;
use jsm_codegen::model::Document;
use jsm_codegen::surface::surface;
use jsm_codegen::{diff, distil, document, overlay};
use proptest::prelude::*;
use serde_json::Value;

use crate::random_damage::{config, damaged, damages};

const UPSTREAM: &str = include_str!("../fixtures/ferry/upstream.yaml");
const ERGONOMICS: &str = include_str!("../fixtures/ferry/ergonomics.yaml");
const DOCS: &str = include_str!("../fixtures/ferry/docs.yaml");
const GENERATOR: &str = include_str!("../fixtures/ferry/generator.yaml");

proptest! {
    #![proptest_config(config(256))]
    #[test]
    fn nothing_that_reads_a_document_panics(damage in damages()) {
        let whole = read(UPSTREAM);
        let document = damaged(&whole, &damage);
        compare(&whole, &document);
        if let Ok(distilled) = distil::distil(&document, "Ferries") {
            let again = distil::distil(&distilled.document, "Ferries").expect("it was taken once");
            prop_assert_eq!(&again.document, &distilled.document);
            become_rust(&distilled.document, &overlays(&[GENERATOR, ERGONOMICS, DOCS]));
        }
        // The lint reads documents that are not distilled, too.
        lint(&Document::read(&document));
    }

    #[test]
    fn nothing_that_reads_an_overlay_panics(damage in damages(), which in 0..3_usize) {
        let mut texts = [GENERATOR, ERGONOMICS, DOCS].map(str::to_owned);
        texts[which] = damaged(&read(&texts[which]), &damage).to_string();
        let pinned = distil::distil(&read(UPSTREAM), "Ferries").expect("the fixture is fine").document;
        let texts = texts.each_ref().map(String::as_str);
        become_rust(&pinned, &overlays(&texts));
    }

    #[test]
    fn an_effective_document_with_damage_is_reported_or_generated(damage in damages()) {
        let pinned = distil::distil(&read(UPSTREAM), "Ferries").expect("the fixture is fine").document;
        let (whole, problems) = attempt(&pinned, &overlays(&[GENERATOR, ERGONOMICS, DOCS]));
        prop_assert!(problems.is_empty());
        become_rust(&damaged(&whole, &damage), &[]);
    }
}

fn read(text: &str) -> Value {
    document::parse(text.as_bytes()).expect("the fixture is fine")
}

fn overlays(texts: &[&str]) -> Vec<overlay::Overlay> {
    texts.iter().filter_map(|text| overlay::parse("overlay.yaml", text).ok()).collect()
}

fn compare(old: &Value, new: &Value) {
    for (old, new) in [(old, new), (new, old)] {
        if let (Ok(old), Ok(new)) = (diff::read(old), diff::read(new)) {
            let changes = diff::compare(&old, &new);
            let _ = (diff::text(&changes), diff::markdown(&changes), diff::json(&changes));
        }
    }
}

fn become_rust(pinned: &Value, overlays: &[overlay::Overlay]) {
    let (made, problems) = attempt(pinned, overlays);
    let model = Document::read(&made);
    if problems.is_empty() && lint(&model).is_empty() {
        let source = emit("ferry", &document::canonical(&made));
        let source = source.expect("the lint reports nothing");
        surface(&model, &source).expect("what is generated is Rust");
    }
}
