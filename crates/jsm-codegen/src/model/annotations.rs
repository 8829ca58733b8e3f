//! The annotations of `openapi/README.md`: one struct for each scope, read once.
//!
//! A name or a type that the struct of a scope does not have is reported by the reader. Whether what an annotation
//! names is in the document is checked by `lint`, and by the code that emits it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// What every annotation begins with.
pub(crate) const PREFIX: &str = "x-jsm-";

/// An annotation that may be on anything: it says where a fact comes from, and is no part of an interface.
const INFERRED: &str = "inferred";

/// Annotations of an operation.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct OperationAnnotations<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) group: Option<&'a str>,
    /// The form field that carries files.
    pub(crate) multipart: Option<&'a str>,
    /// Statuses above 299 whose bodies are responses, not errors.
    pub(crate) response_statuses: Vec<u16>,
    pub(crate) opt_in: Option<OptIn>,
    #[serde(borrow)]
    pub(crate) pagination: Option<PaginationAnnotation<'a>>,
    pub(crate) idempotent: Option<bool>,
    /// Requests per second.
    pub(crate) rate_limit: Option<u32>,
    /// How many entries one call takes at most.
    pub(crate) batch_limit: Option<u32>,
    #[serde(borrow)]
    pub(crate) batch: Option<Batch<'a>>,
}

/// When the header goes out that opts in to experimental operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OptIn {
    /// Always, whether the program opted in or not.
    Always,
}

/// How an operation is paginated, or that it is not although it looks so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaginationAnnotation<'a> {
    Exempt,
    Paginated(Pagination<'a>),
}

/// How an operation is paginated: query parameters and properties of the response by the part they play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Pagination<'a> {
    pub(crate) style: PaginationStyle,
    pub(crate) start: Option<&'a str>,
    pub(crate) page: Option<&'a str>,
    pub(crate) cursor: Option<&'a str>,
    pub(crate) limit: Option<&'a str>,
    pub(crate) items: Option<&'a str>,
    pub(crate) last: Option<&'a str>,
    pub(crate) next: Option<&'a str>,
    pub(crate) response_start: Option<&'a str>,
    pub(crate) response_limit: Option<&'a str>,
}

/// What a position in the pages is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PaginationStyle {
    Offset,
    Number,
    Cursor,
    LinkCursor,
}

/// Which list of a body can be sent in batches, because its length is limited or can be large.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Batch<'a> {
    /// The list; without a name the body itself is the list.
    pub(crate) items: Option<&'a str>,
    /// A second list, which names the same things in another way and is sent in batches of its own.
    pub(crate) other: Option<&'a str>,
    /// The properties by which a server can name an entry in its response, as paths such as `payload/email`.
    #[serde(borrow)]
    pub(crate) entry_ids: Vec<&'a str>,
    /// The list inside an entry whose length counts.
    pub(crate) entry_size: Option<&'a str>,
    /// The header that makes sending a batch again harmless.
    pub(crate) idempotency_key: Option<&'a str>,
    /// The list of what was found, in the response.
    pub(crate) response: Option<&'a str>,
    /// The property of what was found that it was asked for by.
    pub(crate) id: Option<&'a str>,
}

/// Annotations of a schema, or of a property, which is one.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct SchemaAnnotations<'a> {
    pub(crate) name: Option<&'a str>,
    /// The property with the items, where the schema is a page.
    pub(crate) page: Option<&'a str>,
    #[serde(borrow)]
    pub(crate) id: Option<Id<'a>>,
    /// Properties that read as their empty value where they are missing.
    #[serde(borrow)]
    pub(crate) always_present: Vec<&'a str>,
    /// Other names under which servers send the property.
    #[serde(borrow)]
    pub(crate) alias: Vec<&'a str>,
    /// Why the property should not be used any more.
    pub(crate) deprecated: Option<&'a str>,
    #[serde(borrow)]
    pub(crate) date: Option<Date<'a>>,
    /// The property with the milliseconds, where the schema is a length of time.
    pub(crate) duration: Option<&'a str>,
    #[serde(borrow)]
    pub(crate) sla_cycle: Option<SlaCycle<'a>>,
    #[serde(borrow)]
    pub(crate) sla_cycles: Option<SlaCycles<'a>>,
    #[serde(borrow)]
    pub(crate) field: Option<Field<'a>>,
    #[serde(borrow)]
    pub(crate) field_values: Option<FieldValues<'a>>,
    #[serde(borrow)]
    pub(crate) linked_id: Option<LinkedId<'a>>,
    #[serde(borrow)]
    pub(crate) same_id: Option<SameId<'a>>,
    /// What the values of an enum mean.
    #[serde(borrow)]
    pub(crate) enum_docs: BTreeMap<&'a str, &'a str>,
    /// Whether the server limits the rate of writes by this id.
    pub(crate) rate_limit_key: bool,
}

