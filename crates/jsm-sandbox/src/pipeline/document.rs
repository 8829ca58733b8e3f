//! The effective documents of the APIs, read once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsm_raw::OperationInfo;
use serde_json::Value;

/// The document of an API.
pub(crate) fn document(api: &str) -> &'static Value {
    static DOCUMENTS: OnceLock<BTreeMap<&'static str, Value>> = OnceLock::new();
    static NOTHING: Value = Value::Null;
    let documents = DOCUMENTS.get_or_init(|| {
        [("servicedesk", jsm_raw::servicedesk::DOCUMENT), ("csm", jsm_raw::csm::DOCUMENT)]
            .into_iter()
            .map(|(api, text)| (api, serde_json::from_str(text).unwrap_or_default()))
            .collect()
    });
    documents.get(api).unwrap_or(&NOTHING)
}

/// What the document says of an operation.
pub(crate) fn operation(info: &OperationInfo) -> &'static Value {
    &document(info.api)["paths"][info.path][info.method.to_lowercase()]
}

/// Whether the document lists a header for an operation.
pub(super) fn takes_header(info: &OperationInfo, name: &str) -> bool {
    let parameters = operation(info)["parameters"].as_array().into_iter().flatten();
    let mut headers = parameters.filter(|parameter| parameter["in"] == "header");
    headers.any(|header| header["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name)))
}
