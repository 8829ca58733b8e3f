//! Statuses of customer requests, and the transitions between them.

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::status::{status, transition};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetStatusHistory", Role::Customer, history),
    Handler::new("GetTransitions", Role::Customer, transitions),
    Handler::new("PerformTransition", Role::Customer, perform),
];

fn history(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::ok(page(request, &issue.history(), &[], |entry| status(*entry))?))
}

fn transitions(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::ok(page(request, &site.transitions(issue), &[], |found| transition(found))?))
}

fn perform(site: &mut Site, request: &Request) -> Outcome {
    let comment = request.text_at("/additionalComment/body");
    site.perform_transition(&request.caller, request.path("issueIdOrKey"), request.text("id"), comment)?;
    Ok(Response::no_content())
}
