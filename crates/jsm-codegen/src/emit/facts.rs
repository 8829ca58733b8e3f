//! What the effective document says of an operation, read once.
//!
//! Nothing of Rust is here: names as the document has them, statuses with our words, the annotations of
//! `openapi/README.md`.

use serde_json::{Map, Value};

use crate::annotations::{self, OfOperation, OfParameter, deprecated};

/// The methods that a path item can carry, as the document writes them.
pub(crate) const METHODS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "trace"];

/// Where bounds on a value stand.
pub(crate) const LIMITS: [&str; 13] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// The facts of one operation.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    /// The operation id, which is Atlassian's in a document of theirs.
    pub(crate) id: String,
    /// The name that Atlassian's documentation gives it.
    pub(crate) title: Option<String>,
    /// The page of Atlassian's documentation that it is on.
    pub(crate) tag: Option<String>,
    pub(crate) group: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) description: String,
    pub(crate) parameters: Vec<Parameter>,
    /// The schema of the JSON body, where there is one.
    pub(crate) body: Option<Value>,
    pub(crate) body_description: String,
    pub(crate) multipart: Option<String>,
    /// One entry for each set of scopes, any of which suffices.
    pub(crate) scopes: Vec<Vec<String>>,
    pub(crate) experimental: bool,
    /// Whether the opt-in header is always sent: `x-jsm-opt-in: always`.
    pub(crate) always_opt_in: bool,
    pub(crate) deprecated: bool,
    pub(crate) statuses: Vec<(u16, String)>,
    /// Whether a success is a page of HTML.
    pub(crate) html: bool,
    /// Statuses above 299 whose bodies are answers.
    pub(crate) response_statuses: Vec<u16>,
    pub(crate) pagination: Option<Pagination>,
    pub(crate) idempotent: bool,
    pub(crate) rate_limit: Option<u32>,
    pub(crate) batch_limit: Option<u32>,
    /// The annotation `x-jsm-batch`: which property is the list that may be only so long, and what goes with it.
    pub(crate) batch: Option<Map<String, Value>>,
    /// The path parameter that names what the server counts writes by.
    pub(crate) rate_limit_key: Option<String>,
}

/// One parameter of an operation.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) description: String,
    pub(crate) schema: Value,
    /// Whether a list goes into one parameter, with commas between its values (`explode: false` in a query).
    pub(crate) joined: bool,
    pub(crate) notes: OfParameter,
    /// Why it should not be used any more, where it is deprecated.
    pub(crate) deprecated: Option<String>,
}

/// The annotation `x-jsm-pagination`.
#[derive(Debug)]
pub(crate) struct Pagination {
    pub(crate) style: String,
    names: Map<String, Value>,
}

impl Pagination {
    /// The name that plays a part in this style: a query parameter's or an answer property's.
    pub(crate) fn name(&self, part: &str) -> Option<&str> {
        self.names.get(part).and_then(Value::as_str)
    }
}

/// Reads every operation, in the order of the document.
pub(crate) fn facts(document: &Value) -> Vec<Facts> {
    let mut all = Vec::new();
    for (path, item) in object(document, "paths") {
        for method in METHODS {
            if let Some(operation) = item.get(method).filter(|operation| operation.is_object()) {
                all.push(read(document, path, item, method, operation));
            }
        }
    }
    all
}

