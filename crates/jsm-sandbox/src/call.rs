//! One request on its way to a behaviour: operation, parameters, body and caller.
//!
//! Reading it from the wire is the server's work; checking it against the document is the contract's.

use std::collections::BTreeMap;

use http::HeaderMap;
use serde_json::Value;

use crate::auth::Actor;
use crate::reply::Reply;
use crate::world::File;

/// A request that found its operation.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) actor: Actor,
    /// The path's parameters, decoded.
    pub(crate) path: BTreeMap<&'static str, String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The files of a multipart body.
    pub(crate) files: Vec<File>,
    /// Scheme, host and whatever prefix stands before the API's own path.
    pub(crate) base: String,
    /// Scheme and host of the site, which some links name even when the call came through the gateway.
    pub(crate) site: String,
    /// Scheme and host from which files are fetched.
    pub(crate) media: String,
    /// The path as the API knows it, without query.
    pub(crate) api_path: String,
    pub(crate) now: i64,
    pub(crate) page_cap: usize,
    pub(crate) task_limit: usize,
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

    /// All values of a parameter that takes several, whether they come apart or with commas between them.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let values = self.query.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }

    pub(crate) fn expands(&self, name: &str) -> bool {
        self.list("expand").contains(&name)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
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
