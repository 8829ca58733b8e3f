//! Whether a JSON value fits a schema of the documents.
//!
//! It knows the part of OpenAPI 3.0 that the two documents use. A general validator would read schemas as JSON Schema,
//! where `nullable` means nothing, and would allow unknown fields, which a test wants to know of.

use serde_json::{Map, Value};

/// What is wrong with a message.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    /// What an API refuses a request for.
    pub(super) refused: Vec<String>,
    /// What an API ignores.
    pub(super) ignored: Vec<String>,
}

/// Adds all that does not fit about `value`, which is at the place `at` of a message.
pub(super) fn check(document: &Value, schema: &Value, value: &Value, at: &str, flaws: &mut Flaws) {
    let schema = resolve(document, schema);
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array)
        && let [only] = parts.as_slice()
    {
        return check(document, only, value, at, flaws);
    }
    for alternatives in ["oneOf", "anyOf"] {
        if let Some(parts) = schema.get(alternatives).and_then(Value::as_array) {
            let fits = parts.iter().any(|part| {
                let mut flaws = Flaws::default();
                check(document, part, value, at, &mut flaws);
                flaws.refused.is_empty()
            });
            if !fits {
                flaws.refused.push(format!("{at} fits none of its schemas"));
            }
            return;
        }
    }
    if value.is_null() {
        if schema.get("type").is_some() && schema.get("nullable") != Some(&Value::Bool(true)) {
            flaws.refused.push(format!("{at} is null"));
        }
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        flaws.refused.push(format!("{at} is {value}, which is not one of its values"));
    }
    match (schema.get("type").and_then(Value::as_str), value) {
        (Some("object"), Value::Object(members)) => object(document, schema, members, at, flaws),
        (None, Value::Object(members)) if schema.get("properties").is_some() => {
            object(document, schema, members, at, flaws);
        }
        (Some("array"), Value::Array(items)) => {
            let most = schema.get("maxItems").and_then(Value::as_u64);
            if most.is_some_and(|most| items.len() as u64 > most) {
                flaws.refused.push(format!("{at} has {} items, more than it may have", items.len()));
            }
            if let Some(form) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check(document, form, item, &format!("{at}[{index}]"), flaws);
                }
            }
        }
        (Some("integer"), Value::Number(number)) => match (number.as_i64(), schema.get("format")) {
            (None, _) => flaws.refused.push(format!("{at} is not a whole number")),
            (Some(number), Some(Value::String(format)))
                if format == "int32" && i32::try_from(number).is_err() =>
            {
                flaws.refused.push(format!("{at} does not fit into 32 bits"));
            }
            _ => {}
        },
        (None, _)
        | (Some("string"), Value::String(_))
        | (Some("number"), Value::Number(_))
        | (Some("boolean"), Value::Bool(_)) => {}
        (Some(wanted), _) => flaws.refused.push(format!("{at} is not of type {wanted}")),
    }
}

fn object(document: &Value, schema: &Value, members: &Map<String, Value>, at: &str, flaws: &mut Flaws) {
    let nothing = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // A deprecated field may hold the value of a required one that is missing.
    let has_deprecated =
        members.keys().any(|name| properties.get(name).is_some_and(|form| form["deprecated"] == true));
    for name in &required {
        if members.get(*name).is_none_or(Value::is_null) {
            let list = if has_deprecated { &mut flaws.ignored } else { &mut flaws.refused };
            list.push(format!("{at}.{name} is missing"));
        }
    }
    for (name, value) in members {
        match (properties.get(name), schema.get("additionalProperties")) {
            // A null counts as absent. Where it is required, it was reported above.
            (Some(_), _) if value.is_null() => {}
            (Some(property), _) => check(document, property, value, &format!("{at}.{name}"), flaws),
            (None, Some(Value::Object(form))) => {
                check(document, &Value::Object(form.clone()), value, &format!("{at}.{name}"), flaws);
            }
            (None, Some(Value::Bool(true))) => {}
            (None, None) if properties.is_empty() => {}
            (None, _) => flaws.ignored.push(format!("{at}.{name} is unknown")),
        }
    }
}

/// The same for the text of a query parameter.
pub(super) fn check_text(document: &Value, schema: &Value, text: &str, at: &str, flaws: &mut Flaws) {
    let schema = resolve(document, schema);
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

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A chain of references in these documents has one or two links; a cycle must not hang the server.
    for _ in 0..8 {
        let Some(pointer) =
            schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'))
        else {
            break;
        };
        let Some(target) = document.pointer(pointer) else { break };
        schema = target;
    }
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_flaw_is_reported_with_its_place() {
        let document = json!({"components": {"schemas": {
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
        }}});
        let schema = json!({"allOf": [{"$ref": "#/components/schemas/Person"}]});
        for (value, flaw) in [
            (json!({"name": "x"}), ""),
            (json!({"name": "x", "age": null}), ""),
            (json!({}), "body.name is missing"),
            (json!({"name": null}), "body.name is missing"),
            (json!({"name": 1}), "body.name is not of type string"),
            (json!({"name": "x", "age": 1.5}), "body.age is not a whole number"),
            (json!({"name": "x", "age": 5_000_000_000_i64}), "body.age does not fit into 32 bits"),
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
