//! An exchange as it went over the wire, before redaction.

use bytes::Bytes;
use http::HeaderMap;

use super::fixture::Part;

/// A request and its response. It holds secrets, and is never written or shown.
pub(super) struct Exchange {
    /// Its place in the order in which requests arrived, counted from 1.
    pub(super) number: u64,
    /// Whether it went to the origin of files.
    pub(super) to_files: bool,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) request_headers: HeaderMap,
    pub(super) request_body: Body,
    /// None where the connection broke before a response came.
    pub(super) status: Option<u16>,
    pub(super) response_headers: HeaderMap,
    pub(super) response_body: Body,
    /// Whether the connection broke before the end of the response.
    pub(super) broken: bool,
}

/// A body, as far as it was kept.
pub(super) enum Body {
    Whole(Bytes),
    /// The length of a body that was not kept.
    Length(u64),
    /// The parts of an upload, without their contents.
    Parts(Vec<Part>),
}

impl Body {
    pub(super) fn empty() -> Body {
        Body::Whole(Bytes::new())
    }
}
