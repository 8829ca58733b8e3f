//! Documents and overlays with random damage, given to everything that reads them: never a panic, never half a write.
//!
//! The damage is the same in every run; `PROPTEST_CASES` asks for more of it.

use std::collections::BTreeMap;

use jsm_codegen::effective::attempt;
use jsm_codegen::emit::emit;
use jsm_codegen::lint::lint;
use jsm_codegen::surface::surface;
use jsm_codegen::{diff, distil, document, overlay};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{effective, files, update};

use crate::third_api::{UPSTREAM, args, lay};
use crate::update::{texts, touched};

const ERGONOMICS: &str = include_str!("../fixtures/ferry/ergonomics.yaml");
const DOCS: &str = include_str!("../fixtures/ferry/docs.yaml");
const GENERATOR: &str = include_str!("../fixtures/ferry/generator.yaml");

/// One piece of damage: which node, what happens to it, and with what.
type Damage = (usize, u8, usize);

proptest! {
    #![proptest_config(config(256))]
    #[test]
    fn nothing_that_reads_a_document_panics(damage in damages()) {
        let sound = read(UPSTREAM);
        let document = damaged(&sound, &damage);
        compare(&sound, &document);
        if let Ok(distilled) = distil::distil(&document, "Ferries") {
            let again = distil::distil(&distilled.document, "Ferries").expect("it was taken once");
            prop_assert_eq!(&again.document, &distilled.document);
            become_rust(&distilled.document, &overlays(&[GENERATOR, ERGONOMICS, DOCS]));
        }
        // The lint has to stand what no distilling has put in order, too.
        lint(&document);
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
    fn an_effective_document_with_damage_is_told_or_generated(damage in damages()) {
        let pinned = distil::distil(&read(UPSTREAM), "Ferries").expect("the fixture is fine").document;
        let (sound, problems) = attempt(&pinned, &overlays(&[GENERATOR, ERGONOMICS, DOCS]));
        prop_assert!(problems.is_empty());
        become_rust(&damaged(&sound, &damage), &[]);
    }
}

proptest! {
    #![proptest_config(config(48))]
    #[test]
    fn an_update_writes_everything_or_nothing(damage in damages()) {
        let checkout = TempDir::new().expect("a folder");
        let root = checkout.path();
        lay(root);
        update::run(root, &args(root, UPSTREAM)).expect("the fixture is fine");
        let before = texts(root);
        let document = damaged(&read(UPSTREAM), &damage);
        // How it ends does not matter here, only what it leaves.
        let _ = update::run(root, &args(root, &document.to_string()));
        let after = texts(root);
        let touched = touched(&before, &after);
        if !touched.is_empty() {
            consistent(&after);
        }
    }
}

/// What was written together belongs together: the effective document is that of the pin, and the record is its too.
fn consistent(texts: &BTreeMap<String, String>) {
    let pinned = &texts[&files::pinned("ferry")];
    let overlays = overlays(&[GENERATOR, ERGONOMICS, DOCS]);
    let (made, problems) = attempt(&read(pinned), &overlays);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(document::canonical(&made), texts[&effective::place("ferry")]);
    assert!(
        texts[files::PINS].contains(&document::sha256(pinned.as_bytes())),
        "the record is of another pin"
    );
}

fn config(cases: u32) -> Config {
    let sound = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { sound.cases } else { cases };
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..sound }
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    prop::collection::vec((any::<usize>(), 0..6_u8, any::<usize>()), 1..4)
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
    let findings = lint(&made);
    if problems.is_empty() && findings.is_empty() {
        let source = emit("ferry", &document::canonical(&made));
        let source = source.expect("the lint found nothing to mend");
        surface(&source).expect("what is generated is Rust");
    }
}

fn damaged(sound: &Value, damage: &[Damage]) -> Value {
    let mut document = sound.clone();
    for (node, how, with) in damage {
        let mut pointers = Vec::new();
        collect(&document, String::new(), &mut pointers);
        let pointer = &pointers[node % pointers.len()];
        let other = document.pointer(&pointers[with % pointers.len()]).cloned().unwrap_or_default();
        let Some(node) = document.pointer_mut(pointer) else { continue };
        match (how, &mut *node) {
            (0, node) => *node = strange(*with),
            (1, node) => *node = other,
            (2, Value::Object(map)) => drop(map.remove(&nth(map, *with))),
            (3, Value::Object(map)) => {
                let key = nth(map, *with);
                let value = map.remove(&key).unwrap_or_default();
                map.insert(odd_name(*with), value);
            }
            (4, Value::Object(map)) => drop(map.insert(odd_name(*with), other)),
            (_, Value::Array(list)) => list.push(other),
            (_, Value::String(text)) => *text = odd_name(*with),
            (_, node) => *node = json!({"allOf": [node.clone(), {"nullable": true}]}),
        }
    }
    document
}

fn nth(map: &serde_json::Map<String, Value>, at: usize) -> String {
    map.keys().nth(at.checked_rem(map.len()).unwrap_or_default()).cloned().unwrap_or_default()
}

fn odd_name(with: usize) -> String {
    const NAMES: [&str; 14] = [
        "",
        "type",
        "Self",
        "a b",
        "ä",
        "🦀",
        "x-jsm-name",
        "9lives",
        "$ref",
        "default",
        "r#fn",
        "/{}/{a}",
        "'",
        "properties",
    ];
    NAMES[with % NAMES.len()].to_owned()
}

fn strange(with: usize) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("\u{0}"),
        json!([]),
        json!([null]),
        json!({}),
        json!({"$ref": "#/components/schemas/FerryDTO"}),
        json!({"$ref": "#/components/schemas/nowhere"}),
        json!({"$ref": "https://elsewhere.example/a.json"}),
        json!({"type": "array"}),
        json!({"type": "string", "enum": ["a", "A", "", null]}),
        json!({"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "string"}}}]}),
        json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        json!({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/FerryPageDTO"}}),
    ];
    values[with % values.len()].clone()
}

fn collect(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, format!("{at}/{index}"), found));
        }
        Value::Object(entries) => entries.iter().for_each(|(key, entry)| {
            collect(entry, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
    found.push(at);
}
