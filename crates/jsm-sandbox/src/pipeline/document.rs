//! What the effective documents say of an operation.

use jsm_raw::{Document, OperationInfo};
use serde_json::Value;

/// The document of an operation's API, and what it says of the operation.
pub(super) fn operation(info: &OperationInfo) -> Option<(&'static Document, &'static Value)> {
    let document = Document::of(info.api)?;
    Some((document, document.operation(info)?))
}

/// The parameters that the document lists for an operation.
pub(super) fn parameters(info: &OperationInfo) -> impl Iterator<Item = &'static Value> {
    let listed = operation(info).and_then(|(_, operation)| operation.get("parameters")?.as_array());
    listed.into_iter().flatten()
}

/// Whether the document lists a header for an operation.
pub(super) fn takes_header(info: &OperationInfo, name: &str) -> bool {
    let mut headers = parameters(info).filter(|parameter| parameter["in"] == "header");
    headers.any(|header| header["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name)))
}
