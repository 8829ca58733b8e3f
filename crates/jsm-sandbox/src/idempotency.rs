//! Idempotency keys: the response to a request with a key is kept for three days, and repeated to the same request.
//!
//! Validation errors are kept too. What says nothing about the request, such as too many unfinished tasks, is not.

use std::collections::BTreeMap;

use http::HeaderMap;
use jsm_raw::OperationInfo;
use serde_json::Value;

use crate::contract;
use crate::reply::Reply;

const HEADER: &str = "idempotency-key";

/// How long a response is kept, in milliseconds.
const KEPT: i64 = 3 * 24 * 60 * 60 * 1_000;

/// The responses by key.
#[derive(Debug, Default)]
pub(crate) struct Keys(BTreeMap<String, Kept>);

#[derive(Debug)]
struct Kept {
    operation: &'static str,
    body: Value,
    reply: Reply,
    until: i64,
}

/// The key of a request, where its operation takes one.
pub(crate) fn key<'a>(info: &OperationInfo, headers: &'a HeaderMap) -> Option<&'a str> {
    let key = headers.get(HEADER)?.to_str().ok().filter(|key| !key.is_empty())?;
    contract::takes_header(info, HEADER).then_some(key)
}

impl Keys {
    /// The response to a request whose key is known: the first one again, or an error where the request differs.
    pub(crate) fn known(&self, key: &str, info: &OperationInfo, body: &Value, now: i64) -> Option<Reply> {
        let kept = self.0.get(key).filter(|kept| now < kept.until)?;
        Some(match kept.operation == info.name && kept.body == *body {
            true => kept.reply.clone(),
            false => Reply::invalid("The Idempotency-Key was used with another request."),
        })
    }

    /// Keeps the response to the first request with a key.
    pub(crate) fn keep(&mut self, key: &str, info: &OperationInfo, body: &Value, reply: &Reply, now: i64) {
        if !matches!(reply.status, 200..=299 | 400) || reply.is_passing() {
            return;
        }
        self.0.retain(|_, kept| now < kept.until);
        self.0.entry(key.to_owned()).or_insert_with(|| Kept {
            operation: info.name,
            body: body.clone(),
            reply: reply.clone(),
            until: now + KEPT,
        });
    }
}
