//! Changes between two documents: what is told and how much it matters, case by case; and that no document is too odd.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use jsm_codegen::diff::{self, Change, Kind, RULES};
use jsm_codegen::document;
use serde_json::{Map, Value, json};
use xtask::changes::{ChangesArgs, Format};
use xtask::outcome::Outcome;

const BASE: &str = include_str!("../fixtures/diff/base.yaml");
const CASES: &str = include_str!("../fixtures/diff/cases.yaml");

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

/// Every case: its name, its two documents and the lines that are told of them.
fn cases() -> Vec<(String, Value, Value, Vec<String>)> {
    let (base, cases) = (parsed(BASE), parsed(CASES));
    let cases = cases["cases"].as_array().unwrap().iter().map(|case| {
        let patched = |key: &str| {
            let mut document = base.clone();
            patch(&mut document, case.get(key).unwrap_or(&json!({})));
            document
        };
        let told = case.get("told").and_then(Value::as_array).into_iter().flatten();
        let told = told.map(|line| line.as_str().unwrap().to_owned());
        (case["name"].as_str().unwrap().to_owned(), patched("old"), patched("new"), told.collect())
    });
    cases.collect()
}

fn line(change: &Change) -> String {
    let operations: Vec<&str> = change.operations.iter().map(String::as_str).collect();
    let (severity, kind) = (change.severity().name(), change.kind.name());
    format!("{severity} | {kind} | {} | {} | {}", change.at, operations.join(", "), change.text)
}

