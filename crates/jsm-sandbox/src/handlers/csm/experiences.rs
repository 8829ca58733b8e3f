//! Customer experiences: who may enter a help center, and requests that come from there.

use serde_json::json;

use crate::domain::entities::person::Role;
use crate::domain::rules::experiences::ExternalDraft;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::organization::organization_summary;
use crate::views::page::{limit, offset};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetOrganizationsWithAccess", Role::Admin, list_organizations),
    Handler::new("GrantOrganizationsAccess", Role::Admin, grant),
    Handler::new("RevokeOrganizationAccess", Role::Admin, revoke),
    Handler::new("RaiseIssue", Role::Agent, raise),
    Handler::new("CreateExternalRequest", Role::Customer, create_external),
    Handler::new("AddRequestComment", Role::Customer, comment),
];

fn list_organizations(site: &mut Site, request: &Request) -> Outcome {
    let organizations = site.organizations_with_access(experience(request))?;
    let start = offset(request, "startAt")?.min(organizations.len());
    let limit = limit(request)?.min(request.links.page_cap);
    let to = start.saturating_add(limit).min(organizations.len());
    let results = organizations[start..to].iter().map(|found| organization_summary(found));
    Ok(Response::ok(json!({
        "startAt": start,
        "limit": limit,
        "size": to - start,
        "isLast": to == organizations.len(),
        "results": results.collect::<Vec<_>>(),
    })))
}

fn grant(site: &mut Site, request: &Request) -> Outcome {
    site.grant_access(experience(request), request.texts("organizationIds").as_deref())?;
    Ok(Response::no_content())
}

fn revoke(site: &mut Site, request: &Request) -> Outcome {
    site.revoke_access(experience(request), request.path("organizationId"))?;
    Ok(Response::no_content())
}

fn raise(site: &mut Site, request: &Request) -> Outcome {
    site.raise_issue(experience(request), request.path("issueIdOrKey"))?;
    Ok(Response::no_content())
}

fn create_external(site: &mut Site, request: &Request) -> Outcome {
    let draft = ExternalDraft {
        experience: request.text("helpCenterId"),
        origin: request.text("origin"),
        summary: request.text("summary"),
        description: request.text("description"),
        metadata: request.object("/metadata"),
        email: request.text("email"),
    };
    let issue = site.create_external_issue(&request.caller, &draft)?;
    Ok(Response::created(json!({"issueId": issue.id.to_string(), "issueKey": issue.key})))
}

fn comment(site: &mut Site, request: &Request) -> Outcome {
    let place = (experience(request), request.path("issueIdOrKey"));
    // The body is not documented: a text under one of the two names that similar operations have is taken.
    let text = request.text("comment").or_else(|| request.text("body"));
    let public = request.bool("public").unwrap_or(true);
    let id = site.comment_externally(&request.caller, place, text, public)?;
    Ok(Response::created(json!({"id": id.to_string()})))
}

fn experience(request: &Request) -> &str {
    request.path("helpCenterId")
}
