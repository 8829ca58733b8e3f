//! Subscriptions to the notifications of customer requests.

use serde_json::json;

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetSubscription", Role::Customer, get),
    Handler::new("Subscribe", Role::Customer, subscribe),
    Handler::new("Unsubscribe", Role::Customer, unsubscribe),
];

fn get(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::ok(json!({"subscribed": issue.subscribers.contains(&request.caller.account_id)})))
}

fn subscribe(site: &mut Site, request: &Request) -> Outcome {
    site.subscribe(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::no_content())
}

fn unsubscribe(site: &mut Site, request: &Request) -> Outcome {
    site.unsubscribe(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::no_content())
}
