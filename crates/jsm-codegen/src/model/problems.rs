//! What the reader of a document finds wrong while it reads.

use std::collections::BTreeMap;

use serde_json::Value;

use super::annotations::{PREFIX, Unread};
use crate::diagnostic::Diagnostic;

/// Diagnostics, in the order in which they are found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) found: Vec<Diagnostic>,
}

impl Problems {
    pub(super) fn add(&mut self, place: &str, problem: String, fix: &str) {
        self.found.push(Diagnostic::new(place, problem, fix));
    }

    /// Reports a path that is a reference.
    pub(super) fn path_reference(&mut self, path: &str) {
        self.add(path, "the path is a reference".to_owned(), "write it out in corrections.yaml");
    }

    /// Reports annotations that could not be read; returns them by their keys.
    pub(super) fn unread<'a>(&mut self, place: &str, unread: Unread<'a>) -> BTreeMap<&'a str, &'a Value> {
        for (key, _, why) in &unread {
            let problem = match why.starts_with("unknown field") {
                true => format!("no annotation {PREFIX}{key} exists here"),
                false => format!("its {PREFIX}{key} cannot be read ({why})"),
            };
            self.add(place, problem, "write it as openapi/README.md says, or remove it");
        }
        unread.into_iter().map(|(key, value, _)| (key, value)).collect()
    }
}
