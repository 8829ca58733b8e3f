//! A response before it is sent: status, headers and body.

use bytes::Bytes;
use serde_json::Value;

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// The body of a response.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Raw { media_type: String, bytes: Bytes },
}

impl Response {
    pub(crate) fn empty(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Body::Empty }
    }

    pub(crate) fn json(status: u16, body: impl Into<Value>) -> Response {
        Response { body: Body::Json(body.into()), ..Response::empty(status) }
    }

    pub(crate) fn raw(status: u16, media_type: &str, bytes: impl Into<Bytes>) -> Response {
        let (media_type, bytes) = (media_type.to_owned(), bytes.into());
        Response { body: Body::Raw { media_type, bytes }, ..Response::empty(status) }
    }

    pub(crate) fn text(status: u16, text: &'static str) -> Response {
        Response::raw(status, "text/plain;charset=UTF-8", text)
    }

    pub(crate) fn ok(body: impl Into<Value>) -> Response {
        Response::json(200, body)
    }

    pub(crate) fn created(body: impl Into<Value>) -> Response {
        Response::json(201, body)
    }

    pub(crate) fn no_content() -> Response {
        Response::empty(204)
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
