//! What the document of an API knows of a place in a message.

use jsm_raw::{Document, OperationInfo};
use serde_json::Value;

use super::vocabulary;

/// How many schemas a place is put together from, at most: a circle of references must not hang the recorder.
const MOST_SCHEMAS: usize = 64;

/// What is read where no document says anything.
static NOTHING: Value = Value::Null;

/// The document of an API.
fn document(api: &str) -> &'static Value {
    Document::of(api).map_or(&NOTHING, Document::json)
}

/// What the document says of an operation.
fn operation(info: &OperationInfo) -> &'static Value {
    Document::of(info.api).and_then(|document| document.operation(info)).unwrap_or(&NOTHING)
}

/// A place: a value of a body, or a parameter.
#[derive(Clone, Default)]
pub(super) struct Place {
    document: Option<&'static Value>,
    /// All schemas of the value: references are followed, and alternatives count together.
    schemas: Vec<&'static Value>,
    /// The name of the property or parameter; empty where it is none or not known.
    pub(super) name: String,
    /// Whether it holds an id, whatever its schemas are.
    holds_id: bool,
    /// Whether it holds milliseconds of the Unix epoch.
    pub(super) holds_millis: bool,
    /// Whether it is the value of a key that users choose.
    is_entry: bool,
}

impl Place {
    /// A place that no document knows.
    pub(super) fn unknown(name: &str) -> Place {
        Place { name: name.to_owned(), ..Place::default() }
    }

    /// A place that holds an id.
    pub(super) fn id() -> Place {
        Place { holds_id: true, ..Place::default() }
    }

    /// The body of a request.
    pub(super) fn request(info: &OperationInfo) -> Place {
        let schema = &operation(info)["requestBody"]["content"]["application/json"]["schema"];
        Place::of(document(info.api), schema, "")
    }

    /// The body of a response with this status.
    pub(super) fn response(info: &OperationInfo, status: u16) -> Place {
        let responses = &operation(info)["responses"];
        let documented = match responses.get(status.to_string()) {
            None if status < 300 => {
                let mut all = responses.as_object().into_iter().flatten();
                all.find(|(other, _)| other.starts_with('2')).map(|(_, response)| response)
            }
            documented => documented,
        };
        let schema =
            documented.map_or(&Value::Null, |response| &response["content"]["application/json"]["schema"]);
        Place::of(document(info.api), schema, "")
    }

    /// A parameter in this part of the request; none where the document has no such parameter.
    pub(super) fn parameter(info: &OperationInfo, part: &str, name: &str) -> Option<Place> {
        let mut parameters = operation(info)["parameters"].as_array().into_iter().flatten();
        let parameter = parameters.find(|known| known["in"] == part && known["name"] == name)?;
        Some(Place::of(document(info.api), &parameter["schema"], name))
    }

    fn of(document: &'static Value, schema: &'static Value, name: &str) -> Place {
        let mut place = Place { document: Some(document), ..Place::unknown(name) };
        place.add(schema);
        place
    }

    fn add(&mut self, schema: &'static Value) {
        if self.schemas.len() == MOST_SCHEMAS || schema.is_null() {
            return;
        }
        self.schemas.push(schema);
        let target = schema["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        if let Some(target) = target.and_then(|target| self.document?.pointer(target)) {
            self.add(target);
        }
        for parts in ["allOf", "anyOf", "oneOf"] {
            for part in schema[parts].as_array().into_iter().flatten() {
                self.add(part);
            }
        }
    }

    fn with(&self, schemas: impl Iterator<Item = &'static Value>, name: &str) -> Place {
        let mut place = Place { document: self.document, ..Place::unknown(name) };
        schemas.for_each(|schema| place.add(schema));
        place
    }

    /// A documented property, by its name or an alias of it.
    pub(super) fn property(&self, name: &str) -> Option<Place> {
        let is_alias = |schema: &Value| {
            schema["x-jsm-alias"].as_array().is_some_and(|all| all.iter().any(|alias| alias == name))
        };
        let mut found = Vec::new();
        for properties in self.schemas.iter().filter_map(|schema| schema["properties"].as_object()) {
            let by_alias = || properties.values().find(|property| is_alias(property));
            found.extend(properties.get(name).or_else(by_alias));
        }
        if found.is_empty() {
            return None;
        }
        let mut place = self.with(found.into_iter(), name);
        place.holds_millis = self.schemas.iter().any(|schema| schema["x-jsm-date"]["millis"] == name);
        Some(place)
    }

    /// The names of the documented properties.
    #[cfg(test)]
    pub(super) fn names(&self) -> Vec<String> {
        let all = self.schemas.iter().filter_map(|schema| schema["properties"].as_object());
        all.flat_map(|properties| properties.keys().cloned()).collect()
    }

    /// The values of a map, where the document says that keys are free.
    pub(super) fn entry(&self, name: &str) -> Option<Place> {
        let maps = self.schemas.iter().filter_map(|schema| schema.get("additionalProperties"));
        let maps: Vec<&'static Value> = maps.filter(|schema| **schema != false).collect();
        let mut place = self.with(maps.iter().copied().filter(|schema| schema.is_object()), name);
        place.is_entry = true;
        (!maps.is_empty()).then_some(place)
    }

    /// The items of a list.
    pub(super) fn item(&self) -> Place {
        let mut place = self.with(self.schemas.iter().filter_map(|schema| schema.get("items")), &self.name);
        (place.holds_id, place.is_entry) = (self.holds_id, self.is_entry);
        place
    }

    pub(super) fn is_list(&self) -> bool {
        self.schemas.iter().any(|schema| schema["type"] == "array")
    }

    /// Whether the document lists this text as a value, or others beside which it can be a new one.
    pub(super) fn lists(&self, text: &str) -> bool {
        let lists = self.schemas.iter().filter_map(|schema| schema["enum"].as_array());
        let mut values = lists.flatten().peekable();
        let is_new = values.peek().is_some() && vocabulary::is_words(text);
        is_new || values.any(|value| value == text)
    }

    /// Whether it holds an id: by the document, or by its name where no document knows it.
    pub(super) fn holds_id(&self) -> bool {
        let ends = ["Id", "Ids", "Key", "Keys", "_id", "_key"];
        self.holds_id
            || self.schemas.iter().any(|schema| schema.get("x-jsm-id").is_some())
            || ["id", "ids", "key", "keys", "uuid"].contains(&self.name.as_str())
            || ends.iter().any(|end| self.name.ends_with(end))
    }

    /// Whether it holds a moment: by the document, or by its name.
    pub(super) fn holds_time(&self) -> bool {
        const ENDS: [&str; 8] =
            ["Millis", "Time", "Date", "Timestamp", "Created", "Updated", "Expires", "At"];
        let mut name = self.name.clone();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        self.holds_millis || ENDS.iter().any(|end| name.ends_with(end))
    }

    /// Whether the document says that it is a number, and what of.
    pub(super) fn is_number(&self) -> bool {
        !self.is_entry
            && self.schemas.iter().any(|schema| schema["type"] == "integer" || schema["type"] == "number")
    }
}
