//! Overlays of this project, on documents in which upstream has caught up with them.

use std::fs;

use jsm_codegen::document;
use jsm_codegen::effective::attempt;
use jsm_codegen::overlay::Change;
use serde_json::{Value, json};
use xtask::{effective, files};

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
                    // Upstream documents it in its own words: other ids, other schemas, another name of a path's parameter.
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
                    let place = format!("{}, action {} ({}; reason: ", overlay.file, at + 1, action.target);
                    let named = problems.iter().find(|problem| {
                        problem.place.starts_with(&place)
                            && problem.problem == format!("it adds {key}, which the document has already")
                    });
                    assert!(named.is_some(), "{api}: {key} was taken: {problems:#?}");
                }
            }
        }
    }
}
