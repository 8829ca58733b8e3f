//! Participants of customer requests.

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::user::{user_by_id, users_page};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetParticipants", Role::Customer, list),
    Handler::new("AddParticipants", Role::Agent, add),
    Handler::new("RemoveParticipants", Role::Agent, remove),
];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    let participants: Vec<&String> = issue.participants.iter().collect();
    Ok(Response::ok(page(request, &participants, &[], |id| user_by_id(site, id, &request.links))?))
}

/// Responds with those who were added.
fn add(site: &mut Site, request: &Request) -> Outcome {
    let account_ids = request.account_ids();
    site.add_participants(&request.caller, request.path("issueIdOrKey"), &account_ids)?;
    Ok(Response::ok(users_page(site, &account_ids, request)))
}

/// Responds with those who are left.
fn remove(site: &mut Site, request: &Request) -> Outcome {
    let named = request.path("issueIdOrKey");
    site.remove_participants(&request.caller, named, &request.account_ids())?;
    let left = site.issue(&request.caller, named)?.participants.iter().map(String::as_str);
    Ok(Response::ok(users_page(site, &left.collect::<Vec<_>>(), request)))
}
