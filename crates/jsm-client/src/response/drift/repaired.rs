//! Where the repairs of a response are, as far as its document knows the way.
//!
//! A repair has the path of a value, with keys of maps, which are data. The document knows which parts of the path are
//! names, so each repair is looked for among the values that are compared with it.

use std::collections::HashMap;
use std::fmt::Write;

use jsm_raw::{ValuePath, Visited};

use super::super::repairs::{Repair, RepairAction};
use super::report::{Drift, DriftKind};

/// The repairs of one response.
pub(super) struct Repaired {
    repairs: Vec<Found>,
    /// Which repairs have a path that begins like this.
    starts: HashMap<String, Vec<usize>>,
}

/// A repair, and the nearest value around it that the document knows.
struct Found {
    action: RepairAction,
    /// Its path, with a wildcard for items.
    path: String,
    /// How much of its path leads to that value.
    known: usize,
    shape: String,
    pointer: String,
}

impl Repaired {
    pub(super) fn of(repairs: &[Repair]) -> Self {
        let mut found: Vec<Found> = Vec::new();
        let mut starts: HashMap<String, Vec<usize>> = HashMap::new();
        for Repair { path, action } in repairs {
            let path = without_indices(path);
            if found.iter().any(|other| other.path == path && other.action == *action) {
                continue;
            }
            let ends = path.char_indices().skip(1).filter(|(_, letter)| matches!(letter, '.' | '['));
            for end in ends.map(|(end, _)| end).chain([path.len()]) {
                starts.entry(path[..end].to_owned()).or_default().push(found.len());
            }
            let (shape, pointer) = (String::new(), String::new());
            found.push(Found { action: *action, path, known: 0, shape, pointer });
        }
        Self { repairs: found, starts }
    }

    /// Notes a value that may have been repaired, or be around one that was.
    pub(super) fn note(&mut self, at: &Visited<'_>) {
        if self.repairs.is_empty() {
            return;
        }
        let mut path = "$".to_owned();
        write_path(at.path, &mut path);
        for found in self.starts.get(&path).into_iter().flatten() {
            let found = &mut self.repairs[*found];
            if found.known < path.len() {
                found.known = path.len();
                found.shape = at.path.shape();
                found.pointer = at.place.to_string();
            }
        }
    }

    /// The repairs as drift. Where only the beginning of a path is known, the rest is any descendant.
    pub(super) fn into_drift(self) -> impl Iterator<Item = Drift> {
        self.repairs.into_iter().filter(|found| found.known > 0).map(|found| {
            let rest = if found.known == found.path.len() { "" } else { "..*" };
            let path = format!("${}{rest}", found.shape);
            Drift { kind: DriftKind::Repaired(found.action), path, pointer: found.pointer }
        })
    }
}

/// A path with `[*]` in place of `[3]`.
fn without_indices(path: &str) -> String {
    let mut parts = path.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let index = part.split_once(']').filter(|(index, _)| index.bytes().all(|byte| byte.is_ascii_digit()));
        match index {
            Some((_, rest)) => text.extend(["[*]", rest]),
            None => text.extend(["[", part]),
        }
    }
    text
}

/// Writes a path as repairs have it, with `[*]` for items.
fn write_path(path: &ValuePath<'_>, text: &mut String) {
    match path {
        ValuePath::Root => {}
        ValuePath::Property(parent, key)
        | ValuePath::Unknown(parent, key)
        | ValuePath::Entry(parent, key) => {
            write_path(parent, text);
            // Writing to a text cannot fail.
            let _ = match key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)) {
                true => write!(text, ".{key}"),
                false => write!(text, "[\"{}\"]", key.escape_debug()),
            };
        }
        ValuePath::Item(parent, _) => {
            write_path(parent, text);
            text.push_str("[*]");
        }
    }
}
