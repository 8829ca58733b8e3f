//! What changed in the interface between two documents, and how much it matters to programs that use the library.
//!
//! Each change is one entry, where a user sees it: a schema that twenty operations share is one entry that names the
//! twenty. Descriptions, titles and examples are no part of an interface, nor are headers of responses. Where
//! documents come from is not known here, and no version is written: [`Bump`] says which one is asked for.

mod annotations; // Changes of what annotations make of operations and the API.
mod compare; // All changes, in order.
mod kinds; // The closed list of what can change.
mod normal; // The normal form of schemas.
mod notes; // One change, before its operations are known.
mod operations; // Changes of operations.
mod pairs; // Which of two things are one, before and after.
mod print;
mod read; // The model, in a normal form.
mod renames; // Schemas that only have another name.
mod rules; // How much each change matters, and why.
mod usage; // Which operations use a schema, and how.
mod values; // Changes of schemas. // Pages of changes.

pub use compare::{Change, compare, worst};
pub use kinds::Kind;
pub use print::{closing, json, markdown, text};
pub use read::{Interface, read};
pub use rules::{Bump, Condition, RULES, Rule, Severity};