/// An id type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id<'a> {
    /// An id of its own.
    Own,
    /// The numeric form of another.
    NumberOf(&'a str),
}

/// A moment, as the number of milliseconds and as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Date<'a> {
    pub(crate) millis: &'a str,
    pub(crate) text: &'a str,
}

/// A cycle of an SLA: whether its goal was missed, and its lengths of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaCycle<'a> {
    pub(crate) breached: &'a str,
    pub(crate) goal: &'a str,
    pub(crate) elapsed: &'a str,
    pub(crate) remaining: &'a str,
}

/// The cycles of an SLA: the list of those that have ended, and the one that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaCycles<'a> {
    pub(crate) ended: &'a str,
    pub(crate) running: &'a str,
}

/// A field that values can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    /// What it takes.
    #[serde(borrow)]
    pub(crate) schema: FieldSchema<'a>,
    /// The values to choose from.
    #[serde(borrow)]
    pub(crate) options: FieldOptions<'a>,
}

/// The property with the type of a field, and the properties inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldSchema<'a> {
    pub(crate) property: &'a str,
    #[serde(rename = "type")]
    pub(crate) schema_type: &'a str,
    pub(crate) items: &'a str,
    pub(crate) system: &'a str,
    pub(crate) custom: &'a str,
}

/// The property with the options of a field, and the properties of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldOptions<'a> {
    pub(crate) property: &'a str,
    pub(crate) value: &'a str,
    pub(crate) label: &'a str,
    pub(crate) children: &'a str,
}

/// Where the values of fields are: a map by id, or a list whose entries have these properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldValues<'a> {
    pub(crate) property: &'a str,
    #[serde(borrow)]
    pub(crate) entry: Option<FieldEntry<'a>>,
}

/// An entry of a list of values of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldEntry<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    pub(crate) value: &'a str,
}

/// An id that only links carry.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkedId<'a> {
    /// The id type.
    pub(crate) id: &'a str,
    /// The property with the links.
    pub(crate) links: &'a str,
    /// The links, the first with a number counts.
    #[serde(borrow)]
    pub(crate) from: Vec<&'a str>,
    /// The word in front of the number.
    pub(crate) behind: &'a str,
}

/// The id of another API that names the same things, written as `<api>/<schema>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SameId<'a> {
    pub(crate) api: &'a str,
    pub(crate) schema: &'a str,
}

impl<'de: 'a, 'a> Deserialize<'de> for SameId<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'a str>::deserialize(deserializer)?;
        let parts = text.split_once('/');
        let parts = parts.ok_or_else(|| serde::de::Error::custom("expected <api>/<schema>"))?;
        Ok(Self { api: parts.0, schema: parts.1 })
    }
}

/// Annotations of a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct ParameterAnnotations<'a> {
    /// Whether it has to be a number, or each of its entries, although its type takes any text.
    pub(crate) number: bool,
    /// Why it should not be used any more.
    pub(crate) deprecated: Option<&'a str>,
}

/// Annotations of the document as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct DocumentAnnotations<'a> {
    #[serde(borrow)]
    pub(crate) base: Base<'a>,
    /// What the addresses of the API's reference pages begin with.
    pub(crate) docs: Option<&'a str>,
    /// Suffixes of schema names that Rust names do without; `effective` applies and removes it.
    #[serde(borrow)]
    pub(crate) strip_suffixes: Vec<&'a str>,
    /// The names of schemas in the pinned document, by their names here where those differ; `effective` adds it.
    #[serde(borrow)]
    pub(crate) pinned_names: BTreeMap<&'a str, &'a str>,
    /// Requests per second that each operation takes, by method in small letters.
    #[serde(borrow)]
    pub(crate) rate_limits: BTreeMap<&'a str, u32>,
    /// How many writes in how many seconds are taken for one id with `x-jsm-rate-limit-key`.
    pub(crate) write_rate_limits: Vec<WriteRateLimit>,
}

/// The path of an API below a site and below the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Base<'a> {
    pub(crate) site: Option<&'a str>,
    pub(crate) gateway: Option<&'a str>,
}

/// How many writes are taken in how many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteRateLimit {
    pub(crate) writes: u32,
    pub(crate) seconds: u32,
}

/// The scopes that have no annotations: paths, bodies, responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoAnnotations {}

/// Annotations of a node that its struct does not have, or has with another type: key, value, and what is wrong.
pub(crate) type Unread<'a> = Vec<(&'a str, &'a Value, String)>;

