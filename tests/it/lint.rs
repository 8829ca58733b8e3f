//! What the lint finds, and what becomes of the corners of OpenAPI: each is generated, or told, and never a panic.
//!
//! What becomes of documents with random damage is for `mutation` to try.
//!
//! The cases are data (`tests/fixtures/lint`): one invented API, and changes to it, one for each case.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use jsm_codegen::document;
use jsm_codegen::effective::effective;
use jsm_codegen::emit::emit;
use jsm_codegen::lint::lint;
use jsm_codegen::surface::surface;
use serde_json::Value;
use xtask::files;

/// The API that the lint has nothing to say about.
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
    /// The overlays' end or the lint has something to say.
    Told(Vec<String>),
    /// It is generated: the lines of its surface.
    Generated(BTreeSet<String>),
}

#[test]
fn every_finding_names_the_place_and_the_remedy() {
    let mut table = String::new();
    for (name, outcome) in &CASES["rules"] {
        let told = match outcome {
            Some(Outcome::Told(findings)) => findings.join("\n  "),
            _ => "nothing to mend".to_owned(),
        };
        writeln!(table, "{name}\n  {told}").expect("a text takes all");
    }
    insta::assert_snapshot!("rules", table);
}

#[test]
fn every_corner_is_generated_or_told() {
    let Some(Outcome::Generated(plain)) = attempt(&SHELVES) else { panic!("the invented API is fine") };
    for corners in ["schemas", "operations"] {
        let mut table = String::new();
        for (name, outcome) in &CASES[corners] {
            writeln!(table, "{name}").expect("a text takes all");
            match outcome {
                Some(Outcome::Told(findings)) => {
                    findings.iter().for_each(|finding| table += &format!("  told: {finding}\n"));
                }
                Some(Outcome::Generated(lines)) if *lines == plain => table += "  generated as without it\n",
                Some(Outcome::Generated(lines)) => {
                    plain.difference(lines).for_each(|line| table += &format!("  - {line}\n"));
                    lines.difference(&plain).for_each(|line| table += &format!("  + {line}\n"));
                }
                None => panic!("{name}: neither generated nor told"),
            }
        }
        insta::assert_snapshot!(corners, table);
    }
}

#[test]
fn every_message_has_a_case() {
    let said = CASES.values().flatten().filter_map(|(_, outcome)| match outcome {
        Some(Outcome::Told(findings)) => Some(findings.join("\n")),
        _ => None,
    });
    let said: Vec<String> = said.collect();
    for (file, text) in messages() {
        // What a message leaves open stands in braces.
        let open = |part: &'static str| part.split_once('}').map_or(part, |(_, rest)| rest);
        let fixed: Vec<&str> = text.leak().split('{').map(open).collect();
        let covered = said.iter().any(|said| fixed.iter().all(|part| said.contains(part)));
        assert!(covered, "no case in tests/fixtures/lint makes {file} say {fixed:?}");
    }
}

/// What becomes of a document, or `None` if the way ends in a panic.
fn attempt(document: &Value) -> Option<Outcome> {
    catch_unwind(AssertUnwindSafe(|| become_rust(document))).ok()
}

fn become_rust(document: &Value) -> Outcome {
    let made = match effective(document, &[]) {
        Ok(made) => made,
        Err(problems) => return Outcome::Told(problems.iter().map(ToString::to_string).collect()),
    };
    let findings = lint(&made);
    if !findings.is_empty() {
        return Outcome::Told(findings.iter().map(ToString::to_string).collect());
    }
    let source = emit("shelves", &document::canonical(&made)).expect("the lint found nothing to mend");
    let parts = surface(&source).expect("what is generated is Rust");
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
    let (parent, key) = pointer.rsplit_once('/')?;
    match document.pointer_mut(parent)? {
        Value::Object(map) => drop(map.insert(unescaped(key), value)),
        Value::Array(list) if key.parse() == Ok(list.len()) => list.push(value),
        Value::Array(list) => *list.get_mut(key.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(())
}

fn remove(document: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, key) = pointer.rsplit_once('/')?;
    document.pointer_mut(parent)?.as_object_mut()?.remove(&unescaped(key))
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

fn yaml(text: &str) -> Value {
    document::parse(text.as_bytes()).expect("the fixture is YAML")
}

/// The sentences in the lint's own source, by file.
fn messages() -> Vec<(String, String)> {
    let folder = files::root().join("crates/jsm-codegen/src/lint");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the lint has a folder") {
        let path = entry.expect("an entry").path();
        let source = std::fs::read_to_string(&path).expect("it is text");
        for text in source.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(quoted) {
            if text.split_whitespace().count() > 2 {
                found.insert(text, path.file_name().unwrap_or_default().to_string_lossy().into_owned());
            }
        }
    }
    found.into_iter().map(|(text, file)| (file, text)).collect()
}

/// The texts in quotation marks on one line.
fn quoted(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
