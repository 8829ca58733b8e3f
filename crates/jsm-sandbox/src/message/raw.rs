//! A request as it came from the wire.

use bytes::Bytes;
use http::HeaderMap;

use super::origin::Origin;
use crate::domain::entities::file::File;

/// A request that was read to its end.
#[derive(Debug)]
pub(crate) struct RawRequest {
    /// The server that it came to.
    pub(crate) origin: Origin,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The parts of a multipart body, by their names.
    pub(crate) parts: Vec<(String, File)>,
}

impl RawRequest {
    /// The parameters of the query, decoded.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether it has credentials that must not leave the site.
    pub(crate) fn has_credentials(&self) -> bool {
        self.headers.contains_key("authorization") || self.headers.contains_key("cookie")
    }
}
