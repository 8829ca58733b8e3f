//! What is wrong with an input, where, and how to fix it: the one type that every stage reports with.

use std::fmt;

/// Something to fix in a document, an overlay, a record or another input.
///
/// `Display` writes one line, `place: problem; fix`, without the place where it is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it is: an operation (`POST /path`), a schema, an overlay action, a file; empty for the input as a whole.
    pub place: String,
    /// What is wrong, as a lower-case fragment.
    pub problem: String,
    /// How to fix it, as a lower-case fragment.
    pub fix: String,
}

impl Diagnostic {
    /// A diagnostic from its three parts.
    pub fn new(place: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into(), fix: fix.into() }
    }

    /// The same diagnostic within an outer place, such as the file that was read.
    #[must_use]
    pub fn within(mut self, outer: impl fmt::Display) -> Self {
        self.place = match self.place.as_str() {
            "" => outer.to_string(),
            inner => format!("{outer}, {inner}"),
        };
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}; {}", self.problem, self.fix)
    }
}

impl std::error::Error for Diagnostic {}
