//! Reading an OpenAPI 3.0 document into the model that is compared.
//!
//! Reading is lenient: what a place cannot hold is passed over, never refused, so that a page of changes can be had
//! of a document that other steps would refuse. Nothing is compared here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::model::{Answer, Body, Interface, Operation, Parameter};
use super::shape::shape;
use crate::annotations::{OfDocument, OfOperation, OfParameter, rate_limit_key, scopes};
use crate::distil::METHODS;
use crate::document::Refusal;

/// Reads the interface that an upstream, pinned or effective document describes.
///
/// # Errors
/// Refuses what is not an OpenAPI 3.0 document with `paths`.
pub fn read(document: &Value) -> Result<Interface<'_>, Refusal> {
    const NEXT: &str = "give the OpenAPI 3.0 document of an API";
    match document.get("openapi") {
        Some(Value::String(version)) if version.starts_with("3.0") => {}
        Some(version) => return Err(Refusal::new(format!("it says it is OpenAPI {version}, not 3.0"), NEXT)),
        None if document.get("swagger").is_some() => {
            return Err(Refusal::new("it is an OpenAPI 2.0 (Swagger) document", NEXT));
        }
        None => return Err(Refusal::new("it is not an OpenAPI document: it has no `openapi` version", NEXT)),
    }
    let Some(Value::Object(paths)) = document.get("paths") else {
        return Err(Refusal::new("it has no `paths`", NEXT));
    };

    let mut operations = Vec::new();
    for (path, item) in paths {
        let (item, at) = resolve(document, item, || format!("/paths/{}", escape(path)));
        for method in METHODS {
            if let Some(node) = item.get(method).filter(|node| node.is_object()) {
                operations.push(operation(document, item, node, path, method, format!("{at}/{method}")));
            }
        }
    }
    operations.sort_by(|a, b| (a.path, a.method).cmp(&(b.path, b.method)));
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for id in operations.iter().filter_map(|operation| operation.id) {
        *uses.entry(id).or_default() += 1;
    }
    for operation in &mut operations {
        operation.label = match operation.id {
            Some(id) if uses.get(id) == Some(&1) => id.to_owned(),
            _ => operation.request(),
        };
    }

    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let schemas = schemas.into_iter().flatten();
    Ok(Interface {
        notes: OfDocument::read(document),
        annotated: operations.iter().any(|operation| operation.notes.name.is_some()),
        operations,
        schemas: schemas
            .map(|(name, node)| (name.as_str(), shape(node, format!("/components/schemas/{}", escape(name)))))
            .collect(),
    })
}

fn operation<'a>(
    document: &'a Value,
    item: &'a Value,
    node: &'a Value,
    path: &'a str,
    method: &'a str,
    at: String,
) -> Operation<'a> {
    // An operation's own parameter stands in for the path item's of the same place and name.
    let mut parameters: BTreeMap<(&str, &str), Parameter> = BTreeMap::new();
    let item_at = at.rsplit_once('/').map_or("", |(item, _)| item);
    let lists = [(item_at, item.get("parameters")), (at.as_str(), node.get("parameters"))];
    for (owner, list) in lists {
        for (position, entry) in list.and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(found) = parameter(document, entry, || format!("{owner}/parameters/{position}")) {
                parameters.insert((found.place, found.name), found);
            }
        }
    }

    let body = node.get("requestBody").map(|body| {
        let (body, at) = resolve(document, body, || format!("{at}/requestBody"));
        Body { required: flag(body, "required"), media: media(body, &at), at }
    });
    let answers = node.get("responses").and_then(Value::as_object).into_iter().flatten();
    let answers = answers.filter(|(status, _)| !status.starts_with("x-")).map(|(status, answer)| {
        let (answer, at) = resolve(document, answer, || format!("{at}/responses/{}", escape(status)));
        (status.as_str(), Answer { media: media(answer, &at), at })
    });

    let text = |key| node.get(key).and_then(Value::as_str);
    let placed = parameters.values().map(|p| (p.place, p.name, p.schema));
    let rate_limit_key = rate_limit_key(document, placed);
    Operation {
        answers: answers.collect(),
        scopes: scopes(document, node).into_iter().map(BTreeSet::from_iter).collect(),
        experimental: node.get("x-experimental") == Some(&Value::Bool(true)),
        deprecated: node.get("deprecated") == Some(&Value::Bool(true)),
        notes: OfOperation::read(node, method),
        rate_limit_key,
        parameters: parameters.into_values().collect(),
        id: text("operationId"),
        label: String::new(),
        at,
        path,
        method,
        body,
    }
}

fn parameter<'a>(
    document: &'a Value,
    entry: &'a Value,
    at: impl FnOnce() -> String,
) -> Option<Parameter<'a>> {
    let (node, at) = resolve(document, entry, at);
    let place = node.get("in")?.as_str()?;
    let name = node.get("name")?.as_str()?;
    let shape = match (node.get("schema"), node.get("content").and_then(Value::as_object)) {
        (Some(schema), _) => shape(schema, format!("{at}/schema")),
        (None, Some(content)) => {
            let first = content.iter().find_map(|(kind, media)| Some((kind, media.get("schema")?)));
            first.map_or_else(Default::default, |(kind, schema)| {
                shape(schema, format!("{at}/content/{}/schema", escape(kind)))
            })
        }
        (None, None) => Default::default(),
    };
    Some(Parameter {
        required: place == "path" || flag(node, "required"),
        deprecated: flag(node, "deprecated"),
        notes: OfParameter::read(node),
        schema: node.get("schema").unwrap_or(&Value::Null),
        style: (node.get("style"), node.get("explode")),
        at,
        place,
        name,
        shape,
    })
}

/// The shapes of `content` by media type, without the types' own parameters (`; charset=...`).
fn media<'a>(node: &'a Value, at: &str) -> BTreeMap<String, super::model::Shape<'a>> {
    let content = node.get("content").and_then(Value::as_object).into_iter().flatten();
    content
        .map(|(kind, media)| {
            let plain = kind.split(';').next().unwrap_or(kind).trim().to_ascii_lowercase();
            let at = format!("{at}/content/{}", escape(kind));
            let shape = match media.get("schema") {
                Some(schema) => shape(schema, format!("{at}/schema")),
                None => super::model::Shape { at, ..Default::default() },
            };
            (plain, shape)
        })
        .collect()
}

/// Follows references within the document to where the thing itself stands; a loop ends where it is noticed.
fn resolve<'a>(document: &'a Value, node: &'a Value, at: impl FnOnce() -> String) -> (&'a Value, String) {
    const HOPS: usize = 16;
    let (mut node, mut place) = (node, None);
    for _ in 0..HOPS {
        let target = node.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        let Some((target, found)) = target.and_then(|target| Some((target, document.pointer(target)?)))
        else {
            break;
        };
        (node, place) = (found, Some(target.to_owned()));
    }
    (node, place.unwrap_or_else(at))
}

fn flag(node: &Value, key: &str) -> bool {
    node.get(key) == Some(&Value::Bool(true))
}

/// A key as one step of a JSON pointer.
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
