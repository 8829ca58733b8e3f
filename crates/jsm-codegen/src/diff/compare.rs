//! Comparing two interfaces: operations, then schemas, each change once with the operations that it concerns.
//!
//! What counts as a change is decided in the modules named after what changes; here the notes are collected, joined
//! where they are about the same place, and put in order.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::Kind;
use super::notes::{Note, Notes, Spot};
use super::read::Interface;
use super::renames::renames;
use super::rules::{Rule, Severity};
use super::usage::Usage;
use super::{annotations, operations, pairs, values};

/// One change of an interface.
#[derive(Clone, Debug)]
pub struct Change {
    /// What kind of change it is.
    pub kind: Kind,
    /// The row of the table that decided how much it matters.
    pub rule: &'static Rule,
    /// Where it is: a JSON pointer into the new document, or into the old one where [`Kind::is_removal`].
    pub at: String,
    /// The operations it concerns, by operationId, or by method and path where that is not unique.
    pub operations: BTreeSet<String>,
    /// What changed, in a few words.
    pub text: String,
}

impl Change {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }
}

/// What changed between two interfaces, what matters most first.
pub fn compare<'a>(old: &Interface<'a>, new: &Interface<'a>) -> Vec<Change> {
    let renames = renames(old, new);
    let mut notes = Notes {
        taken: Vec::new(),
        renames: &renames,
        new,
        annotated: old.is_annotated() && new.is_annotated(),
    };
    let mut book = Book::default();

    if notes.annotated {
        annotations::document(&mut notes, old, new);
        book.enter(&mut notes, BTreeSet::new);
    }
    let pairs = pairs::operations(old, new);
    for operation in &pairs.removed {
        let text = format!("{}: {} is gone", operation.label, operation.place());
        notes.other(Kind::OperationRemoved, &[], operation.at.as_str(), text);
        book.enter(&mut notes, || BTreeSet::from([operation.label.clone()]));
    }
    for operation in &pairs.added {
        let text = format!("{}: {} is new", operation.label, operation.place());
        notes.other(Kind::OperationAdded, &[], operation.at.as_str(), text);
        book.enter(&mut notes, || BTreeSet::from([operation.label.clone()]));
    }
    for (before, now) in &pairs.both {
        operations::operation(&mut notes, before, now);
        book.enter(&mut notes, || BTreeSet::from([now.label.clone()]));
    }

    let (old_usage, new_usage) = (Usage::of(old), Usage::of(new));
    let users = |usage: &Usage<'_>, interface: &Interface<'_>, name: &str| -> BTreeSet<String> {
        let label = |number: usize| interface.operations.get(number).map(|operation| operation.label.clone());
        usage.operations(name).into_iter().filter_map(label).collect()
    };
    for (name, before) in &old.schemas {
        let called = renames.get(name).copied().unwrap_or(name);
        match new.schemas.get(called) {
            Some(now) => {
                let sides = old_usage.sides(name).only(new_usage.sides(called));
                if called != *name {
                    notes.value(
                        Kind::SchemaRenamed,
                        &[],
                        sides,
                        now.at.as_str(),
                        format!("{called}: was {name}"),
                    );
                }
                values::value(&mut notes, before, now, &Spot { name: called.to_owned(), sides }, &[]);
                book.enter(&mut notes, || {
                    let named = users(&new_usage, new, called);
                    if named.is_empty() { users(&old_usage, old, name) } else { named }
                });
            }
            None => {
                let text = format!("{name}: gone, was {}", before.describe());
                notes.value(Kind::SchemaRemoved, &[], old_usage.sides(name), before.at.as_str(), text);
                book.enter(&mut notes, || users(&old_usage, old, name));
            }
        }
    }
    let known: BTreeSet<&str> = renames.values().copied().collect();
    for (name, now) in &new.schemas {
        if !old.schemas.contains_key(name) && !known.contains(name) {
            let text = format!("{name}: new, {}", now.describe());
            notes.value(Kind::SchemaAdded, &[], new_usage.sides(name), now.at.as_str(), text);
            book.enter(&mut notes, || users(&new_usage, new, name));
        }
    }
    book.close()
}

/// How much the change matters that matters most.
pub fn worst(changes: &[Change]) -> Severity {
    changes.iter().map(Change::severity).max().unwrap_or(Severity::None)
}

/// The changes by kind, place and text: what is shared between operations is one entry, with all of them.
#[derive(Default)]
struct Book {
    entries: BTreeMap<(Kind, String, String), (&'static Rule, BTreeSet<String>)>,
}

impl Book {
    /// Enters the notes that were taken, with the operations that all of them concern.
    fn enter(&mut self, notes: &mut Notes<'_>, operations: impl FnOnce() -> BTreeSet<String>) {
        if notes.taken.is_empty() {
            return;
        }
        let operations = operations();
        for Note { kind, rule, at, text } in notes.taken.drain(..) {
            self.entries
                .entry((kind, at, text))
                .and_modify(|(known, concerned)| {
                    concerned.extend(operations.iter().cloned());
                    if rule.severity > known.severity {
                        *known = rule;
                    }
                })
                .or_insert_with(|| (rule, operations.clone()));
        }
    }

    fn close(self) -> Vec<Change> {
        let entries = self.entries.into_iter();
        let mut changes: Vec<Change> = entries
            .map(|((kind, at, text), (rule, operations))| Change { kind, rule, at, operations, text })
            .collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.severity()));
        changes
    }
}
