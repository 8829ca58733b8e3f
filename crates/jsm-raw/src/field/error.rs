//! Why a value of a field cannot be read or sent.

use std::error::Error;
use std::fmt;

use super::names::nearest;
use crate::printable::is_invisible;

/// How many allowed values an error message lists.
const LISTED: usize = 10;

/// How many characters of a value an error message shows.
const EXCERPT: usize = 60;

/// Why a value of a field cannot be read or sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The kind of error.
    pub kind: FieldErrorKind,
    /// The id of the field; for an unknown or ambiguous one, the name or id that was given.
    pub field: String,
    /// The name of the field that people see; empty where it is not known.
    pub name: String,
    /// What is wrong and what is allowed, as a fragment in one line.
    pub message: String,
    /// The values, or the fields, to choose from; empty where they are not limited.
    pub allowed: Box<[String]>,
    /// Those of them that are similar to what was given, the most similar first.
    pub nearest: Vec<String>,
}

/// The kind of a [`FieldError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// The field is required, and has no value.
    Missing,
    /// There is no such field.
    Unknown,
    /// Several fields have this name.
    Ambiguous,
    /// The value is not one that the field takes.
    Invalid,
    /// The value that a response has cannot be read as the wanted type.
    Unreadable,
}

impl FieldError {
    /// An error of a field.
    pub fn new(
        kind: FieldErrorKind,
        field: impl Into<String>,
        name: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (field, name, message) = (field.into(), name.into(), message.into());
        Self { kind, field, name, message, allowed: Box::default(), nearest: Vec::new() }
    }

    /// Lists what is allowed, and in the message the part that is similar to what was given.
    #[must_use]
    pub fn with_allowed(mut self, given: &str, allowed: Vec<String>) -> Self {
        self.nearest = nearest(given, allowed.iter().map(String::as_str)).map(str::to_owned).collect();
        if !self.nearest.is_empty() {
            self.message += &format!(" (did you mean {}?)", listed(&self.nearest, "or"));
        }
        if allowed.len() > self.nearest.len() {
            self.message += &format!("; allowed: {}", listed(&allowed, "and"));
        }
        self.allowed = allowed.into();
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.trim(), self.field.as_str()) {
            ("", field) if field.trim().is_empty() => write!(f, "{field:?}: {}", self.message),
            ("", field) => write!(f, "{}: {}", excerpt(field), self.message),
            (name, field) if name == field => write!(f, "{}: {}", excerpt(name), self.message),
            (name, field) => write!(f, "{} ({}): {}", excerpt(name), excerpt(field), self.message),
        }
    }
}

impl Error for FieldError {}

/// Texts in quotes, the first few of them.
pub(super) fn listed(texts: &[String], last: &str) -> String {
    let quoted: Vec<String> =
        texts.iter().take(LISTED).map(|text| format!("\"{}\"", excerpt(text))).collect();
    match (texts.len().saturating_sub(LISTED), quoted.split_last()) {
        (0, Some((end, start))) if !start.is_empty() => format!("{} {last} {end}", start.join(", ")),
        (0, _) => quoted.join(", "),
        (more, _) => format!("{} and {more} more", quoted.join(", ")),
    }
}

/// The start of a text, as one printable line. Blanks stay, because the text may be a name to copy.
pub(super) fn excerpt(text: &str) -> String {
    let visible = text.trim().chars().filter(|c| !is_invisible(*c));
    let mut start = String::new();
    for (count, c) in visible.enumerate() {
        if count == EXCERPT {
            start.push('…');
            break;
        }
        start.push(if c.is_control() || c.is_whitespace() { ' ' } else { c });
    }
    start
}
