//! Overlays, applied strictly: what they make of a document, and what is reported about them.

use jsm_codegen::document;
use jsm_codegen::overlay::{apply, parse, present};
use serde_json::{Value, json};

const REFUSALS: &str = include_str!("../fixtures/overlay/refusals.yaml");
const MERGING: &str = include_str!("../fixtures/overlay/merging.yaml");

#[test]
fn every_diagnostic_names_the_file_the_action_its_reason_and_the_fix() {
    let fixture = yaml(REFUSALS);
    let mut table = String::new();
    for case in cases(&fixture) {
        let text = case["overlay"].as_str().map_or_else(|| case["overlay"].to_string(), str::to_owned);
        let mut document = fixture["document"].clone();
        let problems = match parse("shelves.yaml", &text) {
            Ok(overlay) => apply(&mut document, &[overlay]).expect_err(name(case)),
            Err(problem) => vec![problem],
        };
        table += name(case);
        for problem in problems {
            assert!(problem.place.starts_with("shelves.yaml"), "{problem}");
            table += &format!("\n  {problem}");
        }
        table += "\n";
    }
    insta::assert_snapshot!("diagnostics", table);
}

#[test]
fn an_update_merges_and_a_removal_takes_away() {
    for case in cases(&yaml(MERGING)) {
        let name = name(case);
        let overlay =
            json!({"overlay": "1.0.0", "info": {}, "x-reason": "a test", "actions": case["actions"]});
        let overlay = parse("case.yaml", &overlay.to_string()).expect(name);
        let mut document = case["document"].clone();
        apply(&mut document, &[overlay]).expect(name);
        assert_eq!(document, case["made"], "{name}");
    }
}

#[test]
fn what_fits_is_applied_beside_what_does_not() {
    let action = |target: &str| json!({"target": target, "update": {"seen": true}});
    let overlay = |targets: &[&str]| {
        let actions: Vec<Value> = targets.iter().map(|target| action(target)).collect();
        let text =
            json!({"overlay": "1.0.0", "info": {}, "x-reason": "a test", "actions": actions}).to_string();
        parse(&format!("{}.yaml", targets.len()), &text).expect("it is an overlay")
    };
    let mut document = json!({"a": {}, "b": {}});
    let overlays = [overlay(&["$.gone", "$.a"]), overlay(&["$.b", "$.lost", "$.missing"])];
    let problems = apply(&mut document, &overlays).expect_err("three actions match nothing");
    let places: Vec<&str> =
        problems.iter().filter_map(|problem| problem.place.split("; reason").next()).collect();
    assert_eq!(
        places,
        ["2.yaml, action 1 ($.gone", "3.yaml, action 2 ($.lost", "3.yaml, action 3 ($.missing"]
    );
    assert_eq!(document, json!({"a": {"seen": true}, "b": {"seen": true}}));
}

#[test]
fn what_is_there_now_is_named_from_where_the_path_ends() {
    let document =
        json!({"paths": {"/a/b": {"get": {"parameters": [{"name": "limit"}, {"name": "start"}]}}, "/z": 1}});
    for (target, found) in [
        ("$.paths['/a/c'].get", "`$.paths` has `/a/b`, `/z`"),
        ("$.paths['/a/b'].post", "`$.paths['/a/b']` has `get`"),
        (
            "$.paths['/a/b'].get.parameters[?@.name == 'st.x']",
            "`$.paths['/a/b'].get.parameters` has `start`, `limit`",
        ),
        ("$.paths['/z']", "`1`"),
        ("$.paths['/z'].get", "`$.paths['/z']` has `1`"),
        ("$['no'", "`$` has `paths`"),
        ("", "no such place at all"),
    ] {
        assert_eq!(present(&document, target), found, "{target}");
    }
}

fn cases(fixture: &Value) -> impl Iterator<Item = &Value> {
    fixture["cases"].as_array().expect("a fixture has cases").iter()
}

fn name(case: &Value) -> &str {
    case["name"].as_str().expect("a case has a name")
}

fn yaml(text: &str) -> Value {
    document::parse(text.as_bytes()).expect("the fixture is YAML")
}
