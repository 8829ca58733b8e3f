//! An operation as a value.

use std::fmt;

use bytes::Bytes;
use reqwest::{Client, Request};

use crate::OperationInfo;

/// One operation with its arguments: what is sent, and how the answer reads.
pub trait Operation: Clone + fmt::Debug + Send + Sync + 'static {
    /// What a successful answer holds.
    type Output: Send + 'static;

    /// The facts of the operation.
    const INFO: &'static OperationInfo;

    /// Builds the request for the API at `base`, without credentials.
    ///
    /// # Errors
    ///
    /// When an argument cannot be sent, by its name: an id that would lead to another endpoint, a text where the API
    /// takes a number, a header of two lines. Also when the base is not a URL or a file cannot be read.
    fn request(&self, http: &Client, base: &str) -> Result<Request, RequestError>;

    /// Reads the body of a successful answer.
    ///
    /// # Errors
    ///
    /// When the body is not what the operation answers with.
    fn decode(body: &Bytes) -> Result<Self::Output, serde_json::Error>;

    /// Whether its request can be built once only, because it carries what is read on the way.
    fn is_single_use(&self) -> bool {
        false
    }

    /// The id by which the server counts the requests of this operation towards a rate limit, such as the issue that it
    /// writes to. `None` where it counts by operation only.
    fn rate_limit_key(&self) -> Option<&str> {
        None
    }

    /// The files that its request carries, so that [`FilePart::measure`](crate::FilePart::measure) can look at them
    /// before the request is built.
    fn files_mut(&mut self) -> &mut [crate::FilePart] {
        &mut []
    }
}

/// Why a request was not built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError(String);

impl RequestError {
    pub(crate) fn build(error: &dyn fmt::Display) -> Self {
        Self(format!("the request cannot be built: {error}"))
    }

    pub(crate) fn argument(parameter: &str, why: &dyn fmt::Display) -> Self {
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
