//! Approvals of customer requests.

use crate::domain::entities::approval::Decision;
use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::approval::approval;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetApprovals", Role::Customer, list),
    Handler::new("GetApproval", Role::Customer, get),
    Handler::new("AnswerApproval", Role::Customer, answer_approval),
];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::ok(page(request, &issue.approvals, &[], |found| approval(site, issue, found, request))?))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let (issue, found) = site.approval(&request.caller, request.path("issueIdOrKey"), id(request)?)?;
    Ok(Response::ok(approval(site, issue, found, request)))
}

fn answer_approval(site: &mut Site, request: &Request) -> Outcome {
    let decision = match request.text("decision") {
        Some("approve") => Some(Decision::Approved),
        Some("decline") => Some(Decision::Declined),
        _ => None,
    };
    site.answer_approval(&request.caller, request.path("issueIdOrKey"), id(request)?, decision)?;
    get(site, request)
}

fn id(request: &Request) -> Result<u64, Error> {
    request.path_number("approvalId", "The approval")
}
