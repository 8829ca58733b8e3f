//! The annotations of `openapi/README.md`, read once: what generation emits from them is what a comparison sees of them.
//!
//! Each reads one node of an effective document. Whether what an annotation names is there is for `lint` and for the code
//! that emits it to say.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::emit::facts::{list, object, resolve};

/// What every annotation begins with.
pub(crate) const PREFIX: &str = "x-jsm-";

/// What is said of an operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OfOperation<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) group: Option<&'a str>,
    pub(crate) multipart: Option<&'a str>,
    /// Statuses above 299 whose bodies are answers.
    pub(crate) response_statuses: Vec<u16>,
    /// Whether the opt-in header is sent whatever the program opted in to.
    pub(crate) always_opt_in: bool,
    /// How it is paged; an exemption is nothing.
    pub(crate) pagination: Option<&'a Map<String, Value>>,
    pub(crate) idempotent: bool,
    pub(crate) rate_limit: Option<u32>,
    pub(crate) batch_limit: Option<u32>,
    pub(crate) batch: Option<&'a Map<String, Value>>,
    /// Every other one, so that a comparison misses none.
    pub(crate) others: BTreeMap<&'a str, &'a Value>,
}

impl<'a> OfOperation<'a> {
    const KNOWN: [&'static str; 9] = [
        "x-jsm-response-statuses",
        "x-jsm-rate-limit",
        "x-jsm-batch-limit",
        "x-jsm-batch",
        "x-jsm-group",
        "x-jsm-multipart",
        "x-jsm-name",
        "x-jsm-pagination",
        "x-jsm-idempotent",
    ];

    /// Reads the node of an operation with this method, in small letters.
    pub(crate) fn read(operation: &'a Value, method: &str) -> Self {
        let text = |key: &str| operation.get(key).and_then(Value::as_str);
        let parts = |key: &str| operation.get(key).and_then(Value::as_object);
        let number = |key: &str| operation.get(key)?.as_u64()?.try_into().ok();
        Self {
            name: text("x-jsm-name"),
            group: text("x-jsm-group"),
            multipart: text("x-jsm-multipart"),
            response_statuses: list(operation, "x-jsm-response-statuses")
                .filter_map(|status| status.as_u64()?.try_into().ok())
                .collect(),
            always_opt_in: text("x-jsm-opt-in") == Some("always"),
            pagination: parts("x-jsm-pagination"),
            idempotent: operation
                .get("x-jsm-idempotent")
                .and_then(Value::as_bool)
                .unwrap_or(matches!(method, "get" | "head" | "options" | "put" | "delete")),
            rate_limit: number("x-jsm-rate-limit"),
            batch_limit: number("x-jsm-batch-limit"),
            batch: parts("x-jsm-batch"),
            others: others(operation, &Self::KNOWN),
        }
    }
}

/// What is said of a schema, or of a property, which is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OfSchema<'a> {
    /// The property with the items, where it is a page.
    pub(crate) page: Option<&'a str>,
    pub(crate) id: Option<Id<'a>>,
    pub(crate) always: Vec<&'a str>,
    pub(crate) alias: Vec<&'a str>,
    pub(crate) date: Option<&'a Map<String, Value>>,
    pub(crate) linked_id: Option<&'a Map<String, Value>>,
    /// What the values of an enum mean.
    pub(crate) enum_docs: BTreeMap<&'a str, &'a str>,
    /// Whether the server counts writes by it.
    pub(crate) rate_limit_key: bool,
    /// Every other one, so that a comparison misses none.
    pub(crate) others: BTreeMap<&'a str, &'a Value>,
}

/// The annotation `x-jsm-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id<'a> {
    /// An id of its own.
    Own,
    /// The numeric form of another.
    NumberOf(&'a str),
}

impl<'a> OfSchema<'a> {
    const KNOWN: [&'static str; 8] = [
        "x-jsm-alias",
        "x-jsm-always-present",
        "x-jsm-date",
        "x-jsm-enum-docs",
        "x-jsm-id",
        "x-jsm-linked-id",
        "x-jsm-page",
        "x-jsm-rate-limit-key",
    ];

    /// Reads the node of a schema; a reference says nothing itself.
    pub(crate) fn read(schema: &'a Value) -> Self {
        let parts = |key: &str| schema.get(key).and_then(Value::as_object);
        let texts = |key: &str| list(schema, key).filter_map(Value::as_str).collect();
        Self {
            page: schema.get("x-jsm-page").and_then(Value::as_str),
            id: match schema.get("x-jsm-id") {
                Some(Value::String(id)) => Some(Id::NumberOf(id)),
                None | Some(Value::Bool(false) | Value::Null) => None,
                Some(_) => Some(Id::Own),
            },
            always: texts("x-jsm-always-present"),
            alias: texts("x-jsm-alias"),
            date: parts("x-jsm-date"),
            linked_id: parts("x-jsm-linked-id"),
            enum_docs: object(schema, "x-jsm-enum-docs")
                .filter_map(|(value, meaning)| Some((value.as_str(), meaning.as_str()?)))
                .collect(),
            rate_limit_key: schema.get("x-jsm-rate-limit-key").is_some_and(|flag| *flag == Value::Bool(true)),
            others: others(schema, &Self::KNOWN),
        }
    }
}

