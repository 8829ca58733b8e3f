//! Users, issues and errors as the Jira platform writes them.

use serde_json::{Map, Value, json};

use crate::domain::entities::issue::Issue;
use crate::domain::entities::person::{Person, Role};
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::message::response::Response;
use crate::views::date::date;

pub(crate) fn user(person: &Person, base: &str) -> Value {
    let mut id = form_urlencoded::Serializer::new(String::new());
    id.append_pair("accountId", &person.account_id);
    let avatar = |size: u32| format!("{base}/avatar/{size}.png");
    json!({
        "self": format!("{base}/rest/api/3/user?{}", id.finish()),
        "accountId": person.account_id,
        "accountType": if person.role >= Role::Agent { "atlassian" } else { "customer" },
        "emailAddress": person.email,
        "displayName": person.name,
        "active": person.active,
        "timeZone": "Etc/UTC",
        "avatarUrls": {
            "16x16": avatar(16), "24x24": avatar(24), "32x32": avatar(32), "48x48": avatar(48),
        },
    })
}

/// An issue, with the fields of these names, or with all.
pub(crate) fn issue(site: &Site, issue: &Issue, wanted: Option<&[&str]>, base: &str) -> Value {
    let person = |account_id: &str| site.person(account_id).map_or(Value::Null, |person| user(person, base));
    let (status, _) = issue.status_since();
    let mut fields = Map::new();
    for (id, value) in &issue.fields {
        let value = match (id.as_str(), value.as_str()) {
            ("description", Some(text)) => rich_text(text),
            _ => value.clone(),
        };
        fields.insert(id.clone(), value);
    }
    let desk = site.desk_by_id(issue.desk);
    fields.extend([
        ("created".to_owned(), date(issue.created)["jira"].clone()),
        ("updated".to_owned(), date(issue.updated)["jira"].clone()),
        ("reporter".to_owned(), person(&issue.reporter)),
        ("creator".to_owned(), person(&issue.reporter)),
        ("status".to_owned(), json!({"name": status.name})),
        ("project".to_owned(), desk.map_or(Value::Null, |desk| json!({"key": desk.key, "name": desk.name}))),
    ]);
    if let Some(wanted) = wanted.filter(|wanted| !wanted.iter().any(|name| name.starts_with('*'))) {
        fields.retain(|id, _| wanted.contains(&id.as_str()));
    }
    json!({
        "id": issue.id.to_string(),
        "key": issue.key,
        "self": format!("{base}/rest/api/3/issue/{}", issue.id),
        "fields": fields,
    })
}

/// A text in the Atlassian Document Format.
fn rich_text(text: &str) -> Value {
    let paragraphs = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| json!({"type": "paragraph", "content": [{"type": "text", "text": line}]}));
    json!({"type": "doc", "version": 1, "content": paragraphs.collect::<Vec<_>>()})
}

/// The response to a request that a rule refused.
pub(crate) fn refused(error: &Error) -> Response {
    let (status, errors) = match error {
        Error::NotFound(_) => (404, json!({})),
        Error::Forbidden(_) => (403, json!({})),
        Error::InvalidFields(errors) => {
            return Response::json(400, json!({"errorMessages": [], "errors": errors}));
        }
        _ => (400, json!({})),
    };
    Response::json(status, json!({"errorMessages": [error.to_string()], "errors": errors}))
}
