//! Customer requests: finding, reading, validating and creating them.

use crate::domain::entities::person::Role;
use crate::domain::rules::issues::IssueFilter;
use crate::domain::rules::new_issues::Draft;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::error::validation_result;
use crate::views::page::page;
use crate::views::servicedesk::issue::{EXPANDS, issue};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetRequests", Role::Customer, list),
    Handler::new("GetRequest", Role::Customer, get),
    Handler::new("CreateRequest", Role::Customer, create),
    Handler::new("ValidateRequest", Role::Customer, validate),
];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let filter = IssueFilter {
        text: request.query("searchTerm").unwrap_or_default().trim_matches('*'),
        closed: match request.query("requestStatus") {
            Some("OPEN_REQUESTS") => Some(false),
            Some("CLOSED_REQUESTS") => Some(true),
            _ => None,
        },
        desk: request.query("serviceDeskId"),
        request_type: request.query("requestTypeId"),
        ownership: request.list("requestOwnership"),
        organization: request.query("organizationId"),
        pending: match request.query("approvalStatus") {
            Some("MY_PENDING_APPROVAL") => Some(true),
            Some("MY_HISTORY_APPROVAL") => Some(false),
            _ => None,
        },
    };
    let issues = site.find_issues(&request.caller, &filter)?;
    Ok(Response::ok(page(request, &issues, EXPANDS, |found| issue(site, found, request))?))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let found = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::ok(issue(site, found, request)))
}

fn create(site: &mut Site, request: &Request) -> Outcome {
    let participants = request.texts("requestParticipants").unwrap_or_default();
    let id = site.create_issue(&request.caller, &draft(request, &participants))?;
    Ok(Response::created(issue(site, site.issue_by_id(id)?, request)))
}

fn validate(site: &mut Site, request: &Request) -> Outcome {
    let participants = request.texts("requestParticipants").unwrap_or_default();
    site.check_issue(&request.caller, &draft(request, &participants))?;
    Ok(Response::ok(validation_result(true)))
}

fn draft<'a>(request: &'a Request, participants: &'a [&'a str]) -> Draft<'a> {
    Draft {
        desk: request.text("serviceDeskId"),
        request_type: request.text("requestTypeId"),
        reporter: request.text("raiseOnBehalfOf"),
        participants,
        fields: request.object("/requestFieldValues"),
        adf: request.bool("isAdfRequest") == Some(true),
        form_answers: request.object("/form/answers"),
    }
}
