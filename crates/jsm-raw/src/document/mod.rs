//! The effective documents at run time: what they say of an operation, and which values do not fit their schemas.
//!
//! No call reads them. They are for tools: a server in a test, an observer of what real servers send. A program that
//! never calls [`Document::of`] does not contain the documents.

mod compare;
mod place;

pub use compare::{Mismatch, Visit, Visited};
pub use place::{Place, ValuePath};

use std::sync::LazyLock;

use serde_json::Value;

use crate::operation_info::OperationInfo;

/// The effective OpenAPI document of an API.
#[derive(Debug)]
pub struct Document {
    json: Value,
}

impl Document {
    /// The document of an API by its name, such as `servicedesk`; `None` where this crate was built without that API. It
    /// is parsed once, when it is first asked for.
    pub fn of(api: &str) -> Option<&'static Self> {
        fn read(text: &str) -> Document {
            // The build has read the same text.
            Document::from(serde_json::from_str::<Value>(text).unwrap_or_default())
        }
        let document: Option<&'static LazyLock<Self>> = include!(concat!(env!("OUT_DIR"), "/documents.rs"));
        document.map(|document| &**document)
    }

    /// All of the document.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// What the document says of an operation.
    pub fn operation(&self, info: &OperationInfo) -> Option<&Value> {
        self.json.get("paths")?.get(info.path)?.get(info.method.to_ascii_lowercase())
    }

    /// Where in the document an operation is, as a JSON pointer.
    pub fn pointer(&self, info: &OperationInfo) -> String {
        let (root, method) = (Place::Root(""), info.method.to_ascii_lowercase());
        let paths = root.child("paths");
        paths.child(info.path).child(&method).to_string()
    }

    /// The response that is documented for a status: by its number, by its class such as `4XX`, or as `default`. The
    /// first part is its name.
    pub fn response(&self, info: &OperationInfo, status: u16) -> Option<(&str, &Value)> {
        let responses = self.operation(info)?.get("responses")?.as_object()?;
        let class = format!("{}XX", status / 100);
        let names = [status.to_string(), class.to_ascii_lowercase(), class, "default".to_owned()];
        names.iter().find_map(|name| {
            let (name, response) = responses.get_key_value(name)?;
            Some((name.as_str(), self.resolve(response).0))
        })
    }

    /// The schema that a value is of: what a reference leads to, with the JSON pointer of it, else the schema itself.
    pub fn resolve<'d>(&'d self, schema: &'d Value) -> (&'d Value, Option<&'d str>) {
        compare::resolve(&self.json, schema)
    }

    /// Compares a value with a schema that is at `place`, and reports every value in it to `visit`.
    ///
    /// The schemas are those of OpenAPI 3.0. `null` counts as absent where a property has it; properties in
    /// `x-jsm-always-present` should be there, and those in `x-jsm-alias` are known. Limits of texts and numbers, formats
    /// and patterns are not compared.
    pub fn compare(&self, schema: &Value, place: Place<'_>, value: &Value, visit: &mut dyn Visit) {
        compare::compare(&self.json, schema, place, value, visit);
    }
}

impl From<Value> for Document {
    fn from(json: Value) -> Self {
        Self { json }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Document, Mismatch, Place, Visit, Visited};

    #[derive(Default)]
    struct Report(Vec<String>);

    impl Visit for Report {
        fn mismatch(&mut self, at: &Visited<'_>, mismatch: Mismatch<'_>) {
            self.0.push(format!("${} {mismatch:?} {}", at.path.shape(), at.place));
        }
    }

