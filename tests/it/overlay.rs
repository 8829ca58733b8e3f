//! Overlays, applied strictly: what they make of a document, and what they are refused for.
//!
//! Whether this project's own overlays fit its pinned documents is for `freshness` to tell.

use std::fs;

use jsm_codegen::document;
use jsm_codegen::effective::attempt;
use jsm_codegen::overlay::{Change, apply, parse};
use serde_json::{Value, json};
use xtask::{effective, files};

const REFUSALS: &str = include_str!("../fixtures/overlay/refusals.yaml");
const MERGING: &str = include_str!("../fixtures/overlay/merging.yaml");

#[test]
fn a_refusal_names_the_file_the_action_and_the_next_step() {
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
            assert_eq!(problem.file, "shelves.yaml");
            assert!(problem.message.contains("; "), "{problem} tells no next step");
            let reason = problem.reason.as_ref().map(|reason| format!(" [{reason}]")).unwrap_or_default();
            table += &format!("\n  {problem}{reason}");
        }
        table += "\n";
    }
    insta::assert_snapshot!("refusals", table);
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
    let places: Vec<_> = problems.into_iter().map(|problem| (problem.file, problem.action)).collect();
    let at = |file: &str, number, target: &str| (file.to_owned(), Some((number, target.to_owned())));
    assert_eq!(places, [at("2.yaml", 1, "$.gone"), at("3.yaml", 2, "$.lost"), at("3.yaml", 3, "$.missing")]);
    assert_eq!(document, json!({"a": {"seen": true}, "b": {"seen": true}}));
}

#[test]
fn an_addition_of_what_upstream_documents_by_now_is_named() {
    for api in effective::apis(&files::root()).expect("pins.toml is ours") {
        let place = files::pinned(&api);
        let text = fs::read_to_string(files::root().join(&place)).expect("it is pinned");
        let pinned = document::parse(text.as_bytes()).expect("it is a document");
        let overlays = effective::overlays(&files::root(), &api).expect("they are ours");
        let (_, problems) = attempt(&pinned, &overlays);
        assert!(problems.is_empty(), "{api}: {problems:#?}");
        for overlay in &overlays {
            for (at, action) in overlay.actions.iter().enumerate().filter(|(_, action)| action.adds) {
                let Change::Update(update) = &action.change else { panic!("what adds updates") };
                // Members by their keys, and entries of a list.
                let added: Vec<String> = match update {
                    Value::Object(members) => members.keys().cloned().collect(),
                    Value::Array(entries) => entries.iter().map(Value::to_string).collect(),
                    other => panic!("{api}: adds {other}"),
                };
                for (number, key) in added.iter().enumerate() {
                    // Upstream says it in its own words: other ids, other schemas, another name of a path's parameter.
                    let mut theirs = pinned.clone();
                    let parent = action
                        .target
                        .trim_start_matches("$.")
                        .split('.')
                        .try_fold(&mut theirs, |node, step| node.get_mut(step));
                    let Some(parent) = parent else { continue };
                    match update {
                        Value::Array(entries) => {
                            parent.as_array_mut().expect("it is a list").push(entries[number].clone());
                        }
                        _ if update[key].get("post").is_some() => {
                            parent[key] = json!({"post": {"operationId": "theirs", "responses": {}}});
                        }
                        _ => parent[key] = json!({"type": "object"}),
                    }
                    let (_, problems) = attempt(&theirs, &overlays);
                    let named = problems.iter().find(|problem| {
                        problem.file == overlay.file
                            && problem.action == Some((at + 1, action.target.clone()))
                            && problem
                                .message
                                .starts_with(&format!("adds {key}, which the document has already"))
                    });
                    assert!(named.is_some(), "{api}: {key} was taken: {problems:#?}");
                }
            }
        }
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
