//! One request on its way to a behaviour: operation, parameters, body and caller.
//!
//! Reading it from the wire is the server's work; checking it against the document is the contract's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::auth::Actor;
use crate::reply::Reply;
use crate::route::Info;

/// A request that found its operation.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) info: &'static Info,
    pub(crate) actor: Actor,
    /// The path's parameters, decoded.
    pub(crate) path: BTreeMap<&'static str, String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Value,
    /// Scheme, host and whatever prefix stands before the API's own path.
    pub(crate) base: String,
    /// The path as the API knows it, without query.
    pub(crate) api_path: String,
    pub(crate) now: i64,
    pub(crate) page_cap: usize,
}

impl Call {
    /// A parameter of the path; empty when the operation has none of this name.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A number in the path; a path that carries none names nothing that exists.
    pub(crate) fn path_number(&self, name: &str, what: &str) -> Result<u64, Reply> {
        self.path(name).parse().map_err(|_| Reply::not_found(what))
    }

    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.query(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A text of the body, without the spaces around it; none when it is absent or blank.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A list of texts in the body; other entries are passed over.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.body.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }
}