#[test]
fn every_case_is_told_as_it_says() {
    let mut wrong = String::new();
    for (name, old, new, told) in cases() {
        let found: Vec<String> = compared(&old, &new).iter().map(line).collect();
        if found != told {
            wrong.push_str(&format!("{name}\n  found {found:#?}\n  instead of {told:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_kind_and_every_rule_has_a_case() {
    let found: Vec<Change> = cases().iter().flat_map(|(_, old, new, _)| compared(old, new)).collect();
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
fn every_kind_is_judged_without_conditions_too() {
    for kind in Kind::ALL {
        let judged = RULES.iter().any(|rule| rule.when.is_empty() && rule.kinds.contains(kind));
        assert!(judged, "{} has no row without conditions", kind.name());
    }
}

#[test]
fn a_document_differs_from_itself_in_nothing() {
    for (name, old, new, _) in cases() {
        for document in [old, new] {
            assert!(compared(&document, &document).is_empty(), "{name}");
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
    let all = parsed(CASES);
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
        (json!({"openapi": "3.1.0", "paths": {}}), "it says it is OpenAPI \"3.1.0\", not 3.0"),
        (json!({"openapi": 3, "paths": {}}), "it says it is OpenAPI 3, not 3.0"),
        (json!({"openapi": "3.0.1"}), "it has no `paths`"),
        (json!({"openapi": "3.0.1", "paths": []}), "it has no `paths`"),
        (json!([1]), "it is not an OpenAPI document: it has no `openapi` version"),
    ];
    for (document, problem) in cases {
        assert_eq!(diff::read(&document).unwrap_err().problem, problem);
    }
}

#[test]
fn the_command_reads_files_and_revisions_and_ends_as_the_changes_ask() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let git = |arguments: &[&str]| {
        let identity =
            ["-c", "user.name=Tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false"];
        let run = Command::new("git").arg("-C").arg(root).args(identity).args(arguments).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    let write = |name: &str, document: &Value| {
        let path = root.join(name);
        std::fs::write(&path, document::canonical(document)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (_, old, broken, _) = cases().into_iter().find(|case| case.0 == "an operation is removed").unwrap();
    let (_, _, grown, _) = cases().into_iter().find(|case| case.0 == "an operation is added").unwrap();
    write("api.json", &old);
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "Begin"]);

    let committed = "git:HEAD:api.json";
    let (broken, grown) = (write("broken.json", &broken), write("grown.json", &grown));
    let run = |old: &str, new: &str, format: Format| {
        xtask::changes::run(root, &ChangesArgs { old: old.to_owned(), new: new.to_owned(), format })
    };
    let breaking = run(committed, &broken, Format::Text);
    assert!(
        matches!(&breaking, Ok(Outcome::Stale(page)) if page.starts_with("breaking (1)")),
        "{breaking:?}"
    );
    let additive = run(committed, &grown, Format::Markdown);
    assert!(matches!(&additive, Ok(Outcome::Fine(page)) if page.starts_with("# ")), "{additive:?}");
    let nothing = run(committed, committed, Format::Json);
    assert_eq!(nothing, Ok(Outcome::Fine("[]".to_owned())));

    let page = root.join("page.html");
    std::fs::write(&page, "<html></html>").unwrap();
    let bad = [
        (page.to_str().unwrap(), "it is a web page"),
        ("git:HEAD", "it does not name a revision and a path"),
        ("git:--help:api.json", "it does not name a revision and a path"),
        ("git:HEAD:other.json", "path 'other.json' does not exist"),
        ("no/such/file.json", "there is no such file"),
        ("http://example.com/api.json", "only https is read"),
    ];
    for (place, problem) in bad {
        let failure = run(committed, place, Format::Text).unwrap_err();
        assert_eq!(failure.code, 2);
        assert!(failure.problem.starts_with(place) && failure.problem.contains(problem), "{failure}");
    }
}

/// A sequence of numbers that looks random and is the same in every run (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }

    /// Changes one node of a document to something that documents hold, hardly ever where they hold it.
    fn mutate(&mut self, document: &mut Value) {
        let mut places = Vec::new();
        pointers(document, String::new(), &mut places);
        let place = places[self.below(places.len())].clone();
        let other = places[self.below(places.len())].clone();
        let copied = document.pointer(&other).cloned().unwrap_or(Value::Null);
        let odd = [
            Value::Null,
            json!(true),
            json!(-1),
            json!(1e300),
            json!(""),
            json!("null"),
            json!("{\u{0}ü}/~"),
            json!([]),
            json!({}),
            json!([[], {}, null]),
            json!({"$ref": format!("#{place}")}),
            json!({"$ref": format!("#{other}")}),
            json!({"$ref": "#/components/schemas/Book"}),
            json!({"$ref": "elsewhere.json#/x"}),
            json!({"$ref": 1}),
            json!({"allOf": [{"$ref": "#/components/schemas/Book"}, {"required": ["id", "id", 3]}]}),
            json!({"oneOf": [{}, {"type": "null"}, {"$ref": "#/components/schemas/Shelf"}]}),
            json!({"type": ["string", "null"], "enum": ["", "", null, {}, 1.5]}),
            json!({"type": "array", "items": [{}]}),
            json!({"": {"": {}}}),
            copied,
        ];
        let node = odd[self.below(odd.len())].clone();
        match self.below(4) {
            0 => {
                if let Some((parent, _)) = place.rsplit_once('/')
                    && let Some(Value::Object(parent)) = document.pointer_mut(parent)
                    && let Some(key) = parent.keys().nth(self.below(parent.len())).cloned()
                {
                    parent.remove(&key);
                }
            }
            1 => match document.pointer_mut(&place) {
                Some(Value::Object(map)) => {
                    let keys = [
                        "nullable",
                        "default",
                        "allOf",
                        "anyOf",
                        "parameters",
                        "x-jsm-name",
                        "é/~\n",
                        "$ref",
                    ];
                    map.insert(keys[self.below(keys.len())].to_owned(), node);
                }
                Some(Value::Array(list)) => list.push(node),
                _ => {}
            },
            _ => {
                if !place.is_empty()
                    && let Some(target) = document.pointer_mut(&place)
                {
                    *target = node;
                }
            }
        }
    }
}

fn pointers(node: &Value, at: String, places: &mut Vec<String>) {
    let step = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match node {
        Value::Object(map) => map.iter().for_each(|(key, node)| pointers(node, step(key), places)),
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(position, node)| pointers(node, step(&position.to_string()), places));
        }
        _ => {}
    }
    places.push(at);
}

#[test]
fn no_document_is_too_odd_and_every_place_can_be_found() {
    let sources: Vec<Value> = cases().into_iter().flat_map(|(_, old, new, _)| [old, new]).collect();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut told = 0;
    for _ in 0..2000 {
        let mut old = sources[dice.below(sources.len())].clone();
        for _ in 0..dice.below(4) {
            dice.mutate(&mut old);
        }
        let mut new = old.clone();
        for _ in 0..1 + dice.below(6) {
            dice.mutate(&mut new);
        }
        let (Ok(before), Ok(now)) = (diff::read(&old), diff::read(&new)) else { continue };
        let found = diff::compare(&before, &now);
        for change in &found {
            let document = if change.kind.is_removal() { &old } else { &new };
            assert!(
                document.pointer(&change.at).is_some(),
                "{} leads nowhere\nold {old}\nnew {new}",
                line(change)
            );
        }
        assert!(diff::compare(&before, &before).is_empty(), "{old}");
        let entries: Vec<Value> = serde_json::from_str(&diff::json(&found)).unwrap();
        assert_eq!(entries.len(), found.len());
        // One line for each change, a title and an empty line for each group, and the closing line.
        let groups: BTreeSet<_> = found.iter().map(Change::severity).collect();
        assert_eq!(diff::text(&found).lines().count(), found.len() + 2 * groups.len() + 1);
        assert!(diff::markdown(&found).contains("**version bump: "));
        told += found.len();
    }
    assert!(told > 2000, "the mutations hardly show: {told} changes in all");
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

/// A document of some size whose schemas refer to each other and to themselves.
fn large(operations: usize, kind: &str) -> Value {
    let schemas = 2 * operations;
    let reference =
        |number: usize| json!({"$ref": format!("#/components/schemas/Schema{}", number % schemas)});
    let paths: Map<String, Value> = (0..operations)
        .map(|number| {
            let content = json!({"application/json": {"schema": reference(2 * number)}});
            let operation =
                json!({"operationId": format!("get{number}"), "responses": {"200": {"content": content}}});
            (format!("/things/{number}"), json!({"get": operation}))
        })
        .collect();
    let entries: Map<String, Value> = (0..schemas)
        .map(|number| {
            let mut properties: Map<String, Value> =
                (0..8).map(|field| (format!("field{field}"), json!({"type": kind}))).collect();
            properties.insert("next".to_owned(), reference(number ^ 1));
            properties.insert("itself".to_owned(), json!({"type": "array", "items": reference(number)}));
            (format!("Schema{number}"), json!({"type": "object", "properties": properties}))
        })
        .collect();
    json!({"openapi": "3.0.0", "paths": paths, "components": {"schemas": entries}})
}

#[test]
fn cost_grows_with_the_size_of_the_documents_and_no_faster() {
    let cost = |operations: usize| -> Duration {
        let (old, new) = (large(operations, "string"), large(operations, "integer"));
        let run = || {
            let start = Instant::now();
            assert_eq!(compared(&old, &new).len(), 16 * operations);
            start.elapsed()
        };
        (0..3).map(|_| run()).min().unwrap()
    };
    let (small, large) = (cost(50), cost(800));
    // Sixteen times the size: a walk of all by all would cost 256 times as much.
    assert!(large < 80 * small, "50 operations take {small:?}, 800 take {large:?}");
}
