//! Customer requests: finding them, seeing one, and how one is written.
//!
//! Creating and checking new ones is a file of its own, and so is everything that hangs on a request.

use serde_json::{Value, json};

use super::{attachments, comments, desks, request_types, slas, statuses};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::{first_page, page};
use crate::reply::{Outcome, Reply};
use crate::world::{Decision, FieldKind, Request, World};

pub(super) const BEHAVIOURS: &[Behaviour] =
    &[Behaviour::new("GetRequests", Role::Customer, list), Behaviour::new("GetRequest", Role::Customer, get)];

const EXPANDS: &[&str] =
    &["participant", "status", "sla", "requestType", "serviceDesk", "attachment", "action", "comment"];

fn list(world: &mut World, call: &Call) -> Outcome {
    if let Some(desk) = call.query("serviceDeskId") {
        let desk = world.desk(desk)?;
        if !desks::visible(desk, call) {
            return Err(Reply::not_found("The service desk"));
        }
    }
    let mut requests: Vec<&Request> =
        world.requests.values().filter(|request| wanted(world, request, call)).collect();
    // Latest activity first; a later id breaks a tie, as a request made later was active later.
    requests.sort_by_key(|request| std::cmp::Reverse((request.touched, request.id)));
    page(call, &requests, EXPANDS, |request| render(world, request, call))
}

fn wanted(world: &World, request: &Request, call: &Call) -> bool {
    let term = call.query("searchTerm").unwrap_or_default().trim_matches('*').to_lowercase();
    let status = match call.query("requestStatus") {
        Some("OPEN_REQUESTS") => !request.is_closed(),
        Some("CLOSED_REQUESTS") => request.is_closed(),
        _ => true,
    };
    let in_desk = call
        .query("serviceDeskId")
        .is_none_or(|desk| world.desk(desk).is_ok_and(|desk| desk.id == request.desk));
    let of_type = call.query("requestTypeId").is_none_or(|id| id == request.request_type.to_string());
    status
        && in_desk
        && of_type
        && request.summary().to_lowercase().contains(&term)
        && owned(world, request, call)
}

/// Whether one of the kinds of ownership asked for ties the caller to the request.
fn owned(world: &World, request: &Request, call: &Call) -> bool {
    let me = call.actor.account_id.as_str();
    let kinds = call.list("requestOwnership");
    let kinds = match kinds.is_empty() {
        true => vec!["OWNED_REQUESTS", "PARTICIPATED_REQUESTS", "ALL_ORGANIZATIONS"],
        false => kinds,
    };
    let of_mine =
        |id: u64| world.organizations.get(&id).is_some_and(|organization| organization.members.contains(me));
    kinds.into_iter().any(|kind| match kind {
        "OWNED_REQUESTS" => request.reporter == me,
        "PARTICIPATED_REQUESTS" => request.participants.contains(me),
        "ALL_ORGANIZATIONS" => request.organization.is_some_and(of_mine),
        "ORGANIZATION" => request
            .organization
            .is_some_and(|id| of_mine(id) && call.query("organizationId") == Some(id.to_string().as_str())),
        "APPROVER" => {
            request.approvals.iter().flat_map(|approval| &approval.approvers).any(|(approver, decision)| {
                let pending = *decision == Decision::Pending;
                approver == me
                    && match call.query("approvalStatus") {
                        Some("MY_PENDING_APPROVAL") => pending,
                        Some("MY_HISTORY_APPROVAL") => !pending,
                        _ => true,
                    }
            })
        }
        "ALL_REQUESTS" => visible(world, request, call),
        _ => false,
    })
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let request = in_path(world, call)?;
    Ok(Reply::ok(render(world, request, call)))
}

/// The request that the path names, if the caller may see it.
pub(super) fn in_path<'a>(world: &'a World, call: &Call) -> Result<&'a Request, Reply> {
    let named = ["issueIdOrKey", "requestIdOrKey"]
        .into_iter()
        .map(|name| call.path(name))
        .find(|text| !text.is_empty());
    named
        .and_then(|named| world.request_id(named))
        .and_then(|id| world.requests.get(&id))
        .filter(|request| visible(world, request, call))
        .ok_or_else(|| Reply::not_found("The request"))
}

