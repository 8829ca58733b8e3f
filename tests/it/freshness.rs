//! Everything derived is current, and deriving it again gives the same bytes, on any machine.
//!
//! That the pinned files are what their record says is tested in `pin`, what a whole update writes in `update`.

use std::fs;

use jsm_codegen::document;
use jsm_codegen::emit::emit;
use jsm_codegen::model::{Document, Pointer};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use xtask::effective::{self, EffectiveArgs};
use xtask::files;
use xtask::outcome::Outcome;
use xtask::pin::{self, PinArgs};

use crate::apis::APIS;
use crate::third_api::copy;
use crate::update::{texts, touched};

#[test]
fn the_effective_documents_are_current() {
    match effective::run(&files::root(), &EffectiveArgs { check: true }) {
        Ok(Outcome::Fine(_)) => {}
        Ok(Outcome::Stale(report)) => panic!("{report}"),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn a_stale_document_is_reported_with_the_command_that_writes_it() {
    let checkout = checkout();
    let place = effective::place("csm");
    let text = fs::read_to_string(checkout.path().join(&place)).expect("it was copied");
    fs::write(checkout.path().join(&place), text.replace("number", "integer")).expect("a file");
    let before = texts(checkout.path());
    let Ok(Outcome::Stale(report)) = effective::run(checkout.path(), &EffectiveArgs { check: true }) else {
        panic!("the file was edited")
    };
    assert_eq!(report, format!("not current: {place}\nrun `cargo xtask effective`"));
    assert_eq!(texts(checkout.path()), before, "a check wrote something");
    effective::run(checkout.path(), &EffectiveArgs { check: false }).expect("the overlays fit");
    assert_eq!(fs::read_to_string(checkout.path().join(&place)).expect("it was written"), text);
}

#[test]
fn generation_is_a_function_of_what_the_document_says() {
    for api in APIS {
        let document = api.document();
        let source = emit(api.name, &document).expect("it has passed the lint");
        assert!(emit(api.name, &document).as_ref() == Ok(&source), "{}: two runs differ", api.name);
        // Written backwards and without its indent it says the same.
        let backwards = backwards(&api.value());
        assert_ne!(backwards, document);
        assert!(
            emit(api.name, &backwards).as_ref() == Ok(&source),
            "{}: the order of keys matters",
            api.name
        );
    }
}

#[test]
fn effective_documents_do_not_depend_on_the_order_of_keys() {
    let checkout = checkout();
    for api in APIS {
        let path = checkout.path().join(files::pinned(api.name));
        let text = fs::read_to_string(&path).expect("it was copied");
        let value = document::parse(text.as_bytes()).expect("it is a document");
        fs::write(&path, backwards(&value)).expect("a file");
        let made = effective::make(checkout.path(), api.name).expect("the overlays fit");
        assert!(made == api.document(), "{}: the order of keys matters", api.name);
    }
}

/// One edit of an upstream document, and the lines that it may change in the effective one and in the surface.
struct Edit {
    what: &'static str,
    api: &'static str,
    pointer: &'static str,
    value: Value,
    effective: usize,
    surface: &'static [&'static str],
}

#[test]
fn one_edit_upstream_is_a_few_lines_here() {
    let edits = [
        Edit {
            what: "a property of a response",
            api: "servicedesk",
            pointer: "/components/schemas/UserDTO/properties/shoeSize",
            value: json!({"type": "integer", "format": "int32"}),
            effective: 4,
            surface: &["+types::User.shoe_size: Option<i32>"],
        },
        Edit {
            what: "a property of a body",
            api: "servicedesk",
            pointer: "/components/schemas/CustomerCreateDTO/properties/shoeSize",
            value: json!({"type": "integer", "format": "int32"}),
            effective: 4,
            surface: &[
                "+customer::CreateCustomer::shoe_size(i32)",
                "+types::CustomerCreate.shoe_size: Option<i32>",
                "+types::CustomerCreate::shoe_size(i32)",
            ],
        },
        Edit {
            what: "a property of a body that several groups send",
            api: "csm",
            pointer: "/components/schemas/UpdateDetailFieldRequest/properties/shoeSize",
            value: json!({"type": "integer"}),
            effective: 3,
            surface: &[
                "+types::UpdateDetailFieldRequest.shoe_size: Option<i64>",
                "+types::UpdateDetailFieldRequest::shoe_size(i64)",
            ],
        },
        Edit {
            what: "a value of an enum",
            api: "servicedesk",
            pointer: "/components/schemas/SourceDTO/properties/type/enum/1",
            value: json!("ferry"),
            effective: 3,
            surface: &["+types::SourceType::Ferry \"ferry\""],
        },
        Edit {
            what: "an operation that is deprecated from now on",
            api: "servicedesk",
            pointer: "/paths/~1rest~1servicedeskapi~1info/get/deprecated",
            value: json!(true),
            effective: 1,
            surface: &[
                "+info::GetInfo GET /rest/servicedeskapi/info -> SoftwareInfo [deprecated] [idempotent]",
                "-info::GetInfo GET /rest/servicedeskapi/info -> SoftwareInfo [idempotent]",
            ],
        },
    ];
    for Edit { what, api, pointer, value, effective: lines, surface } in edits {
        let checkout = checkout();
        let root = checkout.path();
        let (pinned, place) = (files::pinned(api), effective::place(api));
        let before = texts(root);
        let mut upstream = document::parse(before[&pinned].as_bytes()).expect("it is a document");
        let pointer = Pointer::from_reference(&format!("#{pointer}")).expect("it is a pointer");
        let (parent, key) = pointer.split().expect("it is below the root");
        match parent.find_mut(&mut upstream).unwrap_or_else(|| panic!("{what}: nothing at {parent}")) {
            Value::Object(entries) => drop(entries.insert(key, value)),
            Value::Array(items) => items.push(value),
            other => panic!("{what}: {other} is at {parent}"),
        }
        let from = TempDir::new().expect("a folder");
        let from = from.path().join("upstream.json");
        fs::write(&from, upstream.to_string()).expect("a file");

        let args = PinArgs { api: api.into(), from: Some(from.display().to_string()), ..PinArgs::default() };
        pin::run(root, &args).expect(what);
        effective::run(root, &EffectiveArgs { check: false }).expect(what);
        let after = texts(root);
        let mut written = [place.as_str(), files::PINS, pinned.as_str()];
        written.sort_unstable();
        assert_eq!(touched(&before, &after), written, "{what}");
        let changed = difference(&before[&place], &after[&place]);
        assert_eq!(changed.len(), lines, "{what}: {changed:#?}");

        let known = APIS.iter().find(|known| known.name == api).expect("it is one of ours").surface();
        let source = emit(api, &after[&place]).expect(what);
        let made: Value = serde_json::from_str(&after[&place]).expect("it is JSON");
        let new = jsm_codegen::surface::surface(&Document::read(&made), &source)
            .expect("what is generated has a surface");
        let parts: Vec<&String> = new.keys().filter(|part| known.get(*part) != new.get(*part)).collect();
        assert_eq!(parts.len(), 1, "{what}: {parts:?}");
        assert_eq!(difference(&known[parts[0]], &new[parts[0]]), surface, "{what}");
    }
}

/// A copy of what the documents are made from, and of the documents.
fn checkout() -> TempDir {
    let checkout = TempDir::new().expect("a folder");
    for folder in ["openapi", "crates/jsm-raw/openapi"] {
        copy(&files::root().join(folder), &checkout.path().join(folder));
    }
    checkout
}

/// The lines that stand in one text alone, with the sign of a diff before them.
fn difference(old: &str, new: &str) -> Vec<String> {
    let count = |lines: &str| {
        let mut counted = std::collections::BTreeMap::<String, isize>::new();
        lines.lines().for_each(|line| *counted.entry(line.to_owned()).or_default() += 1);
        counted
    };
    let mut counted = count(new);
    count(old).into_iter().for_each(|(line, times)| *counted.entry(line).or_default() -= times);
    let mut changed = Vec::new();
    for (line, times) in counted {
        let sign = if times < 0 { '-' } else { '+' };
        changed.extend(std::iter::repeat_n(format!("{sign}{line}"), times.unsigned_abs()));
    }
    changed.sort();
    changed
}

/// The text of a value with the keys of its objects from last to first.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries: &Map<String, Value> = entries;
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|one, other| other.0.cmp(one.0));
            let entries: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", json!(key), backwards(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(backwards).collect();
            format!("[{}]", items.join(","))
        }
        scalar => scalar.to_string(),
    }
}
