//! The version of OpenAPI that is read.

use serde_json::Value;

use crate::diagnostic::Diagnostic;

/// Whether a version of OpenAPI is 3.0.
pub(crate) fn is_openapi_3(version: &str) -> bool {
    version == "3.0" || version.starts_with("3.0.")
}

/// Accepts documents of OpenAPI 3.0 alone.
///
/// # Errors
/// What the document is instead.
pub(crate) fn require_openapi_3(json: &Value) -> Result<(), Diagnostic> {
    let problem = match json.get("openapi") {
        _ if json.get("swagger").is_some() => "it is an OpenAPI 2.0 (Swagger) document".to_owned(),
        Some(Value::String(version)) if is_openapi_3(version) => return Ok(()),
        Some(Value::String(version)) => format!("it is an OpenAPI {version} document, not 3.0"),
        Some(version) => format!("it is an OpenAPI {version} document, not 3.0"),
        None => "it is not an OpenAPI document: it has no `openapi` version".to_owned(),
    };
    Err(Diagnostic::new("", problem, "give the OpenAPI 3.0 document of the API"))
}
