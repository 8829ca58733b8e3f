//! What changed in the interface between two documents, and how much it matters to programs that use the library.
//!
//! Each change is told once, where a user meets it: a schema that twenty operations share is one entry that names the
//! twenty. Descriptions, titles and examples are no part of an interface, nor are headers of answers. Where documents
//! come from is not known here, and no version is written: [`Bump`] says which one is asked for.

mod annotations;
mod compare;
mod kinds;
mod model;
mod notes;
mod operations;
mod pairs;
mod print;
mod reach;
mod read;
mod renames;
mod rules;
mod shape;
mod values;

pub use compare::{Change, compare, worst};
pub use kinds::Kind;
pub use model::Interface;
pub use print::{closing, json, markdown, text};
pub use read::read;
pub use rules::{Bump, Condition, RULES, Rule, Severity};