/// Reads the annotations of one node, and returns beside them what could not be read.
pub(crate) fn read<'a, T: Deserialize<'a> + Default>(node: &'a Value) -> (T, Unread<'a>) {
    let entries = node.as_object().into_iter().flatten();
    let ours = entries.filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?, value)));
    let ours: Vec<(&str, &Value)> = ours.filter(|(key, _)| *key != INFERRED).collect();
    let all =
        |entries: &[(&'a str, &'a Value)]| T::deserialize(MapDeserializer::new(entries.iter().copied()));
    if ours.is_empty() {
        return (T::default(), Vec::new());
    }
    if let Ok(read) = all(&ours) {
        return (read, Vec::new());
    }
    let (mut kept, mut unread) = (Vec::new(), Vec::new());
    for (key, value) in ours {
        match all(&[(key, value)]) {
            Ok(_) => kept.push((key, value)),
            Err(error) => unread.push((key, value, error.to_string())),
        }
    }
    (all(&kept).unwrap_or_default(), unread)
}

impl<'a> Pagination<'a> {
    /// The query parameters by the part they play.
    pub(crate) fn parameters(&self) -> [(&'static str, Option<&'a str>); 4] {
        [("start", self.start), ("page", self.page), ("cursor", self.cursor), ("limit", self.limit)]
    }

    /// The properties of the response by the part they play.
    pub(crate) fn properties(&self) -> [(&'static str, Option<&'a str>); 5] {
        [
            ("items", self.items),
            ("last", self.last),
            ("next", self.next),
            ("response-start", self.response_start),
            ("response-limit", self.response_limit),
        ]
    }

    /// The query parameter that carries a position.
    pub(crate) fn position(&self) -> (&'static str, Option<&'a str>) {
        match self.style {
            PaginationStyle::Offset => ("start", self.start),
            PaginationStyle::Number => ("page", self.page),
            PaginationStyle::Cursor | PaginationStyle::LinkCursor => ("cursor", self.cursor),
        }
    }
}

impl fmt::Display for Pagination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.style {
            PaginationStyle::Offset => "by offset",
            PaginationStyle::Number => "by page number",
            PaginationStyle::Cursor => "by cursor",
            PaginationStyle::LinkCursor => "by cursor in a link",
        })?;
        named(f, self.parameters().into_iter().chain(self.properties()))
    }
}

impl fmt::Display for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.items.unwrap_or("the body"))?;
        let entry_ids = (!self.entry_ids.is_empty()).then(|| self.entry_ids.join(" "));
        let parts = [
            ("other", self.other),
            ("entry-ids", entry_ids.as_deref()),
            ("entry-size", self.entry_size),
            ("idempotency-key", self.idempotency_key),
            ("response", self.response),
            ("id", self.id),
        ];
        named(f, parts.into_iter())
    }
}

/// Writes the parts that have a name, in brackets.
fn named<'a>(
    f: &mut fmt::Formatter<'_>,
    parts: impl Iterator<Item = (&'static str, Option<&'a str>)>,
) -> fmt::Result {
    let parts: Vec<String> = parts.filter_map(|(part, name)| Some(format!("{part} {}", name?))).collect();
    if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
}

impl<'de: 'a, 'a> Deserialize<'de> for PaginationAnnotation<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = PaginationAnnotation<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"none\" or an object with a style")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "none" => Ok(PaginationAnnotation::Exempt),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
                Pagination::deserialize(MapAccessDeserializer::new(map)).map(PaginationAnnotation::Paginated)
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Id<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, or the name of the id type whose numeric form it is")
            }
            fn visit_bool<E: serde::de::Error>(self, own: bool) -> Result<Self::Value, E> {
                match own {
                    true => Ok(Id::Own),
                    false => Err(E::invalid_value(serde::de::Unexpected::Bool(false), &self)),
                }
            }
            fn visit_borrowed_str<E: serde::de::Error>(self, id: &'de str) -> Result<Self::Value, E> {
                Ok(Id::NumberOf(id))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_left_out_and_named() {
        let node = json!({
            "x-jsm-name": "GetUsers", "x-jsm-idempotent": "yes", "x-jsm-colour": 1, "x-jsm-inferred": "a guess",
            "x-jsm-pagination": {"style": "offset", "start": "from", "limit": "size"}, "operationId": "getUsers",
        });
        let (read, unread) = super::read::<OperationAnnotations<'_>>(&node);
        assert_eq!((read.name, read.idempotent), (Some("GetUsers"), None));
        let Some(PaginationAnnotation::Paginated(pagination)) = read.pagination else { panic!("{read:?}") };
        assert_eq!(pagination.to_string(), "by offset (start from, limit size)");
        let unread: Vec<(&str, &str)> = unread.iter().map(|(key, _, why)| (*key, why.as_str())).collect();
        assert_eq!(unread.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["colour", "idempotent"]);
        assert!(unread[0].1.starts_with("unknown field `colour`"), "{unread:?}");
        assert!(unread[1].1.contains("expected a boolean"), "{unread:?}");
    }
}
