//! Random damage to JSON documents.
//!
//! The damage is the same in every run; `PROPTEST_CASES` asks for more of it.

use jsm_codegen::model::Pointer;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};

/// One piece of damage: which node, what happens to it, and with what.
pub(crate) type Damage = (usize, u8, usize);

/// So many cases, with the same damage in every run.
pub(crate) fn config(cases: u32) -> Config {
    let config = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { cases };
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..config }
}

/// A few pieces of damage.
pub(crate) fn damages() -> impl Strategy<Value = Vec<Damage>> {
    prop::collection::vec(piece(), 1..4)
}

/// One piece of damage.
pub(crate) fn piece() -> impl Strategy<Value = Damage> {
    (any::<usize>(), 0..6_u8, any::<usize>())
}

/// A document with damage.
pub(crate) fn damaged(whole: &Value, damage: &[Damage]) -> Value {
    let mut document = whole.clone();
    for (node, how, with) in damage {
        let mut pointers = Vec::new();
        collect(&document, Pointer::root(), &mut pointers);
        let pointer = &pointers[node % pointers.len()];
        let other = pointers[with % pointers.len()].find(&document).cloned().unwrap_or_default();
        let Some(node) = pointer.find_mut(&mut document) else { continue };
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

/// The pointers to every node of a document.
pub(crate) fn collect(value: &Value, at: Pointer, found: &mut Vec<Pointer>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, at.item(index), found));
        }
        Value::Object(entries) => {
            entries.iter().for_each(|(key, entry)| collect(entry, at.join(key), found));
        }
        _ => {}
    }
    found.push(at);
}
