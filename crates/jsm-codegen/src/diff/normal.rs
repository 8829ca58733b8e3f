//! The normal form of schemas, in which equal meanings are equal, and what can be asked of it.
//!
//! A lone `allOf`, `oneOf` or `anyOf` is what it holds, inline parts of an `allOf` are merged, all alternatives are in
//! `one_of`, and nothing is beside a reference. How two schemas are compared is in [`super::values`].

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::mem::take;
use std::sync::LazyLock;

use serde_json::Value;

use crate::model::{Additional, JSON, Media, Parameter, Pointer, Schema};

/// Brings a schema and all inside it into the normal form.
pub(super) fn normal(mut schema: Schema<'_>) -> Schema<'_> {
    if schema.reference.is_some() {
        return Schema { reference: schema.reference, ..Schema::any(schema.place, schema.at, schema.json) };
    }
    schema.not = None;
    types(&mut schema);
    values(&mut schema);
    schema.properties = take(&mut schema.properties).into_iter().map(|(name, p)| (name, normal(p))).collect();
    schema.items = schema.items.map(|items| Box::new(normal(*items))).filter(|items| !is_any(items));
    let additional = match take(&mut schema.additional) {
        Additional::Of(inner) => Some(normal(*inner)).filter(|inner| !is_any(inner)),
        _ => None,
    };
    schema.additional = additional.map(|inner| Additional::Of(Box::new(inner))).unwrap_or_default();
    parts(&mut schema);
    alternatives(&mut schema);
    if schema.types.is_empty() {
        if schema.additional().is_some() || !schema.properties.is_empty() {
            schema.types = vec![Cow::Borrowed("object")];
        } else if schema.items.is_some() {
            schema.types = vec![Cow::Borrowed("array")];
        }
    }
    unwrap_lone(schema)
}

/// Several types are one that names them all; null makes the value nullable.
fn types(schema: &mut Schema<'_>) {
    if schema.json.get("type").is_some_and(Value::is_array) {
        let named: BTreeSet<Cow<'_, str>> = take(&mut schema.types).into_iter().collect();
        schema.nullable |= named.contains("null");
        let named: Vec<&str> = named.iter().map(|kind| &**kind).filter(|kind| *kind != "null").collect();
        schema.types =
            Some(named.join(" or ")).filter(|kind| !kind.is_empty()).map(Cow::Owned).into_iter().collect();
    }
}

/// Only texts have names in Rust: other values limit what is taken.
fn values(schema: &mut Schema<'_>) {
    let Some(values) = schema.values else { return };
    schema.nullable |= values.contains(&Value::Null);
    if values.iter().any(|value| !value.is_string() && !value.is_null()) {
        schema.limits.extend(schema.json.get("enum").map(|values| ("enum", values)));
        schema.values = None;
    }
}

/// Merges the inline parts of an `allOf`, and keeps the others.
fn parts(schema: &mut Schema<'_>) {
    let mut required = take(&mut schema.required);
    let mut kept = Vec::new();
    for part in schema.all_of.take().into_iter().flatten() {
        required.extend(&part.required);
        let part = normal(part);
        required.extend(&part.required);
        if part.reference.is_some() || !part.alternatives().is_empty() {
            kept.push(part);
        } else {
            kept.extend(merge(schema, part));
        }
    }
    schema.all_of = Some(kept);
    let mut seen = BTreeSet::new();
    required.retain(|name| schema.properties.contains_key(name) && seen.insert(*name));
    schema.required = required;
}

/// Takes in an inline part of an `allOf`, and returns the parts of that; what the schema says itself goes first.
fn merge<'a>(schema: &mut Schema<'a>, mut part: Schema<'a>) -> Vec<Schema<'a>> {
    if schema.types.is_empty() {
        schema.types = part.types;
    }
    if schema.format.is_empty() {
        schema.format = part.format;
    }
    for (name, property) in part.properties {
        schema.properties.entry(name).or_insert(property);
    }
    for (key, limit) in part.limits {
        schema.limits.entry(key).or_insert(limit);
    }
    schema.values = schema.values.or(part.values);
    schema.items = schema.items.take().or(part.items);
    if matches!(schema.additional, Additional::Unsaid) {
        schema.additional = part.additional;
    }
    schema.default = schema.default.or(part.default);
    schema.deprecated |= part.deprecated;
    schema.annotations.id = schema.annotations.id.or(part.annotations.id);
    schema.annotations.always_present.append(&mut part.annotations.always_present);
    part.all_of.unwrap_or_default()
}

/// Puts the alternatives of `oneOf` and `anyOf` together.
fn alternatives(schema: &mut Schema<'_>) {
    let written = schema.one_of.take().into_iter().chain(schema.any_of.take()).flatten();
    let (null, others): (Vec<_>, Vec<_>) = written.map(normal).partition(|one| one.kind() == "null");
    schema.nullable |= !null.is_empty();
    schema.one_of = Some(others);
}

/// One part or one alternative, and nothing beside it, is that part or alternative.
fn unwrap_lone(mut schema: Schema<'_>) -> Schema<'_> {
    let kind = schema.kind();
    let bare = (kind.is_empty() || kind == "object" && schema.alternatives().is_empty())
        && schema.properties.is_empty()
        && schema.values.is_none()
        && schema.items.is_none()
        && schema.additional().is_none()
        && schema.included().len() + schema.alternatives().len() == 1;
    if !bare {
        if schema.types.is_empty() && !schema.included().is_empty() {
            schema.types = vec![Cow::Borrowed("object")];
        }
        return schema;
    }
    let only = schema.parts().next().cloned();
    match only {
        Some(only) => Schema {
            nullable: schema.nullable || only.nullable,
            deprecated: schema.deprecated || only.deprecated,
            default: schema.default.or(only.default),
            place: schema.place,
            at: schema.at,
            ..only
        },
        None => schema,
    }
}

/// Whether nothing at all is said about a value.
fn is_any(schema: &Schema<'_>) -> bool {
    schema.reference.is_none()
        && schema.types.is_empty()
        && schema.values.is_none()
        && schema.parts().next().is_none()
}

/// A property, with what the schema around it says about it.
pub(super) struct Property<'s, 'a> {
    pub(super) schema: &'s Schema<'a>,
    pub(super) required: bool,
    /// Whether a response can be relied upon to carry it (`x-jsm-always-present`).
    always_present: bool,
}

impl Property<'_, '_> {
    /// Whether a response may lack the property, or carry null.
    pub(super) fn may_be_missing(&self) -> bool {
        !(self.required || self.always_present) || self.schema.nullable
    }

    /// Whether a request may leave the property out, or send null.
    pub(super) fn may_be_left_out(&self) -> bool {
        !self.required || self.schema.nullable
    }
}

/// What can be asked of a schema in the normal form.
impl<'a> Schema<'a> {
    /// Alternatives, of which a value is one.
    pub(super) fn alternatives(&self) -> &[Schema<'a>] {
        self.one_of.as_deref().unwrap_or_default()
    }

    /// Schemas of which a value has all properties.
    pub(super) fn included(&self) -> &[Schema<'a>] {
        self.all_of.as_deref().unwrap_or_default()
    }

    /// The property of a name.
    pub(super) fn property(&self, name: &str) -> Option<Property<'_, 'a>> {
        Some(Property {
            schema: self.properties.get(name)?,
            required: self.requires(name),
            always_present: self.annotations.always_present.contains(&name),
        })
    }

    /// The values of an enum of texts, as JSON.
    pub(super) fn listed(&self) -> Option<BTreeSet<String>> {
        let named = self.values?.iter().filter(|value| !value.is_null());
        Some(named.map(Value::to_string).collect())
    }

    /// Whether Rust code sees a struct with named fields.
    pub(super) fn is_struct(&self) -> bool {
        !self.properties.is_empty() || !self.included().is_empty()
    }

    /// Whether the Rust type is a list or a map, which reads an absent value as an empty one.
    pub(super) fn is_collection(&self) -> bool {
        let kind = self.kind();
        self.reference.is_none() && (kind == "array" || kind == "object" && !self.is_struct())
    }

    /// The format where it decides on the Rust type, spelt one way.
    pub(super) fn type_format(&self) -> &str {
        match (self.kind(), self.format) {
            ("integer", "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "uint64") => self.format,
            ("number", "float") => "float",
            ("string", "date" | "date-time" | "uuid" | "ip" | "ipv4" | "ipv6" | "binary") => self.format,
            _ => "",
        }
    }

    /// The type in a few words, without what is inside of structs.
    pub(super) fn describe(&self) -> String {
        if let Some(name) = &self.reference {
            return name.clone().into_owned();
        }
        if !self.alternatives().is_empty() {
            return self.alternatives().iter().map(Schema::describe).collect::<Vec<_>>().join(" or ");
        }
        match self.kind() {
            kind if self.annotations.id.is_some() => {
                format!("an id ({})", if kind.is_empty() { "any" } else { kind })
            }
            "" if self.values.is_some() => "an enum".to_owned(),
            "" => "any JSON".to_owned(),
            "array" => match &self.items {
                Some(items) => format!("a list of {}", items.describe()),
                None => "a list of any JSON".to_owned(),
            },
            "object" => match self.additional() {
                _ if self.is_struct() => "an object".to_owned(),
                Some(additional) => format!("a map of {}", additional.describe()),
                None => "a map of any JSON".to_owned(),
            },
            kind if self.values.is_some() => format!("an enum of {kind}"),
            kind if self.format.is_empty() => kind.to_owned(),
            kind => format!("{kind} ({})", self.format),
        }
    }
}

/// The schema of any JSON, for what has none.
static ANY: LazyLock<Schema<'static>> =
    LazyLock::new(|| Schema::any(String::new(), Pointer::root(), &Value::Null));

/// The schema of a parameter.
pub(super) fn of_parameter<'s, 'a>(parameter: &'s Parameter<'a>) -> &'s Schema<'a> {
    parameter.schema.as_ref().unwrap_or(&ANY)
}

/// The schema of a body in a media type, if there is one.
pub(super) fn of_media<'s, 'a>(content: &'s [Media<'a>], name: &str) -> Option<&'s Schema<'a>> {
    content.iter().find(|media| media.name == name).map(|media| media.schema.as_ref().unwrap_or(&ANY))
}

/// The JSON of a body, or what there is in its place.
pub(super) fn json_or_other<'s, 'a>(content: &'s [Media<'a>]) -> Option<&'s Schema<'a>> {
    of_media(content, JSON).or_else(|| of_media(content, &content.first()?.name))
}
