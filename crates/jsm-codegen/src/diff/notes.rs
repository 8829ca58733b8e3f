//! What is noted while two documents are compared, and what is known all the while.
//!
//! The severity of a note is decided where it is taken, by the table of [`super::rules`]; the operations that it
//! concerns are added where notes are collected.

use super::kinds::Kind;
use super::read::Interface;
use super::renames::Renames;
use super::rules::{Condition, Rule, rule_for};
use super::usage::Sides;
use crate::model::Schema;

/// One change, before the operations that it concerns are known.
pub(super) struct Note {
    pub(super) kind: Kind,
    pub(super) rule: &'static Rule,
    pub(super) at: String,
    pub(super) text: String,
}

/// Where in the interface a value is.
pub(super) struct Spot {
    /// As a reader writes it: `User.tags[]`.
    pub(super) name: String,
    pub(super) sides: Sides,
}

impl Spot {
    /// A place further inside.
    pub(super) fn inner(&self, step: &str) -> Spot {
        Spot { name: format!("{}{step}", self.name), sides: self.sides }
    }
}

/// The notes on one operation or schema.
pub(super) struct Notes<'c> {
    pub(super) taken: Vec<Note>,
    pub(super) renames: &'c Renames<'c>,
    pub(super) new: &'c Interface<'c>,
    /// Whether both documents carry our annotations.
    pub(super) annotated: bool,
}

impl Notes<'_> {
    /// Takes down a change of a value.
    pub(super) fn value(&mut self, kind: Kind, facts: &[Condition], sides: Sides, at: &str, text: String) {
        let rule = rule_for(kind, facts, Some(sides));
        self.taken.push(Note { kind, rule, at: at.to_owned(), text });
    }

    /// Takes down any other change.
    pub(super) fn other(&mut self, kind: Kind, facts: &[Condition], at: &str, text: String) {
        let rule = rule_for(kind, facts, None);
        self.taken.push(Note { kind, rule, at: at.to_owned(), text });
    }

    /// The name that an old schema has in the new document.
    pub(super) fn renamed<'n>(&'n self, name: &'n str) -> &'n str {
        self.renames.get(name).copied().unwrap_or(name)
    }

    /// Whether `new` of a type of the new document takes an argument.
    pub(super) fn takes_arguments(&self, schema: &Schema<'_>) -> bool {
        let schema = self.new.resolve(schema);
        // What is no struct is handed over whole.
        !schema.is_struct()
            || !schema.required.is_empty()
            || schema.included().iter().any(|part| part.reference.is_none())
    }
}
