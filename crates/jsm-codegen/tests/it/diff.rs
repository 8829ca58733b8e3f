//! Changes between two documents: what is reported and how much it matters, case by case; no document is too odd.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsm_codegen::diff::{self, Change, Kind, RULES};
use jsm_codegen::document;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::random_damage::{config, damaged, damages, piece};

const BASE: &str = include_str!("../fixtures/diff/base.yaml");
const TEXT: &str = include_str!("../fixtures/diff/cases.yaml");

/// A case: its name, its two documents and the lines that are reported between them.
type Case = (String, Value, Value, Vec<String>);

static CASES: LazyLock<Vec<Case>> = LazyLock::new(cases);

fn parsed(text: &str) -> Value {
    document::parse(text.as_bytes()).unwrap()
}

fn compared(old: &Value, new: &Value) -> Vec<Change> {
    diff::compare(&diff::read(old).unwrap(), &diff::read(new).unwrap())
}

/// Applies a merge patch of RFC 7396: objects merge, null removes, anything else replaces.
fn patch(target: &mut Value, patch: &Value) {
    let Value::Object(patches) = patch else { return *target = patch.clone() };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patches {
        if value.is_null() {
            target.remove(key);
        } else {
            self::patch(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn cases() -> Vec<Case> {
    let (base, cases) = (parsed(BASE), parsed(TEXT));
    let cases = cases["cases"].as_array().unwrap().iter().map(|case| {
        let patched = |key: &str| {
            let mut document = base.clone();
            patch(&mut document, case.get(key).unwrap_or(&json!({})));
            document
        };
        let changes = case.get("changes").and_then(Value::as_array).into_iter().flatten();
        let changes = changes.map(|line| line.as_str().unwrap().to_owned());
        (case["name"].as_str().unwrap().to_owned(), patched("old"), patched("new"), changes.collect())
    });
    cases.collect()
}

fn line(change: &Change) -> String {
    let operations: Vec<&str> = change.operations.iter().map(String::as_str).collect();
    let (severity, kind) = (change.severity().name(), change.kind.name());
    format!("{severity} | {kind} | {} | {} | {}", change.at, operations.join(", "), change.text)
}

#[test]
fn every_case_is_reported_as_it_says() {
    let mut wrong = String::new();
    for (name, old, new, changes) in CASES.iter() {
        let found: Vec<String> = compared(old, new).iter().map(line).collect();
        if found != *changes {
            wrong.push_str(&format!("{name}\n  found {found:#?}\n  instead of {changes:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_kind_and_every_rule_has_a_case() {
    let found: Vec<Change> = CASES.iter().flat_map(|(_, old, new, _)| compared(old, new)).collect();
    let kinds: BTreeSet<Kind> = found.iter().map(|change| change.kind).collect();
    let missing: Vec<&str> =
        Kind::ALL.iter().filter(|kind| !kinds.contains(kind)).map(|kind| kind.name()).collect();
    assert!(missing.is_empty(), "no case in cases.yaml for the kinds {missing:?}");
    for rule in RULES {
        assert!(
            found.iter().any(|change| std::ptr::eq(change.rule, rule)),
            "no case in cases.yaml for {:?} when {:?}",
            rule.kinds,
            rule.when
        );
    }
}

#[test]
fn every_kind_has_a_rule_without_conditions() {
    for kind in Kind::ALL {
        let has = RULES.iter().any(|rule| rule.when.is_empty() && rule.kinds.contains(kind));
        assert!(has, "{} has no row without conditions", kind.name());
    }
}

#[test]
fn a_document_differs_from_itself_in_nothing() {
    for (name, old, new, _) in CASES.iter() {
        for document in [old, new] {
            assert!(compared(document, document).is_empty(), "{name}");
        }
    }
}

#[test]
fn pages_say_what_changed_and_which_version_it_asks_for() {
    let (mut old, mut new) = (parsed(BASE), parsed(BASE));
    let chosen = [
        "an operation is added",
        "an operation becomes deprecated",
        "a required parameter is added",
        "a status of failure is added",
        "a schema is renamed",
        "a schema that no operation meets changes",
        "an enum gets a value",
        "a property of a request becomes optional",
    ];
    let all = parsed(TEXT);
    for case in all["cases"].as_array().unwrap() {
        if chosen.iter().any(|name| case["name"] == *name) {
            patch(&mut old, case.get("old").unwrap_or(&json!({})));
            patch(&mut new, case.get("new").unwrap_or(&json!({})));
        }
    }
    let found = compared(&old, &new);
    insta::assert_snapshot!("text", diff::text(&found));
    insta::assert_snapshot!("markdown", diff::markdown(&found));

    let read: Value = serde_json::from_str(&diff::json(&found)).unwrap();
    let read = read.as_array().unwrap();
    assert_eq!(read.len(), found.len());
    let keys: Vec<&str> = read[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(BTreeSet::from_iter(keys), BTreeSet::from(["kind", "severity", "at", "operations", "text"]));
    assert!(diff::text(&[]).ends_with("nothing changed)\n"));
}

#[test]
fn what_is_no_openapi_document_is_refused() {
    let cases = [
        (json!({}), "it is not an OpenAPI document: it has no `openapi` version"),
        (json!({"swagger": "2.0", "paths": {}}), "it is an OpenAPI 2.0 (Swagger) document"),
        (json!({"openapi": "3.1.0", "paths": {}}), "it is an OpenAPI 3.1.0 document, not 3.0"),
        (json!({"openapi": 3, "paths": {}}), "it is an OpenAPI 3 document, not 3.0"),
        (json!({"openapi": "3.0.1"}), "it has no `paths`"),
        (json!({"openapi": "3.0.1", "paths": []}), "it has no `paths`"),
        (json!([1]), "it is not an OpenAPI document: it has no `openapi` version"),
    ];
    for (document, problem) in cases {
        assert_eq!(diff::read(&document).unwrap_err().problem, problem);
    }
}

proptest! {
    #![proptest_config(config(256))]
    #[test]
    fn no_document_is_too_odd_and_every_place_can_be_found(
        case in any::<usize>(), before in prop::collection::vec(piece(), 0..4), after in damages()
    ) {
        let old = damaged(&CASES[case % CASES.len()].1, &before);
        let new = damaged(&old, &after);
        let (Ok(before), Ok(now)) = (diff::read(&old), diff::read(&new)) else { return Ok(()) };
        let found = diff::compare(&before, &now);
        for change in &found {
            let document = if change.kind.is_removal() { &old } else { &new };
            prop_assert!(document.pointer(&change.at).is_some(), "{} leads nowhere\nold {old}\nnew {new}", line(change));
        }
        prop_assert!(diff::compare(&before, &before).is_empty(), "{old}");
        let entries: Vec<Value> = serde_json::from_str(&diff::json(&found)).unwrap();
        prop_assert_eq!(entries.len(), found.len());
        // One line for each change, a title and an empty line for each group, and the closing line.
        let groups: BTreeSet<_> = found.iter().map(Change::severity).collect();
        prop_assert_eq!(diff::text(&found).lines().count(), found.len() + 2 * groups.len() + 1);
        prop_assert!(diff::markdown(&found).contains("**version bump: "));
    }
}

#[test]
fn schemas_within_schemas_do_not_exhaust_the_stack() {
    let mut deep = json!({"type": "string"});
    for level in 0..600 {
        deep = match level % 3 {
            0 => json!({"type": "array", "items": deep}),
            1 => json!({"properties": {"inner": deep}}),
            _ => json!({"allOf": [deep]}),
        };
    }
    let document =
        |schema: Value| json!({"openapi": "3.0.0", "paths": {}, "components": {"schemas": {"Deep": schema}}});
    assert_eq!(compared(&document(json!({"type": "string"})), &document(deep)).len(), 1);
}
