//! Validate: compare requests and responses with what the documents say of their operation.

use jsm_raw::{OperationInfo, RequestBody};
use serde_json::Value;

use super::document::{operation, parameters};
use super::schema::{self, Flaws};
use super::violation::{Side, Violations};
use crate::domain::error::Error;
use crate::message::raw::RawRequest;
use crate::message::request::Request;
use crate::message::response::{Body, Response};

/// Records all that is wrong with a request, and refuses it where the API would.
pub(super) fn request(violations: &mut Violations, raw: &RawRequest, request: &Request) -> Result<(), Error> {
    let mut flaws = Flaws::default();
    check_parts(raw, request, &mut flaws);
    check_path(request, &mut flaws);
    check_query(request, &mut flaws);
    check_required(request, &mut flaws);
    check_body(request, &mut flaws);
    let name = name(request.info);
    for message in flaws.refused.iter().chain(&flaws.ignored) {
        violations.add(&name, Side::Request, message);
    }
    match flaws.refused.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid(format!("Not acceptable: {}.", flaws.refused.join("; ")))),
    }
}

/// Records all that is wrong with a response.
pub(super) fn response(violations: &mut Violations, info: &OperationInfo, response: &Response) {
    for message in check_response(info, response) {
        violations.add(&name(info), Side::Response, message);
    }
}

/// The API and the operation, as violations name them.
pub(super) fn name(info: &OperationInfo) -> String {
    format!("{} {}", info.api, info.name)
}

fn check_parts(raw: &RawRequest, request: &Request, flaws: &mut Flaws) {
    let RequestBody::Multipart(part) = request.info.body else { return };
    let unknown = raw.parts.iter().filter(|(name, _)| name != part);
    flaws.ignored.extend(unknown.map(|(name, _)| format!("part {name} is unknown")));
}

/// An id that has to be a number names nothing if it is none.
fn check_path(request: &Request, flaws: &mut Flaws) {
    for parameter in parameters(request.info).filter(|known| known["in"] == "path" && is_number(known)) {
        let name = parameter["name"].as_str().unwrap_or_default();
        if request.path(name).parse::<i64>().is_err() {
            flaws.ignored.push(format!("path parameter {name} is not a number"));
        }
    }
}

/// Whether a parameter has to be a number, although its schema takes any text.
fn is_number(parameter: &Value) -> bool {
    parameter["x-jsm-number"] == true
}

fn check_query(request: &Request, flaws: &mut Flaws) {
    let info = request.info;
    let Some((document, _)) = operation(info) else { return };
    for (name, text) in &request.query {
        let known = parameters(info).find(|known| known["in"] == "query" && known["name"] == name.as_str());
        match known {
            Some(parameter) => {
                let place = format!("query parameter {name}");
                schema::check_text(document, &parameter["schema"], text, &place, flaws);
                let mut parts = text.split(',');
                if is_number(parameter) && parts.any(|part| part.trim().parse::<i64>().is_err()) {
                    flaws.refused.push(format!("{place} is not a number"));
                }
            }
            // Every request to a service desk may ask for a language.
            None if name == "requestLanguage" && info.api == "servicedesk" => {}
            None => flaws.ignored.push(format!("query parameter {name} is unknown")),
        }
    }
}

fn check_required(request: &Request, flaws: &mut Flaws) {
    for parameter in parameters(request.info).filter(|parameter| parameter["required"] == true) {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default();
        let (place, name) = (text("in"), text("name"));
        let present = match place {
            "query" => request.query(name).is_some(),
            "header" => request.headers.contains_key(name),
            _ => true,
        };
        if !present {
            flaws.refused.push(format!("{place} parameter {name} is missing"));
        }
    }
}

fn check_body(request: &Request, flaws: &mut Flaws) {
    let Some((document, operation)) = operation(request.info) else { return };
    let documented = &operation["requestBody"];
    match (request.info.body, &request.body) {
        (RequestBody::Json, Some(body)) => {
            let schema = &documented["content"]["application/json"]["schema"];
            schema::check(document, schema, body, "body", flaws);
        }
        (RequestBody::Json, None) if documented["required"] == true => {
            flaws.refused.push("body is missing".to_owned());
        }
        (RequestBody::None, Some(_)) => flaws.ignored.push("body is not expected".to_owned()),
        _ => {}
    }
}

fn check_response(info: &OperationInfo, response: &Response) -> Vec<String> {
    let Some((document, operation)) = operation(info) else { return Vec::new() };
    let responses = &operation["responses"];
    let status = response.status;
    let Some(documented) = responses.get(status.to_string()) else {
        let mut statuses = responses.as_object().into_iter().flat_map(|all| all.keys());
        let knows_errors = statuses.any(|status| status.starts_with('4'));
        return match status >= 400 && !knows_errors {
            true => Vec::new(),
            false => vec![format!("status {status} is not documented")],
        };
    };
    let content = documented["content"].as_object();
    let mut flaws = Flaws::default();
    match &response.body {
        Body::Json(value) => match content.and_then(|content| content.get("application/json")) {
            Some(media) => schema::check(document, &media["schema"], value, "response", &mut flaws),
            None => flaws.refused.push(format!("status {status} is documented without JSON")),
        },
        Body::Empty if status < 300 && content.is_some_and(|content| !content.is_empty()) => {
            flaws.refused.push("the response is documented with a body".to_owned());
        }
        Body::Empty | Body::Raw { .. } => {}
    }
    // Clients ignore unknown fields; the sandbox must not send any unless a quirk adds them.
    [flaws.refused, flaws.ignored].concat()
}
