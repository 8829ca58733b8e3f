//! A request that found its operation, with what handlers read from it.

use std::collections::BTreeMap;

use http::HeaderMap;
use jsm_raw::OperationInfo;
use serde_json::{Map, Value};

use crate::domain::entities::file::File;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;

/// A request that was read, authenticated and validated.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) info: &'static OperationInfo,
    pub(crate) caller: Caller,
    /// The parameters in the path, decoded.
    pub(crate) path: BTreeMap<&'static str, String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// The body as JSON, where there is one.
    pub(crate) body: Option<Value>,
    /// The files of a multipart body.
    pub(crate) files: Vec<File>,
    pub(crate) links: Links,
}

/// What the links of a response consist of, and how long a page may be.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    /// Scheme, host and all that precedes the API's own path.
    pub(crate) base: String,
    /// Scheme and host of the site. Some links name it even when the request came through the gateway.
    pub(crate) site: String,
    /// Scheme and host from which files are downloaded.
    pub(crate) media: String,
    /// The path of the request as the API knows it, without the query.
    pub(crate) api_path: String,
    /// The most items of a page.
    pub(crate) page_cap: usize,
}

impl Request {
    /// A parameter of the path; empty when the operation has none of this name.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A number in the path. Another text names nothing that exists.
    pub(crate) fn path_number(&self, name: &str, what: &'static str) -> Result<u64, Error> {
        self.path(name).parse().map_err(|_| Error::NotFound(what))
    }

    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.query(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// All values of a query parameter, whether it is repeated or has commas between them.
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

    /// The body as JSON; null when there is none.
    pub(crate) fn json(&self) -> &Value {
        self.body.as_ref().unwrap_or(&Value::Null)
    }

    /// A text of the body, without the spaces around it; none when it is absent or blank.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.json().get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A text deeper in the body, as it is.
    pub(crate) fn text_at(&self, pointer: &str) -> Option<&str> {
        self.json().pointer(pointer).and_then(Value::as_str)
    }

    pub(crate) fn bool(&self, name: &str) -> Option<bool> {
        self.json().get(name).and_then(Value::as_bool)
    }

    pub(crate) fn object(&self, pointer: &str) -> Option<&Map<String, Value>> {
        self.json().pointer(pointer).and_then(Value::as_object)
    }

    /// A list of texts in the body; other entries are left out.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.json().get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// The account ids in the body, each once. Those under the old name `usernames` count too.
    pub(crate) fn account_ids(&self) -> Vec<&str> {
        let lists = ["accountIds", "usernames"].iter().filter_map(|name| self.texts(name));
        let mut account_ids: Vec<&str> = Vec::new();
        for account_id in lists.flatten() {
            if !account_ids.contains(&account_id) {
                account_ids.push(account_id);
            }
        }
        account_ids
    }
}
