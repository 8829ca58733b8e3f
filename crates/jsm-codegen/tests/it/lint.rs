//! What the lint reports, and what becomes of the corners of OpenAPI: each is generated or reported, and never a panic.
//!
//! The cases are data (`tests/fixtures/lint`): one invented API, and changes to it, one for each case.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::LazyLock;

use jsm_codegen::document;
use jsm_codegen::effective::effective;
use jsm_codegen::emit::emit;
use jsm_codegen::lint::lint;
use jsm_codegen::model::{Document, Pointer};
use jsm_codegen::surface::surface;
use serde_json::Value;

/// The API that the lint reports nothing about.
static SHELVES: LazyLock<Value> = LazyLock::new(|| yaml(include_str!("../fixtures/lint/shelves.yaml")));

/// Cases by their names, with what becomes of them; `None` stands for a panic.
type Outcomes = Vec<(String, Option<Outcome>)>;

/// What becomes of every case, by the name of its fixture.
static CASES: LazyLock<BTreeMap<&str, Outcomes>> = LazyLock::new(|| {
    let fixtures = [
        ("rules", include_str!("../fixtures/lint/rules.yaml")),
        ("schemas", include_str!("../fixtures/lint/schemas.yaml")),
        ("operations", include_str!("../fixtures/lint/operations.yaml")),
    ];
    let outcomes = |(name, document): (String, Value)| (name, attempt(&document));
    fixtures.map(|(name, text)| (name, cases(text).into_iter().map(outcomes).collect())).into()
});

/// What becomes of a document on its way to Rust.
enum Outcome {
    /// Overlays or the lint report it.
    Reported(Vec<String>),
    /// It is generated: the lines of its surface.
    Generated(BTreeSet<String>),
}

#[test]
fn every_diagnostic_names_the_place_and_the_fix() {
    let mut table = String::new();
    for (name, outcome) in &CASES["rules"] {
        let reported = match outcome {
            Some(Outcome::Reported(findings)) => findings.join("\n  "),
            _ => "nothing to fix".to_owned(),
        };
        writeln!(table, "{name}\n  {reported}").expect("a text takes all");
    }
    insta::assert_snapshot!("rules", table);
}

#[test]
fn every_corner_is_generated_or_reported() {
    let Some(Outcome::Generated(plain)) = attempt(&SHELVES) else { panic!("the invented API is fine") };
    for corners in ["schemas", "operations"] {
        let mut table = String::new();
        for (name, outcome) in &CASES[corners] {
            writeln!(table, "{name}").expect("a text takes all");
            match outcome {
                Some(Outcome::Reported(findings)) => {
                    findings.iter().for_each(|finding| table += &format!("  reported: {finding}\n"));
                }
                Some(Outcome::Generated(lines)) if *lines == plain => table += "  generated as without it\n",
                Some(Outcome::Generated(lines)) => {
                    plain.difference(lines).for_each(|line| table += &format!("  - {line}\n"));
                    lines.difference(&plain).for_each(|line| table += &format!("  + {line}\n"));
                }
                None => panic!("{name}: neither generated nor reported"),
            }
        }
        insta::assert_snapshot!(corners, table);
    }
}

#[test]
fn every_message_has_a_case() {
    let reported = CASES.values().flatten().filter_map(|(_, outcome)| match outcome {
        Some(Outcome::Reported(findings)) => Some(findings.join("\n")),
        _ => None,
    });
    let reported: Vec<String> = reported.collect();
    for (file, text) in messages() {
        // What a message leaves open is in braces.
        let open = |part: &'static str| part.split_once('}').map_or(part, |(_, rest)| rest);
        let fixed: Vec<&str> = text.leak().split('{').map(open).collect();
        let covered = reported.iter().any(|text| fixed.iter().all(|part| text.contains(part)));
        assert!(covered, "no case in tests/fixtures/lint makes {file} report {fixed:?}");
    }
}

/// What becomes of a document, or `None` if the way ends in a panic.
fn attempt(document: &Value) -> Option<Outcome> {
    catch_unwind(AssertUnwindSafe(|| become_rust(document))).ok()
}

fn become_rust(document: &Value) -> Outcome {
    let made = match effective(document, &[]) {
        Ok(made) => made,
        Err(problems) => return Outcome::Reported(problems.iter().map(ToString::to_string).collect()),
    };
    let model = Document::read(&made);
    let findings = lint(&model);
    if !findings.is_empty() {
        return Outcome::Reported(findings.iter().map(ToString::to_string).collect());
    }
    let source = emit("shelves", &document::canonical(&made)).expect("the lint reports nothing");
    let parts = surface(&model, &source).expect("what is generated is Rust");
    Outcome::Generated(parts.values().flat_map(|lines| lines.lines()).map(str::to_owned).collect())
}

/// The cases of a fixture: a name, and the invented API with that change.
fn cases(fixture: &str) -> Vec<(String, Value)> {
    let read = yaml(fixture);
    let cases = read["cases"].as_array().expect("a fixture has cases");
    let changed = cases.iter().map(|case| {
        let name = case["name"].as_str().expect("a case has a name").to_owned();
        let mut document = SHELVES.clone();
        for (pointer, value) in case["set"].as_object().into_iter().flatten() {
            set(&mut document, pointer, value.clone())
                .unwrap_or_else(|| panic!("{name}: nothing at {pointer}"));
        }
        for pointer in case["remove"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            remove(&mut document, pointer).unwrap_or_else(|| panic!("{name}: nothing at {pointer}"));
        }
        (name, document)
    });
    changed.collect()
}

fn set(document: &mut Value, pointer: &str, value: Value) -> Option<()> {
    let (parent, key) = split(pointer)?;
    match parent.find_mut(document)? {
        Value::Object(map) => drop(map.insert(key, value)),
        Value::Array(list) if key.parse() == Ok(list.len()) => list.push(value),
        Value::Array(list) => *list.get_mut(key.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(())
}

fn remove(document: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, key) = split(pointer)?;
    parent.find_mut(document)?.as_object_mut()?.remove(&key)
}

fn split(pointer: &str) -> Option<(Pointer, String)> {
    Pointer::from_reference(&format!("#{pointer}"))?.split()
}

fn yaml(text: &str) -> Value {
    document::parse(text.as_bytes()).expect("the fixture is YAML")
}

/// The sentences in the sources of the lint and of the reader, by file.
fn messages() -> Vec<(String, String)> {
    let mut found = BTreeMap::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lint = fs::read_dir(sources.join("lint")).expect("the lint has a folder");
    let lint = lint.map(|entry| entry.expect("an entry").path());
    let reader = ["model/problems.rs", "model/references.rs"].map(|name| sources.join(name));
    for path in lint.chain(reader) {
        let source = fs::read_to_string(&path).expect("it is text");
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        for text in lines.flat_map(quoted).filter(|text| text.split_whitespace().count() > 2) {
            found.insert(text, path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    found.into_iter().map(|(text, file)| (file, text)).collect()
}

/// The texts in quotation marks on one line.
fn quoted(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
