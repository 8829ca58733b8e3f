//! The documents as a contract: what a request has to look like, and what an answer may.
//!
//! Whether a flaw is answered with an error is decided here; how that error looks is the gate's business.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use http::HeaderMap;
use jsm_raw::{OperationInfo, RequestBody};
use serde_json::Value;

use crate::reply::{Payload, Reply};
use crate::schema::{self, Flaws};

/// Something that was sent and that the documents do not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The API and the operation, `servicedesk CreateCustomer`; or what was asked for, when it is no operation.
    pub operation: String,
    /// Who sent it.
    pub side: Side,
    /// What is wrong.
    pub message: String,
}

/// Who sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client, in a request.
    Request,
    /// The sandbox, in an answer: a defect of this crate.
    Answer,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Request => "request",
            Side::Answer => "answer",
        };
        write!(formatter, "{} {side}: {}", self.operation, self.message)
    }
}

/// The effective document of an API, read once.
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

fn operation(info: &OperationInfo) -> &'static Value {
    &document(info.api)["paths"][info.path][info.method.to_lowercase()]
}

/// Whether the document lists a header for the operation.
pub(crate) fn takes_header(info: &OperationInfo, name: &str) -> bool {
    let parameters = operation(info)["parameters"].as_array().into_iter().flatten();
    let mut headers = parameters.filter(|parameter| parameter["in"] == "header");
    headers.any(|header| header["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name)))
}

/// Compares a request with what the document says of its operation.
pub(crate) fn check_request(
    info: &OperationInfo,
    query: &[(String, String)],
    headers: &HeaderMap,
    body: Option<&Value>,
) -> Flaws {
    let (document, operation) = (document(info.api), operation(info));
    let mut flaws = Flaws::default();
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    let named = |place: &str, name: &str| {
        parameters.iter().copied().find(|parameter| parameter["in"] == place && parameter["name"] == name)
    };
    for (name, text) in query {
        match named("query", name) {
            Some(parameter) => {
                let at = format!("query parameter {name}");
                schema::check_text(document, &parameter["schema"], text, &at, &mut flaws);
            }
            // Every call to a service desk may ask for a language.
            None if name == "requestLanguage" && info.api == "servicedesk" => {}
            None => flaws.tolerated.push(format!("query parameter {name} is unknown")),
        }
    }
    for parameter in &parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        let present = match parameter["in"].as_str() {
            Some("query") => query.iter().any(|(other, _)| other == name),
            Some("header") => headers.contains_key(name),
            _ => true,
        };
        if parameter["required"] == true && !present {
            let place = parameter["in"].as_str().unwrap_or_default();
            flaws.fatal.push(format!("{place} parameter {name} is missing"));
        }
    }
    match (info.body, body) {
        (RequestBody::Json, Some(body)) => {
            let form = &operation["requestBody"]["content"]["application/json"]["schema"];
            schema::check(document, form, body, "body", &mut flaws);
        }
        (RequestBody::Json, None) if operation["requestBody"]["required"] == true => {
            flaws.fatal.push("body is missing".to_owned());
        }
        (RequestBody::None, Some(_)) => flaws.tolerated.push("body is not expected".to_owned()),
        _ => {}
    }
    flaws
}

/// Compares an answer with what the document says of its operation.
pub(crate) fn check_answer(info: &OperationInfo, reply: &Reply) -> Vec<String> {
    let (document, responses) = (document(info.api), &operation(info)["responses"]);
    let Some(response) = responses.get(reply.status.to_string()) else {
        let knows_errors =
            responses.as_object().is_some_and(|all| all.keys().any(|status| status.starts_with('4')));
        if reply.status >= 400 && !knows_errors {
            return Vec::new();
        }
        return vec![format!("status {} is not documented", reply.status)];
    };
    let content = response["content"].as_object();
    let mut flaws = Flaws::default();
    match &reply.body {
        Payload::Json(value) => match content.and_then(|content| content.get("application/json")) {
            Some(media) => schema::check(document, &media["schema"], value, "answer", &mut flaws),
            None => flaws.fatal.push(format!("status {} is documented without JSON", reply.status)),
        },
        Payload::Empty
            if (200..300).contains(&reply.status) && content.is_some_and(|content| !content.is_empty()) =>
        {
            flaws.fatal.push("the answer is documented with a body".to_owned());
        }
        // Errors are of any shape in practice; what a behaviour refuses has the documented one.
        Payload::Empty | Payload::Raw { .. } | Payload::Refusal { .. } => {}
    }
    // Readers must take unknown fields; the sandbox has no business sending any without being told to.
    [flaws.fatal, flaws.tolerated].concat()
}