    #[test]
    fn finds_what_does_not_fit_and_where_the_document_has_it() {
        let document = Document::from(json!({"components": {"schemas": {
            "Person": {
                "type": "object",
                "required": ["name"],
                "x-jsm-always-present": ["name", "tags"],
                "properties": {
                    "name": {"type": "string"},
                    "age": {"type": "integer", "format": "int32"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
                    "tags": {"type": "array", "items": {"type": "string"}, "x-jsm-alias": ["labels"]},
                    "flat/x~": {"allOf": [{"$ref": "#/components/schemas/Flat"}], "description": "x"},
                    "any": {},
                    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
                    "either": {"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/Flat"}]},
                    "both": {"allOf": [
                        {"$ref": "#/components/schemas/Flat"},
                        {"type": "object", "properties": {"more": {"type": "boolean"}}},
                    ]},
                    "nothing": {"type": "string", "nullable": true},
                    "flats": {"type": "array", "items": {
                        "allOf": [{"$ref": "#/components/schemas/Flat"}], "nullable": true,
                    }},
                },
            },
            "Flat": {"type": "object", "properties": {"is": {"type": "boolean"}}},
            "Door": {"type": "object", "required": ["key"], "properties": {
                "key": {"$ref": "#/components/schemas/Key"},
            }},
            "Key": {"type": "string", "nullable": true},
        }}}));
        let at = "/components/schemas";
        let cases = [
            (json!({"name": "x", "labels": []}), vec![]),
            (
                json!({"name": "x", "tags": [], "age": null, "any": {"b": [1]}, "map": {}, "nothing": null}),
                vec![],
            ),
            (
                json!({"labels": [1]}),
                vec![
                    format!("$ Missing(\"name\") {at}/Person"),
                    format!("$.labels[*] Type(\"string\") {at}/Person/properties/tags/items"),
                ],
            ),
            (
                json!({"name": null, "tags": null}),
                vec![
                    format!("$ Missing(\"name\") {at}/Person"),
                    format!("$ AlwaysPresent(\"tags\") {at}/Person"),
                ],
            ),
            (
                json!({"name": "x", "tags": [null]}),
                vec![format!("$.tags[*] Null {at}/Person/properties/tags/items")],
            ),
            (
                json!({"name": "x", "tags": [], "age": 1.5, "kind": "c"}),
                vec![
                    format!("$.age Type(\"integer\") {at}/Person/properties/age"),
                    format!("$.kind EnumValue {at}/Person/properties/kind"),
                ],
            ),
            (
                json!({"name": "x", "tags": [], "age": 5_000_000_000_i64}),
                vec![format!("$.age OutOfRange {at}/Person/properties/age")],
            ),
            (
                json!({"name": "x", "tags": [], "friends": [{"name": "y", "tags": [], "nmae": 1}]}),
                vec![format!("$.friends[*].nmae Unknown {at}/Person")],
            ),
            (
                json!({"name": "x", "tags": [], "flat/x~": {"is": 1, "ada@example.com": 1}}),
                vec![
                    format!("$['flat/x~'].* Unknown {at}/Flat"),
                    format!("$['flat/x~'].is Type(\"boolean\") {at}/Flat/properties/is"),
                ],
            ),
            (
                json!({"name": "x", "tags": [], "map": {"ada": "1"}}),
                vec![format!("$.map.* Type(\"integer\") {at}/Person/properties/map/additionalProperties")],
            ),
            (
                json!({"name": "x", "tags": [], "either": {"is": true, "was": 1}}),
                vec![format!("$.either.was Unknown {at}/Flat")],
            ),
            (
                json!({"name": "x", "tags": [], "either": 5}),
                vec![format!("$.either Type(\"string\") {at}/Person/properties/either/oneOf/0")],
            ),
            (
                json!({"name": "x", "tags": [], "both": {"is": true, "more": 1, "less": 2}}),
                vec![
                    format!("$.both.less Unknown {at}/Flat"),
                    format!(
                        "$.both.more Type(\"boolean\") {at}/Person/properties/both/allOf/1/properties/more"
                    ),
                ],
            ),
            (json!({"name": "x", "tags": [], "flats": [null, {"is": null}]}), vec![]),
            (
                json!({"name": "x", "tags": [], "flats": [{"is": 1}]}),
                vec![format!("$.flats[*].is Type(\"boolean\") {at}/Flat/properties/is")],
            ),
            (
                json!({"name": "x", "tags": [], "age": 1e30}),
                vec![format!("$.age Type(\"integer\") {at}/Person/properties/age")],
            ),
            (json!([]), vec![format!("$ Type(\"object\") {at}/Person")]),
            (json!(null), vec![format!("$ Null {at}/Person")]),
        ];
        for (value, expected) in cases {
            assert_eq!(report(&document, "Person", &value), expected, "{value}");
        }
        // A null is a value where what a property refers to allows it.
        assert!(report(&document, "Door", &json!({"key": null})).is_empty());
        assert_eq!(report(&document, "Door", &json!({})), [format!("$ Missing(\"key\") {at}/Door")]);
    }

    fn report(document: &Document, schema: &str, value: &Value) -> Vec<String> {
        let mut report = Report::default();
        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
        document.compare(&schema, Place::Root(""), value, &mut report);
        report.0
    }

    #[test]
    fn circles_and_depth_have_an_end() {
        let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let branch = |kind: &str| {
            json!({"type": "object", "required": ["kind"], "properties": {
                "kind": {"type": "string", "enum": [kind]}, "next": to("Tree"), "all": {"type": "array", "items": to("Tree")},
            }})
        };
        let parts = vec![to("Parts"); 50];
        let document = Document::from(json!({"components": {"schemas": {
            "Itself": to("Itself"),
            "Ping": to("Pong"), "Pong": to("Ping"),
            "Only": {"allOf": [to("Only")]},
            "Parts": { "allOf": parts },
            "One": {"oneOf": [to("One"), to("One"), {"type": "string"}]},
            "Any": {"anyOf": [to("All"), {"type": "integer"}]},
            "All": {"allOf": [to("Any"), {"oneOf": [to("All")]}]},
            "Lost": to("Nowhere"), "Odd": {"$ref": 5, "type": [], "properties": 1, "oneOf": {}, "required": [1]},
            "Tree": {"oneOf": [branch("a"), branch("b"), branch("c")]},
        }}}));
        let names = ["Itself", "Ping", "Only", "Parts", "One", "Any", "All", "Lost", "Odd"];
        let mut deep = json!({"kind": "b"});
        for level in 0..300 {
            let kind = ["a", "b", "c"][level % 3];
            deep = json!({"kind": kind, "next": deep});
        }
        let values = [json!(null), json!(5), json!("x"), json!([[]]), json!({"a": {}}), deep.clone()];
        for (name, value) in names.iter().flat_map(|name| values.iter().map(move |value| (name, value))) {
            let _ = report(&document, name, value);
        }
        assert!(report(&document, "Tree", &deep).is_empty());
        for depth in 0..60 {
            deep = json!({"kind": "c", "all": [deep, {"kind": "d"}, {"kind": depth}]});
        }
        let found = report(&document, "Tree", &deep);
        assert_eq!(found.iter().filter(|line| line.contains("EnumValue")).count(), 120);
        assert_eq!(found.iter().filter(|line| line.contains("Type")).count(), 60);
    }

    #[test]
    #[cfg(all(feature = "servicedesk", feature = "csm"))]
    fn every_documented_response_is_found() {
        for info in crate::servicedesk::OPERATIONS.iter().chain(crate::csm::OPERATIONS.iter()) {
            let document = Document::of(info.api).expect("the API is built");
            let operation = document.json().pointer(&document.pointer(info));
            assert_eq!(document.operation(info), operation, "{}", info.name);
            assert!(operation.is_some(), "{}", info.name);
            for (status, _) in info.statuses {
                let (name, response) = document.response(info, *status).expect("it is documented");
                assert_eq!(name, status.to_string());
                assert!(response.is_object());
            }
            assert!(document.response(info, 418).is_none(), "{}", info.name);
        }
        assert!(Document::of("ferry").is_none());
    }
}
