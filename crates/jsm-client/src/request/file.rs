//! A file of an endpoint that no document describes, downloaded like any other.

use std::fmt;

use bytes::Bytes;
use jsm_raw::{FilePart, Operation, OperationInfo, RequestError, Sealed};
use reqwest::{Client, Request};

use super::prepared::{Body, FILE, Prepared, info, names};

/// A file of an endpoint that this crate does not cover, as [`Download`](crate::downloads::Download) downloads it.
/// [`HttpRequest::download`](super::HttpRequest::download) makes it.
#[derive(Clone)]
pub struct HttpFile(Prepared);

impl HttpFile {
    /// The file that a request responds with.
    pub(super) fn new(request: Prepared) -> Self {
        Self(Prepared { info: info(&request.method, FILE.response), ..request })
    }
}

impl fmt::Debug for HttpFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFile")
            .field("method", &self.0.method)
            .field("path", &self.0.path)
            .field("query", &names(&self.0.query))
            .finish_non_exhaustive()
    }
}

impl Sealed for HttpFile {}

impl Operation for HttpFile {
    type Output = Bytes;

    const INFO: &'static OperationInfo = FILE;

    fn request(&self, _: &Client, base: &str) -> Result<Request, RequestError> {
        self.0.build(base, "*/*")
    }

    fn decode(body: &Bytes) -> Result<Bytes, serde_json::Error> {
        Ok(body.clone())
    }

    fn info(&self) -> &'static OperationInfo {
        self.0.info
    }

    fn template(&self) -> &'static str {
        self.0.template
    }

    fn gateway_path(&self) -> Option<&str> {
        self.0.gateway_path()
    }

    fn is_single_use(&self) -> bool {
        self.0.is_single_use()
    }

    fn files_mut(&mut self) -> &mut [FilePart] {
        match &mut self.0.body {
            Body::Files(_, files) => files,
            _ => &mut [],
        }
    }
}
