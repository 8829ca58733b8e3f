//! Queues, and the issues in them as the platform writes issues.

use serde_json::{Value, json};

use super::links::API;
use super::user::user_by_id;
use crate::domain::entities::issue::Issue;
use crate::domain::entities::service_desk::{Queue, ServiceDesk};
use crate::domain::site::Site;
use crate::message::request::{Links, Request};
use crate::views::date::date;

const FIELDS: [&str; 5] = ["issuetype", "summary", "created", "reporter", "status"];

/// A queue, with the number of its issues where the request asks for it.
pub(crate) fn queue(site: &Site, desk: &ServiceDesk, queue: &Queue, request: &Request) -> Value {
    let address = format!("{}{API}/servicedesk/{}/queue/{}", request.links.base, desk.id, queue.id);
    let mut json = json!({
        "id": queue.id.to_string(),
        "name": queue.name,
        "jql": queue.jql,
        "fields": FIELDS,
        "_links": {"self": address},
    });
    if request.flag("includeCount") == Some(true) {
        json["issueCount"] = site.queue_issues(desk, queue).len().into();
    }
    json
}

pub(crate) fn queue_issue(site: &Site, issue: &Issue, links: &Links) -> Value {
    json!({
        "id": issue.id.to_string(),
        "key": issue.key,
        "self": format!("{}/rest/api/2/issue/{}", links.base, issue.id),
        "fields": {
            "summary": issue.summary(),
            "created": date(issue.created)["jira"],
            "reporter": user_by_id(site, &issue.reporter, links),
            "status": {"name": issue.status().name},
            "issuetype": {"id": "10001", "name": "Service request", "subtask": false},
        },
    })
}
