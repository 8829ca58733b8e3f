//! Schemas as they are written: one struct for components, properties, and the schemas of parameters and bodies.
//!
//! References are kept by name and never followed here, so that a schema which holds itself is read like any other;
//! [`super::Document::resolve`] follows them. The form in which equal meanings are equal is made by `diff`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::annotations::{self, SchemaAnnotations};
use super::node::{flag, list, object, text, texts};
use super::pointer::Pointer;
use super::problems::Problems;

/// How many schemas within schemas are read; what is deeper counts as any JSON.
const DEEPEST: usize = 100;

/// What leads to a schema among the components.
pub(crate) const SCHEMAS: &str = "#/components/schemas/";

/// Keywords that limit which values are taken.
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

/// One schema.
#[derive(Clone, Debug)]
pub(crate) struct Schema<'a> {
    /// Where it is, for people: `User.name`, `GET /user, 200`.
    pub(crate) place: String,
    pub(crate) at: Pointer,
    /// The node that it was read from.
    pub(crate) json: &'a Value,
    /// The component it refers to by name, or the text of a reference that leads elsewhere.
    pub(crate) reference: Option<Cow<'a, str>>,
    /// `string`, `integer`, `array`, ...: one in a valid document, none where any JSON will do.
    pub(crate) types: Vec<Cow<'a, str>>,
    pub(crate) format: &'a str,
    pub(crate) description: &'a str,
    pub(crate) nullable: bool,
    pub(crate) deprecated: bool,
    /// The values of an enum.
    pub(crate) values: Option<&'a [Value]>,
    pub(crate) properties: BTreeMap<&'a str, Schema<'a>>,
    /// The required properties in the order in which they are listed.
    pub(crate) required: Vec<&'a str>,
    pub(crate) items: Option<Box<Schema<'a>>>,
    pub(crate) additional: Additional<'a>,
    pub(crate) not: Option<Box<Schema<'a>>>,
    pub(crate) all_of: Option<Vec<Schema<'a>>>,
    pub(crate) one_of: Option<Vec<Schema<'a>>>,
    pub(crate) any_of: Option<Vec<Schema<'a>>>,
    pub(crate) default: Option<&'a Value>,
    pub(crate) limits: BTreeMap<&'static str, &'a Value>,
    pub(crate) annotations: SchemaAnnotations<'a>,
    /// Annotations that could not be read.
    pub(crate) unread: BTreeMap<&'a str, &'a Value>,
}

/// What properties without a name may be.
#[derive(Clone, Debug, Default)]
pub(crate) enum Additional<'a> {
    #[default]
    Unsaid,
    Allowed,
    Forbidden,
    Of(Box<Schema<'a>>),
}

impl<'a> Schema<'a> {
    /// The schema of any JSON.
    pub(crate) fn any(place: String, at: Pointer, json: &'a Value) -> Self {
        Schema {
            place,
            at,
            json,
            reference: None,
            types: Vec::new(),
            format: "",
            description: "",
            nullable: false,
            deprecated: false,
            values: None,
            properties: BTreeMap::new(),
            required: Vec::new(),
            items: None,
            additional: Additional::Unsaid,
            not: None,
            all_of: None,
            one_of: None,
            any_of: None,
            default: None,
            limits: BTreeMap::new(),
            annotations: SchemaAnnotations::default(),
            unread: BTreeMap::new(),
        }
    }

    /// Reads a schema and everything inside it.
    pub(super) fn read(json: &'a Value, place: String, at: Pointer, problems: &mut Problems) -> Self {
        read(json, place, at, 0, problems)
    }

    /// The only type; empty where there is none or several.
    pub(crate) fn kind(&self) -> &str {
        match self.types.as_slice() {
            [only] => only,
            _ => "",
        }
    }

    /// Whether an object of this schema has to have the property.
    pub(crate) fn requires(&self, property: &str) -> bool {
        self.required.contains(&property)
    }

    /// The alternatives and parts, in the order in which a reader tries them.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Schema<'a>> {
        [&self.all_of, &self.one_of, &self.any_of].into_iter().flatten().flatten()
    }

    /// The schema of properties without a name, where there is one.
    pub(crate) fn additional(&self) -> Option<&Schema<'a>> {
        match &self.additional {
            Additional::Of(schema) => Some(schema),
            _ => None,
        }
    }

    /// Why it should not be used any more, where the document marks it as deprecated.
    pub(crate) fn deprecation(&self) -> Option<&'a str> {
        deprecation(self.deprecated, self.annotations.deprecated)
    }

    /// The component of the items, where the schema is a page.
    pub(crate) fn page_item(&self) -> Option<&str> {
        let items = self.properties.get(self.annotations.page?)?.items.as_ref()?;
        items.json.get("$ref")?.as_str()?.starts_with(SCHEMAS).then_some(())?;
        items.reference.as_deref()
    }

    /// The schemas directly inside.
    pub(crate) fn inside(&self) -> impl Iterator<Item = &Schema<'a>> {
        let lists = self.items.as_deref().into_iter().chain(self.additional()).chain(self.not.as_deref());
        self.properties.values().chain(lists).chain(self.parts())
    }

    /// The schema and every one inside it.
    pub(crate) fn each<'s>(&'s self, visit: &mut dyn FnMut(&'s Schema<'a>)) {
        visit(self);
        self.inside().for_each(|inner| inner.each(visit));
    }
}