/// What is said of a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfParameter {
    /// Whether it has to be a number, or each of its entries, although its type takes any text.
    pub(crate) number: bool,
}

impl OfParameter {
    pub(crate) fn read(parameter: &Value) -> Self {
        Self { number: parameter.get("x-jsm-number") == Some(&Value::Bool(true)) }
    }
}

/// What is said of the document as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfDocument<'a> {
    /// The path of the API below a site.
    pub(crate) site: Option<&'a str>,
    /// The path of the API below the gateway.
    pub(crate) gateway: Option<&'a str>,
    /// What the addresses of the API's reference pages begin with.
    pub(crate) docs: Option<&'a str>,
    /// The requests per second that each operation takes, by method.
    pub(crate) rates: Option<&'a Map<String, Value>>,
    /// How many writes in how many seconds are taken for one id that writes are counted by.
    pub(crate) write_rate_limits: Option<&'a Vec<Value>>,
}

impl<'a> OfDocument<'a> {
    pub(crate) fn read(document: &'a Value) -> Self {
        let base = |key: &str| document.get("x-jsm-base")?.get(key)?.as_str();
        Self {
            site: base("site"),
            gateway: base("gateway"),
            docs: document.get("x-jsm-docs").and_then(Value::as_str),
            rates: document.get("x-jsm-rate-limits").and_then(Value::as_object),
            write_rate_limits: document.get("x-jsm-write-rate-limits").and_then(Value::as_array),
        }
    }

    /// The requests per second by method, in capitals.
    pub(crate) fn rates(&self) -> impl Iterator<Item = (String, u32)> {
        let rates = self.rates.into_iter().flatten();
        rates.filter_map(|(method, rate)| Some((method.to_uppercase(), small(rate)?)))
    }

    /// How many writes in how many seconds.
    pub(crate) fn write_rate_limits(&self) -> impl Iterator<Item = (u32, u32)> {
        let limits = self.write_rate_limits.into_iter().flatten();
        limits.filter_map(|limit| Some((small(limit.get("writes")?)?, small(limit.get("seconds")?)?)))
    }
}

fn small(number: &Value) -> Option<u32> {
    number.as_u64()?.try_into().ok()
}

/// Why a parameter or a property should not be used any more, where the document marks it as deprecated.
pub(crate) fn deprecated(node: &Value) -> Option<&str> {
    let reason = node.get("x-jsm-deprecated").and_then(Value::as_str);
    (node.get("deprecated") == Some(&Value::Bool(true)))
        .then(|| reason.unwrap_or("deprecated in the documented API"))
}

/// The sets of scopes each of which lets a token in, each once: those of the vendor's own list, and those of the
/// standard's `security`, which the document says for all operations that say nothing.
///
/// A scheme without scopes says how to sign in, not what the program must have been granted.
pub(crate) fn scopes<'a>(document: &'a Value, operation: &'a Value) -> Vec<Vec<&'a str>> {
    let texts = |list: &'a Value| list.as_array().into_iter().flatten().filter_map(Value::as_str);
    let security = if operation.get("security").is_some() { operation } else { document };
    let standard = list(security, "security").filter_map(Value::as_object);
    let standard = standard.map(|schemes| schemes.values().flat_map(texts).collect::<Vec<_>>());
    let own = list(operation, "x-atlassian-oauth2-scopes").filter_map(|entry| entry.get("scopes"));
    let own = own.map(|list| texts(list).collect());
    let mut sets: Vec<Vec<&str>> = Vec::new();
    for set in standard.chain(own) {
        if !set.is_empty() && !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets
}

/// The name of the path parameter that the server counts writes by.
pub(crate) fn rate_limit_key<'a>(
    document: &Value,
    mut parameters: impl Iterator<Item = (&'a str, &'a str, &'a Value)>,
) -> Option<&'a str> {
    let limits = |schema: &Value| OfSchema::read(resolve(document, schema)).rate_limit_key;
    parameters.find(|(place, _, schema)| *place == "path" && limits(schema)).map(|(_, name, _)| name)
}

/// The annotations that have no field of their own here. What is merely inferred is no part of an interface.
fn others<'a>(node: &'a Value, known: &[&str]) -> BTreeMap<&'a str, &'a Value> {
    let entries = node.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value));
    let ours = entries.filter(|(key, _)| key.starts_with(PREFIX) && *key != "x-jsm-inferred");
    ours.filter(|(key, _)| !known.contains(key)).collect()
}