/// Agents see every request; others those they reported, take part in, approve, or share by an organization.
fn visible(world: &World, request: &Request, call: &Call) -> bool {
    let me = &call.actor.account_id;
    call.actor.role >= Role::Agent
        || request.reporter == *me
        || request.participants.contains(me)
        || request
            .approvals
            .iter()
            .flat_map(|approval| &approval.approvers)
            .any(|(approver, _)| approver == me)
        || request
            .organization
            .and_then(|id| world.organizations.get(&id))
            .is_some_and(|organization| organization.members.contains(me))
}

pub(super) fn render(world: &World, request: &Request, call: &Call) -> Value {
    let base = &call.base;
    let part = |name: &str| path_of(request, name);
    let (status, since) = request.history.last().copied().unwrap_or((request.status(), request.created));
    let mut json = json!({
        "_expands": EXPANDS,
        "_links": {
            "self": format!("{base}/rest/servicedeskapi/request/{}", request.id),
            "jiraRest": format!("{base}/rest/api/2/issue/{}", request.id),
            "web": format!("{base}/servicedesk/customer/portal/{}/{}", request.desk, request.key),
            "agent": format!("{base}/browse/{}", request.key),
        },
        "issueId": request.id.to_string(),
        "issueKey": request.key,
        "summary": request.summary(),
        "requestTypeId": request.request_type.to_string(),
        "serviceDeskId": request.desk.to_string(),
        "createdDate": date::render(request.created),
        "reporter": person(world, &request.reporter, call),
        "requestFieldValues": fields(world, request),
        "currentStatus": statuses::render(status, since),
    });
    if call.expands("serviceDesk")
        && let Some(desk) = world.desks.get(&request.desk)
    {
        json["serviceDesk"] = desks::render(desk, call);
    }
    if call.expands("requestType")
        && let Some(kind) = world.request_types.get(&request.request_type)
    {
        json["requestType"] = request_types::render(kind, call);
    }
    if call.expands("participant") {
        let participants: Vec<&String> = request.participants.iter().collect();
        json["participants"] =
            first_page(call, &part("participant"), &participants, |id| person(world, id, call));
    }
    if call.expands("status") {
        let history: Vec<_> = request.history.iter().rev().collect();
        json["status"] =
            first_page(call, &part("status"), &history, |(status, since)| statuses::render(*status, *since));
    }
    if call.expands("sla") {
        json["sla"] =
            first_page(call, &part("sla"), &slas::METRICS, |metric| slas::render(metric, request, call));
    }
    if call.expands("attachment") {
        let files = attachments::seen(request, call);
        json["attachments"] = first_page(call, &part("attachment"), &files, |file| {
            attachments::render(world, request, file, call)
        });
    }
    if call.expands("comment") || call.expands("comment.attachment") || call.expands("comment.renderedBody") {
        let said = comments::seen(request, call);
        json["comments"] = first_page(call, &part("comment"), &said, |comment| {
            comments::render(world, request, comment, call)
        });
    }
    if call.expands("action") {
        let allowed = |yes: bool| json!({"allowed": yes});
        let agent = call.actor.role >= Role::Agent;
        json["actions"] = json!({
            "addAttachment": allowed(true),
            "addComment": allowed(true),
            "addParticipant": allowed(agent),
            "removeParticipant": allowed(agent),
        });
    }
    json
}

/// Where a list that hangs on a request is answered.
pub(super) fn path_of(request: &Request, list: &str) -> String {
    format!("/rest/servicedeskapi/request/{}/{list}", request.id)
}

/// A user, or null for one who is gone.
pub(super) fn person(world: &World, account_id: &str, call: &Call) -> Value {
    world.people.get(account_id).map_or(Value::Null, |person| person.render(&call.base))
}

fn fields(world: &World, request: &Request) -> Vec<Value> {
    let Some(kind) = world.request_types.get(&request.request_type) else { return Vec::new() };
    kind.fields
        .iter()
        .filter(|field| field.visible)
        .filter_map(|field| Some((field, request.fields.get(field.id)?)))
        .map(|(field, value)| {
            let mut json = json!({"fieldId": field.id, "label": field.name, "value": value});
            if let (FieldKind::Text, "description", Some(text)) = (&field.kind, field.id, value.as_str()) {
                json["renderedValue"] = json!({"html": html(text)});
            }
            json
        })
        .collect()
}

/// A text as the portal would show it.
pub(super) fn html(text: &str) -> String {
    format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}