/// The reason of a deprecation; a default one where the document gives none.
pub(super) fn deprecation(deprecated: bool, reason: Option<&str>) -> Option<&str> {
    deprecated.then(|| reason.unwrap_or("deprecated in the documented API"))
}

/// The name of the component that a reference leads to, or the reference as it is written.
fn component(target: &str) -> Cow<'_, str> {
    match target.strip_prefix(SCHEMAS) {
        Some(name) if name.contains('~') => Cow::Owned(name.replace("~1", "/").replace("~0", "~")),
        Some(name) => Cow::Borrowed(name),
        None => Cow::Borrowed(target),
    }
}

fn read<'a>(
    json: &'a Value,
    place: String,
    at: Pointer,
    depth: usize,
    problems: &mut Problems,
) -> Schema<'a> {
    let mut schema = Schema::any(place, at, json);
    if !json.is_object() {
        return schema;
    }
    if depth == DEEPEST {
        problems.add(&schema.place, format!("more than {DEEPEST} schemas are within each other"), FLATTEN);
        return schema;
    }
    let (annotations, unread) = annotations::read(json);
    schema.annotations = annotations;
    schema.unread = problems.unread(&schema.place, unread);
    if let Some(Value::String(target)) = json.get("$ref") {
        schema.reference = Some(component(target));
    }
    own(&mut schema, json);

    let Schema { place, at, .. } = &schema;
    let mut within = |json: &'a Value, place: String, at: Pointer| read(json, place, at, depth + 1, problems);
    let mut one = |key: &str| {
        let inner = json.get(key).filter(|inner| inner.is_object())?;
        Some(Box::new(within(inner, place.clone(), at.join(key))))
    };
    let (not, additional) = (one("not"), one("additionalProperties"));
    let items = json.get("items").map(|items| Box::new(within(items, place.clone(), at.join("items"))));
    let mut many = |key: &str| {
        json.get(key)?;
        let parts = list(json, key).enumerate();
        Some(
            parts
                .map(|(index, part)| within(part, place.clone(), at.join(key).item(index)))
                .collect::<Vec<_>>(),
        )
    };
    let (all_of, one_of, any_of) = (many("allOf"), many("oneOf"), many("anyOf"));
    let properties = object(json, "properties").map(|(name, property)| {
        (name, within(property, format!("{place}.{name}"), at.join("properties").join(name)))
    });
    let properties = properties.collect();
    let additional = match (additional, json.get("additionalProperties")) {
        (Some(of), _) => Additional::Of(of),
        (None, Some(Value::Bool(false))) => Additional::Forbidden,
        (None, Some(_)) => Additional::Allowed,
        (None, None) => Additional::Unsaid,
    };
    Schema { not, items, additional, all_of, one_of, any_of, properties, ..schema }
}

/// How to fix schemas that are nested too deeply.
const FLATTEN: &str = "make one of them a component in generator.yaml";

/// What the schema says itself, apart from the schemas inside it.
fn own<'a>(schema: &mut Schema<'a>, json: &'a Value) {
    schema.types = match json.get("type") {
        None => Vec::new(),
        Some(Value::String(kind)) => vec![Cow::Borrowed(kind.as_str())],
        Some(Value::Array(kinds)) => kinds.iter().map(type_name).collect(),
        Some(other) => vec![type_name(other)],
    };
    schema.format = text(json, "format");
    schema.description = text(json, "description");
    schema.nullable = flag(json, "nullable");
    schema.deprecated = flag(json, "deprecated");
    schema.values = json.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    schema.required = texts(json, "required").collect();
    schema.default = json.get("default");
    let limits = LIMITS.iter().filter_map(|key| Some((*key, json.get(*key)?)));
    schema.limits = limits.filter(|(_, limit)| **limit != Value::Bool(false)).collect();
}

fn type_name(kind: &Value) -> Cow<'_, str> {
    match kind {
        Value::String(name) => Cow::Borrowed(name.as_str()),
        other => Cow::Owned(other.to_string()),
    }
}
