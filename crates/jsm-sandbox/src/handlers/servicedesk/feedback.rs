//! Feedback of reporters on their requests.

use serde_json::Value;

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::servicedesk::issue::feedback;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetFeedback", Role::Customer, get),
    Handler::new("PostFeedback", Role::Customer, post),
    Handler::new("DeleteFeedback", Role::Customer, delete),
];

fn get(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(feedback(site.feedback(&request.caller, issue(request))?)))
}

fn post(site: &mut Site, request: &Request) -> Outcome {
    let rating = request.json().get("rating").and_then(Value::as_i64);
    let comment = request.text_at("/comment/body").unwrap_or_default();
    site.give_feedback(&request.caller, issue(request), request.text("type"), rating, comment)?;
    Ok(Response::created(feedback(site.feedback(&request.caller, issue(request))?)))
}

fn delete(site: &mut Site, request: &Request) -> Outcome {
    site.delete_feedback(&request.caller, issue(request))?;
    Ok(Response::no_content())
}

/// The request. This resource names the parameter of its path otherwise than its siblings.
fn issue(request: &Request) -> &str {
    request.path("requestIdOrKey")
}
