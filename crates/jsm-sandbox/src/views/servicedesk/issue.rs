//! Customer requests, with all that a request expands.

use serde_json::{Value, json};

use super::attachment::attachment;
use super::comment::comment;
use super::links::{API, issue_path};
use super::request_type::request_type;
use super::rich_text::rich_text;
use super::service_desk::service_desk;
use super::sla::sla;
use super::status::status;
use super::user::user_by_id;
use crate::domain::entities::field::{Field, FieldKind};
use crate::domain::entities::issue::{Feedback, Issue};
use crate::domain::site::Site;
use crate::message::request::Request;
use crate::views::date::date;
use crate::views::page::first_page;

pub(crate) const EXPANDS: &[&str] =
    &["participant", "status", "sla", "requestType", "serviceDesk", "attachment", "action", "comment"];

pub(crate) fn issue(site: &Site, issue: &Issue, request: &Request) -> Value {
    let base = &request.links.base;
    let mut json = json!({
        "_expands": EXPANDS,
        "_links": {
            "self": format!("{base}{API}/request/{}", issue.id),
            "jiraRest": format!("{base}/rest/api/2/issue/{}", issue.id),
            "web": format!("{base}/servicedesk/customer/portal/{}/{}", issue.desk, issue.key),
            "agent": format!("{base}/browse/{}", issue.key),
        },
        "issueId": issue.id.to_string(),
        "issueKey": issue.key,
        "summary": issue.summary(),
        "requestTypeId": issue.request_type.to_string(),
        "serviceDeskId": issue.desk.to_string(),
        "createdDate": date(issue.created),
        "reporter": user_by_id(site, &issue.reporter, &request.links),
        "requestFieldValues": field_values(site, issue),
        "currentStatus": status(issue.status_since()),
    });
    let links = &request.links;
    let path = |list: &str| issue_path(issue, list);
    let mut expand = |names: &[&str], property: &str, view: &dyn Fn() -> Option<Value>| {
        if let Some(value) = names.iter().any(|name| request.expands(name)).then(view).flatten() {
            json[property] = value;
        }
    };
    expand(&["serviceDesk"], "serviceDesk", &|| {
        site.desk_by_id(issue.desk).map(|desk| service_desk(desk, links))
    });
    expand(&["requestType"], "requestType", &|| {
        site.request_type_by_id(issue.request_type).map(|kind| request_type(kind, request))
    });
    expand(&["participant"], "participants", &|| {
        let participants: Vec<&String> = issue.participants.iter().collect();
        Some(first_page(request, &path("participant"), &participants, |account_id| {
            user_by_id(site, account_id, links)
        }))
    });
    expand(&["status"], "status", &|| {
        Some(first_page(request, &path("status"), &issue.history(), |entry| status(*entry)))
    });
    expand(&["sla"], "sla", &|| {
        Some(first_page(request, &path("sla"), site.metrics(issue), |metric| sla(site, metric, issue, links)))
    });
    expand(&["attachment"], "attachments", &|| {
        let files = issue.attachments_for(&request.caller);
        Some(first_page(request, &path("attachment"), &files, |file| attachment(site, issue, file, links)))
    });
    expand(&["comment", "comment.attachment", "comment.renderedBody"], "comments", &|| {
        let comments = issue.comments_for(&request.caller);
        Some(first_page(request, &path("comment"), &comments, |found| comment(site, issue, found, request)))
    });
    expand(&["action"], "actions", &|| {
        let allowed = |yes: bool| json!({"allowed": yes});
        let agent = request.caller.is_agent();
        Some(json!({
            "addAttachment": allowed(true),
            "addComment": allowed(true),
            "addParticipant": allowed(agent),
            "removeParticipant": allowed(agent),
        }))
    });
    json
}

fn field_values(site: &Site, issue: &Issue) -> Vec<Value> {
    let Some(kind) = site.request_type_by_id(issue.request_type) else { return Vec::new() };
    let view = |(field, value): (&Field, &Value)| {
        let mut json = json!({"fieldId": field.id, "label": field.name, "value": value});
        if let (FieldKind::TextArea, Some(text)) = (field.kind, value.as_str()) {
            json["renderedValue"] = rich_text(text);
        }
        json
    };
    let visible = kind.fields.iter().filter(|field| field.visible);
    visible.filter_map(|field| Some((field, issue.fields.get(&field.id)?))).map(view).collect()
}

pub(crate) fn feedback(feedback: &Feedback) -> Value {
    json!({"type": "csat", "rating": feedback.rating, "comment": {"body": feedback.comment}})
}
