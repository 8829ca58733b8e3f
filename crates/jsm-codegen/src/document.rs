//! Documents as values: reading JSON or YAML, writing the one canonical text, and the digest of bytes.
//!
//! What an OpenAPI document holds is not known here, and no file is read.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::diagnostic::Diagnostic;

/// Reads a document whose root is an object, in JSON or YAML.
///
/// What begins with a brace is read as JSON alone: a JSON error says more about a broken JSON file than a YAML
/// error does.
///
/// # Errors
/// Fails for bytes that are not UTF-8, empty, a web page, cut off, or not an object at the root.
pub fn parse(bytes: &[u8]) -> Result<Value, Diagnostic> {
    const FETCH: &str = "give the document itself, as JSON or YAML";
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Diagnostic::new("", format!("it is not UTF-8 text (byte {})", error.valid_up_to()), FETCH)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = match text.trim_start().chars().next() {
        None => return Err(Diagnostic::new("", "it is empty", FETCH)),
        Some('<') => {
            let next = "check the address: a login or error page may have come in place of the document";
            return Err(Diagnostic::new("", "it is a web page (HTML or XML), not JSON or YAML", next));
        }
        Some('{' | '[') => serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Eof => Diagnostic::new(
                "",
                format!("it is truncated: the JSON ends early, at line {}", error.line()),
                "fetch the whole document again",
            ),
            _ => Diagnostic::new("", format!("it is not JSON: {error}"), FETCH),
        })?,
        Some(_) => {
            // YAML 1.2 as OpenAPI asks for it: `no` and `on` are texts, as in a list of languages or of switches.
            let options = serde_saphyr::options! { strict_booleans: true };
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                Diagnostic::new(
                    "",
                    format!("it is neither JSON nor YAML: {}", error.without_snippet()),
                    FETCH,
                )
            })?
        }
    };
    match value {
        Value::Object(_) => Ok(value),
        other => Err(Diagnostic::new(
            "",
            format!("it holds {} where an object is expected", kind_of(&other)),
            FETCH,
        )),
    }
}

/// The one text of a value: keys sorted by their bytes, two spaces of indent, a newline at the end.
pub fn canonical(value: &Value) -> String {
    // The sorted copy fixes the order: serde_json keeps insertion order as soon as any crate of a build asks for its
    // feature `preserve_order`.
    format!("{:#}\n", sorted(value))
}

/// The SHA-256 of some bytes, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The type of a value, as an error message names it.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            Value::Object(
                entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect::<Map<_, _>>(),
            )
        }
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_text_sorts_keys_by_their_bytes_and_keeps_the_order_of_lists() {
        let value = json!({"b": [2, 1], "a": {"z": {}, "É": [], "Z": null}});
        assert_eq!(
            canonical(&value),
            "{\n  \"a\": {\n    \"Z\": null,\n    \"z\": {},\n    \"É\": []\n  },\n  \"b\": [\n    2,\n    1\n  ]\n}\n"
        );
    }

    #[test]
    fn yaml_and_json_read_the_same() {
        let yaml =
            b"openapi: 3.0.3\npaths:\n  /a:\n    get:\n      responses:\n        200: {description: no}\n";
        let json =
            br#"{"openapi":"3.0.3","paths":{"/a":{"get":{"responses":{"200":{"description":"no"}}}}}}"#;
        assert_eq!(parse(yaml), parse(json));
    }

    #[test]
    fn sha256_is_the_known_one() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
