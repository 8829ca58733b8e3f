//! Idempotency keys: the response to a request with a key is kept for three days, and repeated to the same request.
//!
//! Validation errors are kept too.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::takes_header;
use crate::domain::error::Error;
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::error;

const HEADER: &str = "idempotency-key";

/// How long a response is kept, in milliseconds.
const KEPT: i64 = 3 * 24 * 60 * 60 * 1_000;

/// The responses by key.
#[derive(Default)]
pub(super) struct Keys(BTreeMap<String, Kept>);

struct Kept {
    operation: &'static str,
    body: Option<Value>,
    response: Response,
    until: i64,
}

/// The key of a request, where its operation takes one.
fn key(request: &Request) -> Option<&str> {
    let key = request.header(HEADER).filter(|key| !key.is_empty())?;
    takes_header(request.info, HEADER).then_some(key)
}

impl Keys {
    /// The response to a request whose key is known: the first one again, or an error where the request differs.
    pub(super) fn replay(&self, request: &Request, now: i64) -> Option<Response> {
        let kept = self.0.get(key(request)?).filter(|kept| now < kept.until)?;
        if kept.operation == request.info.name && kept.body == request.body {
            return Some(kept.response.clone());
        }
        let refusal = Error::invalid("The Idempotency-Key was used with another request.");
        Some(error::refused(&refusal, request))
    }

    /// Keeps the response to the first request with a key.
    pub(super) fn keep(&mut self, request: &Request, response: &Response, now: i64) {
        let Some(key) = key(request).filter(|_| matches!(response.status, 200..=299 | 400)) else { return };
        self.0.retain(|_, kept| now < kept.until);
        self.0.entry(key.to_owned()).or_insert_with(|| Kept {
            operation: request.info.name,
            body: request.body.clone(),
            response: response.clone(),
            until: now + KEPT,
        });
    }
}
