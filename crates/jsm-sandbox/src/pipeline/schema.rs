//! Whether a JSON value fits a schema of the documents.
//!
//! The comparison is that of `jsm-raw`; here is what an API refuses of its results.

use jsm_raw::{Document, Mismatch, Place, Visit, Visited};
use serde_json::Value;

/// What is wrong with a message.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    /// What an API refuses a request for.
    pub(super) refused: Vec<String>,
    /// What an API ignores.
    pub(super) ignored: Vec<String>,
}

/// Adds all that does not fit about `value`, which is at the place `at` of a message.
pub(super) fn check(document: &Document, schema: &Value, value: &Value, at: &str, flaws: &mut Flaws) {
    document.compare(schema, Place::Root(""), value, &mut Search { at, flaws });
}

/// Writes down what does not fit.
struct Search<'s> {
    at: &'s str,
    flaws: &'s mut Flaws,
}

impl Visit for Search<'_> {
    fn mismatch(&mut self, visited: &Visited<'_>, mismatch: Mismatch<'_>) {
        let Visited { path, schema, value, .. } = visited;
        let at = format!("{}{path}", self.at);
        let refused = match mismatch {
            Mismatch::Null => format!("{at} is null"),
            Mismatch::Type(wanted) => format!("{at} is not of type {wanted}"),
            Mismatch::OutOfRange => format!("{at} does not fit into its format"),
            Mismatch::EnumValue => format!("{at} is {value}, which is not one of its values"),
            Mismatch::TooManyItems => {
                let items = value.as_array().map_or(0, Vec::len);
                format!("{at} has {items} items, more than it may have")
            }
            Mismatch::Missing(name) => {
                let message = format!("{at}.{name} is missing");
                // A deprecated field may hold the value of a required one that is missing.
                let is_deprecated = |name: &String| schema["properties"][name.as_str()]["deprecated"] == true;
                if value.as_object().is_some_and(|members| members.keys().any(is_deprecated)) {
                    self.flaws.ignored.push(message);
                    return;
                }
                message
            }
            Mismatch::Unknown => {
                self.flaws.ignored.push(format!("{at} is unknown"));
                return;
            }
            // What is always present on real sites can be absent here.
            _ => return,
        };
        self.flaws.refused.push(refused);
    }
}

/// The same for the text of a query parameter.
pub(super) fn check_text(document: &Document, schema: &Value, text: &str, at: &str, flaws: &mut Flaws) {
    let (schema, _) = document.resolve(schema);
    let value = match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            let nothing = Value::Null;
            let items = schema.get("items").unwrap_or(&nothing);
            // Several values come in several parameters, or with commas between them.
            for part in text.split(',') {
                check_text(document, items, part, at, flaws);
            }
            return;
        }
        Some("integer") => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        // Some clients write `True`.
        Some("boolean") => text.to_lowercase().parse::<bool>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    };
    check(document, schema, &value, at, flaws);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_flaw_is_reported_with_its_place() {
        let document = Document::from(json!({"components": {"schemas": {
            "Person": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "age": {"type": "integer", "format": "int32"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
                },
            },
        }}}));
        let schema = json!({"allOf": [{"$ref": "#/components/schemas/Person"}]});
        for (value, flaw) in [
            (json!({"name": "x"}), ""),
            (json!({"name": "x", "age": null}), ""),
            (json!({}), "body.name is missing"),
            (json!({"name": null}), "body.name is missing"),
            (json!({"name": 1}), "body.name is not of type string"),
            (json!({"name": "x", "age": 1.5}), "body.age is not of type integer"),
            (json!({"name": "x", "age": 5_000_000_000_i64}), "body.age does not fit into its format"),
            (json!({"name": "x", "kind": "c"}), "body.kind is \"c\", which is not one of its values"),
            (json!({"name": "x", "nmae": "y"}), "body.nmae is unknown"),
            (json!({"name": "x", "friends": [{"name": "y"}, {}]}), "body.friends[1].name is missing"),
            (json!([]), "body is not of type object"),
        ] {
            let mut flaws = Flaws::default();
            check(&document, &schema, &value, "body", &mut flaws);
            let all = [flaws.refused, flaws.ignored].concat();
            assert_eq!(all.join("; "), flaw, "{value}");
        }
    }
}
