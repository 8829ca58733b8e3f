//! The error of a request that cannot be built.

use std::fmt;

/// Why a request was not built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError(String);

impl RequestError {
    pub(crate) fn build(error: &dyn fmt::Display) -> Self {
        Self(format!("the request cannot be built: {error}"))
    }

    /// The error of an argument that cannot be sent: its name, and why.
    pub fn argument(parameter: &str, why: &dyn fmt::Display) -> Self {
        Self(format!("{parameter} {why}"))
    }

    pub(crate) fn file(name: &str, error: &dyn fmt::Display) -> Self {
        Self(format!("the file {name} cannot be sent: {error}"))
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RequestError {}
