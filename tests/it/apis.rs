//! The APIs that the tests cover: the one list that a third API is a line of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use jsm_codegen::emit::emit;
use jsm_codegen::model::Document;
use jsm_codegen::surface::surface;
use jsm_raw::OperationInfo;
use jsm_raw::samples::Sample;
use serde_json::Value;
use xtask::{effective, files};

/// An API as the bindings have it.
pub(crate) struct Api {
    pub(crate) name: &'static str,
    pub(crate) operations: &'static [&'static OperationInfo],
    pub(crate) samples: fn() -> Vec<Sample>,
}

pub(crate) const APIS: [Api; 2] = [
    Api { name: "csm", operations: &jsm_raw::csm::OPERATIONS, samples: jsm_raw::csm::samples },
    Api {
        name: "servicedesk",
        operations: &jsm_raw::servicedesk::OPERATIONS,
        samples: jsm_raw::servicedesk::samples,
    },
];

impl Api {
    /// The text of its effective document.
    pub(crate) fn document(&self) -> String {
        fs::read_to_string(files::root().join(effective::place(self.name))).expect("it is checked in")
    }

    /// Its effective document.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.document()).expect("the effective document is JSON")
    }

    /// Its public Rust surface, by part.
    pub(crate) fn surface(&self) -> &'static BTreeMap<String, String> {
        static ALL: LazyLock<BTreeMap<&str, BTreeMap<String, String>>> = LazyLock::new(|| {
            APIS.iter()
                .map(|api| {
                    let source = emit(api.name, &api.document()).expect("it has passed the lint");
                    let json = api.value();
                    let document = Document::read(&json);
                    (api.name, surface(&document, &source).expect("it is what was generated"))
                })
                .collect()
        });
        &ALL[self.name]
    }
}

/// The snapshots of a test module that bear none of the known names.
pub(crate) fn left_over<'a>(module: &str, known: impl Iterator<Item = &'a String>) -> Vec<String> {
    let known: BTreeSet<&String> = known.collect();
    let folder = files::root().join("tests/it/snapshots");
    let there = fs::read_dir(folder).expect("the snapshots are there").filter_map(|entry| {
        let name = entry.expect("an entry").file_name().into_string().ok()?;
        Some(name.strip_prefix(&format!("it__{module}__"))?.strip_suffix(".snap")?.to_owned())
    });
    there.filter(|name| !known.contains(name)).collect()
}

#[test]
fn are_all_that_are_pinned() {
    let pinned = effective::apis(&files::root()).expect("pins.toml is ours");
    assert_eq!(APIS.map(|api| api.name).to_vec(), pinned, "give each pinned API a line in tests/it/apis.rs");
}
