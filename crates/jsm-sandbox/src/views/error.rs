//! Errors: which status and which key each has, and the shape that each API gives it.

use serde_json::{Value, json};

use crate::domain::error::Error;
use crate::message::request::Request;
use crate::message::response::Response;

/// The response to a request that a rule refused.
pub(crate) fn refused(error: &Error, request: &Request) -> Response {
    let is_result = request.info.response_statuses.contains(&400);
    let (status, key) = match error {
        Error::Invalid(_) | Error::InvalidFields(_) | Error::UnansweredForm(_) if is_result => {
            return negative_result(error);
        }
        Error::NotFound(_) => (404, "sd.rest.error.notfound"),
        Error::Forbidden(_) => (403, "sd.rest.error.permission"),
        Error::Invalid(_) => (400, "sd.rest.error.invalid"),
        Error::EmailTaken(_) => {
            let strict = request.flag("strictConflictStatusCode") == Some(true);
            (if strict { 409 } else { 400 }, "sd.customer.signup.error.email.taken")
        }
        Error::UnknownAccounts(_) => (400, "sd.rest.error.users.unknown"),
        Error::OpenAccess => {
            (400, "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.galaxia")
        }
        Error::ApprovalAnswered => (409, "sd.approval.error.answered"),
        Error::TooManyFiles(_) => (413, "sd.attachment.error.toomany"),
        Error::NoTemporaryFile(_) => (400, "sd.attachment.error.temporary"),
        Error::AlreadyRaised => (409, "csm.raise.error.raised"),
        Error::TooManyTasks => (400, "csm.task.error.toomany"),
        // The platform underneath checks fields, and has an error shape of its own.
        Error::InvalidFields(errors) => {
            return Response::json(400, json!({"errorMessages": [], "errors": errors}));
        }
        Error::UnansweredForm(questions) => {
            let mut body = servicedesk("sd.form.error.validation", &error.to_string());
            body["errors"] = form_errors(questions).into();
            return Response::json(422, body);
        }
    };
    response(request.info.api, status, key, &error.to_string())
}

/// An error in the shape of an API.
pub(crate) fn response(api: &str, status: u16, key: &str, message: &str) -> Response {
    let body = match api {
        "csm" => csm(status, message),
        _ => servicedesk(key, message),
    };
    Response::json(status, body)
}

fn servicedesk(key: &str, message: &str) -> Value {
    json!({"errorMessage": message, "i18nErrorMessage": {"i18nKey": key, "parameters": []}})
}

fn csm(status: u16, message: &str) -> Value {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let reason = reason.unwrap_or_default().to_uppercase().replace(' ', "_");
    json!({"errorMessage": message, "errors": [reason], "statusCode": status})
}

/// The gateway's error, whichever API is behind it.
pub(crate) fn gateway(status: u16, message: &str) -> Response {
    Response::json(status, json!({"code": status, "message": message}))
}

/// The result of a validation: for some operations, an error is one more result.
fn negative_result(error: &Error) -> Response {
    let message = error.to_string();
    let mut result = validation_result(false);
    result["errorMessage"] = message.as_str().into();
    result["reasonKey"] = match error {
        Error::InvalidFields(errors) => {
            let error = |(field, message)| json!({"field": field, "message": message});
            result["fieldErrors"] = errors.iter().map(error).collect();
            "sd.request.validation.fields"
        }
        Error::UnansweredForm(questions) => {
            result["formErrors"] = form_errors(questions).into();
            "sd.form.error.validation"
        }
        _ => {
            result["errorMessages"] = json!([message]);
            "sd.rest.error.invalid"
        }
    }
    .into();
    Response::json(400, result)
}

/// The result of a validation, without errors.
pub(crate) fn validation_result(valid: bool) -> Value {
    json!({
        "valid": valid, "reasonKey": null, "errorMessage": null, "errorMessages": [], "fieldErrors": [],
        "formErrors": [],
    })
}

fn form_errors(questions: &[String]) -> Vec<Value> {
    let error = |id: &String| {
        json!({
            "code": "answer_required",
            "title": "An answer is missing",
            "detail": format!("Question {id} has to be answered."),
            "status": 422,
            "context": [{"id": id, "type": "question"}],
        })
    };
    questions.iter().map(error).collect()
}
