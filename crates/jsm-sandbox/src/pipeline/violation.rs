//! Violations: what was sent and is not allowed by the documents.

use std::fmt;

/// How many violations are kept, the first ones.
const KEPT: usize = 1_000;

/// Something that was sent and is not allowed by the document of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The API and the operation, such as `servicedesk CreateCustomer`; method and path where there is no operation.
    pub operation: String,
    /// Which message is wrong.
    pub side: Side,
    /// What is wrong, such as `body.displayName is missing`.
    pub message: String,
}

/// The message that a [`Violation`] is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The request of the client under test.
    Request,
    /// The response of the sandbox: a bug of this crate.
    Response,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Request => "request",
            Side::Response => "response",
        };
        write!(formatter, "{} {side}: {}", self.operation, self.message)
    }
}

/// The violations so far.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    pub(crate) fn add(&mut self, operation: &str, side: Side, message: impl Into<String>) {
        // A client that repeats a mistake must not fill the memory.
        if self.0.len() < KEPT {
            let (operation, message) = (operation.to_owned(), message.into());
            self.0.push(Violation { operation, side, message });
        }
    }

    pub(crate) fn all(&self) -> &[Violation] {
        &self.0
    }
}
