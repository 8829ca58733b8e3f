//! Queues, and the issues in them as the platform writes issues.

use serde_json::{Value, json};

use super::links::API;
use super::user::user_by_id;
use crate::domain::entities::issue::Issue;
use crate::domain::entities::service_desk::{Queue, ServiceDesk};
use crate::domain::site::Site;
use crate::message::request::{Links, Request};
use crate::views::date::date;

/// A queue, with the number of its issues where the request asks for it.
pub(crate) fn queue(site: &Site, desk: &ServiceDesk, queue: &Queue, request: &Request) -> Value {
    let address = format!("{}{API}/servicedesk/{}/queue/{}", request.links.base, desk.id, queue.id);
    let mut json = json!({
        "id": queue.id.to_string(),
        "name": queue.name,
        "jql": queue.jql,
        "fields": queue.columns,
        "_links": {"self": address},
    });
    if request.flag("includeCount") == Some(true) {
        json["issueCount"] = site.queue_issues(desk, queue).len().into();
    }
    json
}

/// An issue, with the fields that the queue shows.
pub(crate) fn queue_issue(site: &Site, queue: &Queue, issue: &Issue, links: &Links) -> Value {
    let field = |column: &str| match column {
        "created" => Some(date(issue.created)["jira"].clone()),
        "updated" => Some(date(issue.updated)["jira"].clone()),
        "reporter" => Some(user_by_id(site, &issue.reporter, links)),
        "status" => Some(json!({"name": issue.status().name})),
        "issuetype" => Some(json!({"id": "10001", "name": "Service request", "subtask": false})),
        other => issue.fields.get(other).cloned(),
    };
    let fields = queue.columns.iter().filter_map(|column| Some((column.clone(), field(column)?)));
    json!({
        "id": issue.id.to_string(),
        "key": issue.key,
        "self": format!("{}/rest/api/2/issue/{}", links.base, issue.id),
        "fields": Value::Object(fields.collect()),
    })
}
