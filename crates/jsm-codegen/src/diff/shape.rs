//! Reading one schema into its [`Shape`], in which equal meanings are equal.
//!
//! References are noted, never followed, so a schema that contains itself is read like any other. What the shapes of
//! two documents have to do with each other is told in [`super::values`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::model::{Property, Shape};
use super::read::escape;
use crate::annotations::OfSchema;
use crate::emit::facts::LIMITS;

/// How many schemas within schemas are read; what lies deeper counts as any JSON.
const DEEPEST: usize = 100;

/// Reads the schema that stands at a JSON pointer.
pub(super) fn shape(node: &Value, at: String) -> Shape<'_> {
    within(node, at, 0)
}

fn within(node: &Value, at: String, depth: usize) -> Shape<'_> {
    let notes = OfSchema::read(node);
    let Value::Object(map) = node else { return Shape { at, ..Shape::default() } };
    if depth == DEEPEST {
        return Shape { at, ..Shape::default() };
    }
    if let Some(Value::String(target)) = map.get("$ref") {
        return Shape { at, reference: Some(component(target)), ..Shape::default() };
    }
    let mut shape = own(map, notes, &at, depth);
    let list = |key| map.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();

    let mut required: Vec<&str> = required(map).collect();
    for (position, part) in list("allOf") {
        if let Value::Object(part) = part {
            required.extend(self::required(part));
        }
        let part = within(part, format!("{at}/allOf/{position}"), depth + 1);
        required.extend(&part.required);
        if part.reference.is_some() || !part.variants.is_empty() {
            shape.parts.push(part);
        } else {
            merge(&mut shape, part);
        }
    }
    for name in required {
        if let Some(property) = shape.properties.get_mut(name)
            && !property.required
        {
            property.required = true;
            shape.required.push(name);
        }
    }

    for key in ["oneOf", "anyOf"] {
        for (position, variant) in list(key) {
            let variant = within(variant, format!("{at}/{key}/{position}"), depth + 1);
            if variant.kind == "null" {
                shape.nullable = true;
            } else {
                shape.variants.push(variant);
            }
        }
    }

    if shape.kind.is_empty() {
        shape.kind = match (&shape.items, &shape.extra) {
            (_, extra) if extra.is_some() || !shape.properties.is_empty() => Cow::Borrowed("object"),
            (Some(_), _) => Cow::Borrowed("array"),
            (None, _) => shape.kind,
        };
    }
    unwrap_lone(shape)
}

/// What the schema says itself, apart from the schemas that it is composed of.
fn own<'a>(map: &'a Map<String, Value>, notes: OfSchema<'a>, at: &str, depth: usize) -> Shape<'a> {
    let text = |key| map.get(key).and_then(Value::as_str).unwrap_or_default();
    let flag = |key| map.get(key) == Some(&Value::Bool(true));
    let mut shape = Shape {
        format: text("format"),
        nullable: flag("nullable"),
        deprecated: flag("deprecated"),
        default: map.get("default"),
        limits: LIMITS
            .iter()
            .filter_map(|key| Some((*key, map.get(*key).filter(|limit| **limit != Value::Bool(false))?)))
            .collect(),
        ..Shape::default()
    };
    match map.get("type") {
        Some(Value::String(kind)) => shape.kind = Cow::Borrowed(kind),
        Some(Value::Array(kinds)) => {
            let named: BTreeSet<&str> = kinds.iter().filter_map(Value::as_str).collect();
            shape.nullable |= named.contains("null");
            let named: Vec<&str> = named.into_iter().filter(|kind| *kind != "null").collect();
            shape.kind = Cow::Owned(named.join(" or "));
        }
        _ => {}
    }
    if let Some(listed @ Value::Array(values)) = map.get("enum") {
        shape.nullable |= values.contains(&Value::Null);
        // Only texts have names in Rust.
        if values.iter().any(|value| !value.is_string() && !value.is_null()) {
            shape.limits.insert("enum", listed);
        } else {
            let named = values.iter().enumerate().filter(|(_, value)| !value.is_null());
            shape.values = Some(named.map(|(position, value)| (value.to_string(), position)).collect());
        }
    }
    if let Some(Value::Object(properties)) = map.get("properties") {
        shape.properties = properties
            .iter()
            .map(|(name, node)| {
                let inner = within(node, format!("{at}/properties/{}", escape(name)), depth + 1);
                let always = notes.always.contains(&name.as_str());
                (name.as_str(), Property { shape: inner, required: false, always })
            })
            .collect::<BTreeMap<_, _>>();
    }
    let inner = |key: &str| {
        let inner = within(map.get(key)?, format!("{at}/{key}"), depth + 1);
        (!is_any(&inner)).then(|| Box::new(inner))
    };
    shape.items = inner("items");
    shape.extra = inner("additionalProperties");
    shape.at = at.to_owned();
    shape.notes = notes;
    shape
}

/// Takes in an inline part of an `allOf`; what the schema says itself goes first.
fn merge<'a>(shape: &mut Shape<'a>, part: Shape<'a>) {
    if shape.kind.is_empty() {
        shape.kind = part.kind;
    }
    if shape.format.is_empty() {
        shape.format = part.format;
    }
    for (name, mut property) in part.properties {
        property.required = false;
        shape.properties.entry(name).or_insert(property);
    }
    for (key, limit) in part.limits {
        shape.limits.entry(key).or_insert(limit);
    }
    shape.parts.extend(part.parts);
    shape.values = shape.values.take().or(part.values);
    shape.items = shape.items.take().or(part.items);
    shape.extra = shape.extra.take().or(part.extra);
    shape.default = shape.default.or(part.default);
    shape.deprecated |= part.deprecated;
    shape.notes.id = shape.notes.id.or(part.notes.id);
}

/// One part or one variant, and nothing beside it, is that part or variant.
fn unwrap_lone(mut shape: Shape<'_>) -> Shape<'_> {
    let bare = (shape.kind.is_empty() || shape.kind == "object" && shape.variants.is_empty())
        && shape.properties.is_empty()
        && shape.values.is_none()
        && shape.items.is_none()
        && shape.extra.is_none()
        && shape.parts.len() + shape.variants.len() == 1;
    if !bare {
        if shape.kind.is_empty() && !shape.parts.is_empty() {
            shape.kind = Cow::Borrowed("object");
        }
        return shape;
    }
    match shape.parts.pop().or_else(|| shape.variants.pop()) {
        Some(only) => Shape {
            nullable: shape.nullable || only.nullable,
            deprecated: shape.deprecated || only.deprecated,
            default: shape.default.or(only.default),
            at: shape.at,
            ..only
        },
        None => shape,
    }
}

/// Whether nothing at all is said of a value.
fn is_any(shape: &Shape) -> bool {
    shape.reference.is_none()
        && shape.kind.is_empty()
        && shape.values.is_none()
        && shape.variants.is_empty()
        && shape.parts.is_empty()
}

/// The component's name where a reference leads to a schema of this document, else the reference as it is written.
fn component(target: &str) -> Cow<'_, str> {
    match target.strip_prefix("#/components/schemas/") {
        Some(name) if name.contains('~') => Cow::Owned(name.replace("~1", "/").replace("~0", "~")),
        Some(name) => Cow::Borrowed(name),
        None => Cow::Borrowed(target),
    }
}

fn required(map: &Map<String, Value>) -> impl Iterator<Item = &str> {
    texts(map.get("required"))
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