fn read(document: &Value, path: &str, item: &Value, method: &str, operation: &Value) -> Facts {
    let id = text(operation, "operationId");
    let notes = OfOperation::read(operation, method);
    let statuses = object(operation, "responses").filter_map(|(status, response)| {
        Some((status.parse().ok()?, text(resolve(document, response), "description")))
    });
    let body = operation.get("requestBody").map(|body| resolve(document, body));
    let json_body = body.and_then(|body| body.pointer("/content/application~1json/schema"));
    let parameters = parameters(document, item, operation);
    let placed = parameters.iter().map(|p| (p.place.as_str(), p.name.as_str(), &p.schema));
    let rate_limit_key = annotations::rate_limit_key(document, placed).map(str::to_owned);
    let scopes = annotations::scopes(document, operation).into_iter();
    Facts {
        name: notes.name.map_or_else(|| pascal(&id), str::to_owned),
        // Some documents have a title in place of an id.
        title: [text(operation, "summary"), id.split_once(' ').map_or_else(String::new, |_| id.clone())]
            .into_iter()
            .find(|title| !title.is_empty()),
        id,
        tag: list(operation, "tags").find_map(Value::as_str).map(str::to_owned),
        group: notes.group.unwrap_or("other").to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        description: text(operation, "description"),
        parameters,
        body: json_body.cloned(),
        body_description: body.map(|body| text(body, "description")).unwrap_or_default(),
        multipart: notes.multipart.map(str::to_owned),
        scopes: scopes.map(|set| set.into_iter().map(str::to_owned).collect()).collect(),
        experimental: flag(operation, "x-experimental"),
        always_opt_in: notes.always_opt_in,
        deprecated: flag(operation, "deprecated"),
        statuses: statuses.collect(),
        html: operation.get("responses").and_then(Value::as_object).is_some_and(|responses| {
            let is_html = |response: &Value| response["content"].get("text/html").is_some();
            responses.iter().any(|(status, response)| status.starts_with('2') && is_html(response))
        }),
        response_statuses: notes.response_statuses,
        pagination: notes.pagination.map(|names| Pagination {
            style: names.get("style").and_then(Value::as_str).unwrap_or_default().to_owned(),
            names: names.clone(),
        }),
        idempotent: notes.idempotent,
        rate_limit: notes.rate_limit,
        batch_limit: notes.batch_limit,
        batch: notes.batch.cloned(),
        rate_limit_key,
    }
}

/// The parameters of the operation and those of its path that it does not override.
pub(crate) fn parameters(document: &Value, item: &Value, operation: &Value) -> Vec<Parameter> {
    let mut all: Vec<Parameter> = Vec::new();
    for parameter in list(operation, "parameters").chain(list(item, "parameters")) {
        let parameter = resolve(document, parameter);
        let schema = parameter.get("schema").map(|schema| resolve(document, schema));
        let is_list = schema.is_some_and(|schema| text(schema, "type") == "array");
        let read = Parameter {
            notes: OfParameter::read(parameter),
            joined: is_list && parameter.get("explode") == Some(&Value::Bool(false)),
            name: text(parameter, "name"),
            place: text(parameter, "in"),
            description: text(parameter, "description"),
            schema: parameter.get("schema").cloned().unwrap_or(Value::Null),
            deprecated: deprecated(parameter).map(str::to_owned),
        };
        if !all.iter().any(|known| known.name == read.name && known.place == read.place) {
            all.push(read);
        }
    }
    all
}

/// What a node stands for: itself, or what its `$ref` points at.
pub(crate) fn resolve<'a>(document: &'a Value, node: &'a Value) -> &'a Value {
    let mut node = node;
    // A chain of references longer than this is a circle.
    for _ in 0..16 {
        let target = node.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        match target.and_then(|pointer| document.pointer(pointer)) {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

pub(crate) fn object<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    node.get(key).and_then(Value::as_object).into_iter().flatten()
}

pub(crate) fn list<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    node.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(crate) fn text(node: &Value, key: &str) -> String {
    node.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// A description with what the server takes where nothing is sent.
pub(crate) fn with_default(description: &str, default: Option<&Value>) -> String {
    let default = default.map(|default| format!("The server's default: `{default}`."));
    let parts = [Some(description.to_owned()).filter(|text| !text.is_empty()), default];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn flag(node: &Value, key: &str) -> bool {
    node.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn pascal(id: &str) -> String {
    let mut chars = id.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
