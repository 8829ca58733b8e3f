//! An operation as a value.

use std::fmt;

use bytes::Bytes;
use reqwest::{Client, Request};

use crate::multipart::FilePart;
use crate::operation_info::OperationInfo;
use crate::request_error::RequestError;
use crate::sealed::Sealed;

/// An operation with its arguments: how its request is built, and how its response is decoded.
///
/// The trait is sealed: generated operations implement it, and the requests that `jsm-client` makes where no document
/// describes an operation.
pub trait Operation: Sealed + Clone + fmt::Debug + Send + Sync + 'static {
    /// What the body of a successful response is decoded as.
    type Output: Send + 'static;

    /// The facts of the operation.
    const INFO: &'static OperationInfo;

    /// Builds the request for the API at `base`, without credentials.
    ///
    /// # Errors
    ///
    /// When an argument cannot be sent; the error names it. Examples are an id that would lead to another endpoint, text
    /// where the API takes a number, and a header of two lines. Also when `base` is not a URL, or a file cannot be read.
    fn request(&self, http: &Client, base: &str) -> Result<Request, RequestError>;

    /// Decodes the body of a successful response.
    ///
    /// # Errors
    ///
    /// When the body is not an [`Output`](Self::Output).
    fn decode(body: &Bytes) -> Result<Self::Output, serde_json::Error>;

    /// The facts of this value: [`INFO`](Self::INFO), unless they depend on its arguments.
    fn info(&self) -> &'static OperationInfo {
        Self::INFO
    }

    /// The path with its placeholders; empty where only the path with its values is known.
    fn template(&self) -> &'static str {
        Self::INFO.path
    }

    /// The path below the gateway that is in place of the API's base, for a request that belongs to no API. It can have
    /// the placeholders that base paths have.
    fn gateway_path(&self) -> Option<&str> {
        None
    }

    /// Whether the request can be built only once, because it carries a stream.
    fn is_single_use(&self) -> bool {
        false
    }

    /// The id by which the server counts the requests of this operation towards a rate limit, such as the issue that it
    /// writes to. `None` where it counts by operation only.
    fn rate_limit_key(&self) -> Option<&str> {
        None
    }

    /// The files that the request carries, for [`FilePart::measure`](crate::FilePart::measure) before the request is
    /// built.
    fn files_mut(&mut self) -> &mut [FilePart] {
        &mut []
    }

    /// How many entries the request carries, as the server counts them towards
    /// [`OperationInfo::batch_limit`](crate::OperationInfo::batch_limit); 0 where it has no limit.
    fn batch_size(&self) -> usize {
        0
    }

    /// Sets the idempotency key of an operation that takes one and has none yet. Any other operation ignores it.
    fn ensure_idempotency_key(&mut self, key: impl FnOnce() -> String) {
        let _ = key;
    }
}
