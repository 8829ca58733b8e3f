//! Updates from documents with random damage: everything is written, or nothing.

use std::collections::BTreeMap;

use jsm_codegen::effective::attempt;
use jsm_codegen::{document, overlay};
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;
use xtask::{effective, files, update};

use crate::random_damage::{config, damaged, damages};
use crate::third_api::{OVERLAYS, UPSTREAM, args, lay};
use crate::update::{texts, touched};

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
    let overlays = OVERLAYS.map(|(name, text)| overlay::parse(name, text).expect("the fixture is fine"));
    let (made, problems) = attempt(&read(pinned), &overlays);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(document::canonical(&made), texts[&effective::place("ferry")]);
    assert!(
        texts[files::PINS].contains(&document::sha256(pinned.as_bytes())),
        "the record is of another pin"
    );
}

fn read(text: &str) -> Value {
    document::parse(text.as_bytes()).expect("the fixture is fine")
}
