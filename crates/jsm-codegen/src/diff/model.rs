//! What a program can notice of a document: operations, their parameters, bodies and answers, and shapes of values.
//!
//! Titles, descriptions and examples have no place in it, so they can never be told as changes. How a document is
//! read into it stands in [`super::read`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::annotations::{OfDocument, OfOperation, OfParameter, OfSchema};

/// The interface that a document describes, ready to be compared.
#[derive(Debug, Default)]
pub struct Interface<'a> {
    /// Whether the document carries our annotations, as effective documents do.
    ///
    /// Between an annotated document and one that is not, the annotations are no news.
    pub(super) annotated: bool,
    pub(super) notes: OfDocument<'a>,
    pub(super) operations: Vec<Operation<'a>>,
    pub(super) schemas: BTreeMap<&'a str, Shape<'a>>,
}

/// One method on one path.
#[derive(Debug, Default)]
pub(super) struct Operation<'a> {
    /// JSON pointer.
    pub(super) at: String,
    pub(super) path: &'a str,
    pub(super) method: &'a str,
    pub(super) id: Option<&'a str>,
    /// What entries call it: the operationId where that is unique, else method and path.
    pub(super) label: String,
    pub(super) parameters: Vec<Parameter<'a>>,
    pub(super) body: Option<Body<'a>>,
    pub(super) answers: BTreeMap<&'a str, Answer<'a>>,
    /// Sets of scopes, each of which suffices.
    pub(super) scopes: BTreeSet<BTreeSet<&'a str>>,
    pub(super) experimental: bool,
    pub(super) deprecated: bool,
    pub(super) notes: OfOperation<'a>,
    /// The path parameter that the server counts writes by.
    pub(super) rate_limit_key: Option<&'a str>,
}

#[derive(Debug)]
pub(super) struct Parameter<'a> {
    pub(super) at: String,
    pub(super) place: &'a str,
    pub(super) name: &'a str,
    pub(super) required: bool,
    pub(super) deprecated: bool,
    pub(super) notes: OfParameter,
    /// The schema as it is written.
    pub(super) schema: &'a Value,
    /// `style` and `explode` as they are written.
    pub(super) style: (Option<&'a Value>, Option<&'a Value>),
    pub(super) shape: Shape<'a>,
}

#[derive(Debug)]
pub(super) struct Body<'a> {
    pub(super) at: String,
    pub(super) required: bool,
    pub(super) media: BTreeMap<String, Shape<'a>>,
}

#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) at: String,
    pub(super) media: BTreeMap<String, Shape<'a>>,
}

/// The shape of a value: a schema in a form in which equal meanings are equal.
///
/// A lone `allOf`, `oneOf` or `anyOf` is what it holds, inline parts of an `allOf` are merged, and nothing stands
/// beside a reference but whether the value may be null.
#[derive(Debug, Default)]
pub(super) struct Shape<'a> {
    pub(super) at: String,
    /// The component it refers to, or the raw text of a reference that leads elsewhere.
    pub(super) reference: Option<Cow<'a, str>>,
    /// `string`, `integer`, `array`, ...; empty where any JSON will do.
    pub(super) kind: Cow<'a, str>,
    pub(super) format: &'a str,
    pub(super) nullable: bool,
    pub(super) deprecated: bool,
    /// The values of an enum as JSON text, with their positions.
    pub(super) values: Option<BTreeMap<String, usize>>,
    pub(super) properties: BTreeMap<&'a str, Property<'a>>,
    /// The required properties in the order in which they are listed, each once.
    pub(super) required: Vec<&'a str>,
    pub(super) items: Option<Box<Shape<'a>>>,
    /// The values of properties that have no name.
    pub(super) extra: Option<Box<Shape<'a>>>,
    /// Alternatives: `oneOf`, `anyOf`.
    pub(super) variants: Vec<Shape<'a>>,
    /// Schemas that are included: `allOf` of more than one.
    pub(super) parts: Vec<Shape<'a>>,
    pub(super) default: Option<&'a Value>,
    pub(super) limits: BTreeMap<&'static str, &'a Value>,
    pub(super) notes: OfSchema<'a>,
}

#[derive(Debug, Default)]
pub(super) struct Property<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) required: bool,
    /// Whether answers can be relied upon to carry it (`x-jsm-always-present`).
    pub(super) always: bool,
}

impl Interface<'_> {
    /// How many operations and schemas there are.
    pub fn size(&self) -> (usize, usize) {
        (self.operations.len(), self.schemas.len())
    }
}

impl Operation<'_> {
    /// Method and path, as one writes a request.
    pub(super) fn request(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The path without the names of its parameters, which no server sees.
    pub(super) fn template(&self) -> String {
        let mut pieces = self.path.split('{');
        let mut template = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            template.push_str("{}");
            template.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
        }
        template
    }

    /// The names of the path's parameters, in order.
    pub(super) fn steps(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|piece| Some(piece.split_once('}')?.0))
    }
}

impl<'a> Property<'a> {
    /// Whether an answer may lack the property, or carry null.
    pub(super) fn may_be_missing(&self) -> bool {
        !(self.required || self.always) || self.shape.nullable
    }

    /// Whether a request may leave the property out, or send null.
    pub(super) fn may_be_left_out(&self) -> bool {
        !self.required || self.shape.nullable
    }
}

impl<'a> Shape<'a> {
    /// Whether Rust code sees a struct with named fields.
    pub(super) fn is_struct(&self) -> bool {
        !self.properties.is_empty() || !self.parts.is_empty()
    }

    /// Whether the Rust type is a list or a map, which reads an absent value as an empty one.
    pub(super) fn is_collection(&self) -> bool {
        self.reference.is_none() && (self.kind == "array" || self.kind == "object" && !self.is_struct())
    }

    /// Whether a value of this shape cannot be made without being given something.
    pub(super) fn demands(&self) -> bool {
        self.properties.values().any(|property| property.required)
    }

    /// The format where it decides on the Rust type, spelt one way.
    pub(super) fn telling_format(&self) -> &str {
        match (&*self.kind, self.format) {
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
        if !self.variants.is_empty() {
            return self.variants.iter().map(Shape::describe).collect::<Vec<_>>().join(" or ");
        }
        let with_format = |what: &str| {
            if self.format.is_empty() { what.to_owned() } else { format!("{what} ({})", self.format) }
        };
        match &*self.kind {
            _ if self.notes.id.is_some() => {
                format!("an id ({})", if self.kind.is_empty() { "any" } else { &*self.kind })
            }
            "" if self.values.is_some() => "an enum".to_owned(),
            "" => "any JSON".to_owned(),
            "array" => match &self.items {
                Some(items) => format!("a list of {}", items.describe()),
                None => "a list of any JSON".to_owned(),
            },
            "object" => match &self.extra {
                _ if self.is_struct() => "an object".to_owned(),
                Some(extra) => format!("a map of {}", extra.describe()),
                None => "a map of any JSON".to_owned(),
            },
            kind if self.values.is_some() => format!("an enum of {kind}"),
            kind => with_format(kind),
        }
    }

    /// The shapes directly inside.
    pub(super) fn inside(&self) -> impl Iterator<Item = &Shape<'a>> {
        let named = self.properties.values().map(|property| &property.shape);
        named
            .chain(self.items.as_deref())
            .chain(self.extra.as_deref())
            .chain(&self.variants)
            .chain(&self.parts)
    }
}
