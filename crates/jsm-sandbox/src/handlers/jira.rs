//! The endpoints of the Jira platform that programs use beside the APIs: users, and the fields of issues.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::handler::Outcome;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::message::response::Response;
use crate::views::jira::{issue, user};

/// An endpoint of the Jira platform.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// OAuth scopes: all of one of these sets are needed.
    pub(crate) scopes: &'static [&'static [&'static str]],
    pub(crate) run: fn(&mut Site, &JiraRequest<'_>) -> Outcome,
}

/// A request to one of them.
#[derive(Debug)]
pub(crate) struct JiraRequest<'a> {
    pub(crate) caller: Caller,
    /// The parameters in the path, decoded.
    pub(crate) path: &'a BTreeMap<&'static str, String>,
    pub(crate) query: Vec<(String, String)>,
    /// The body; `null` when there is none.
    pub(crate) body: Value,
    /// Scheme, host and all that precedes the platform's own path.
    pub(crate) base: String,
}

const READ_USERS: &[&[&str]] = &[&["read:jira-user"], &["read:user:jira"]];
const READ_ISSUES: &[&[&str]] = &[&["read:jira-work"], &["read:issue:jira"]];
const WRITE_ISSUES: &[&[&str]] = &[&["write:jira-work"], &["write:issue:jira"]];
const ISSUE: &str = "/rest/api/3/issue/{issueIdOrKey}";

pub(crate) static ENDPOINTS: [Endpoint; 4] = [
    Endpoint { method: "GET", path: "/rest/api/3/myself", scopes: READ_USERS, run: myself },
    Endpoint { method: "GET", path: "/rest/api/3/user/search", scopes: READ_USERS, run: find_users },
    Endpoint { method: "GET", path: ISSUE, scopes: READ_ISSUES, run: get_issue },
    Endpoint { method: "PUT", path: ISSUE, scopes: WRITE_ISSUES, run: edit_issue },
];

/// How many users are found at once, by default and at most.
const USERS: (usize, usize) = (50, 1_000);

impl JiraRequest<'_> {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, default: usize) -> Result<usize, Error> {
        match self.query(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Error::invalid(format!("{name} takes a number."))),
        }
    }

    fn named_issue(&self) -> &str {
        self.path.get("issueIdOrKey").map_or("", String::as_str)
    }
}

fn myself(site: &mut Site, request: &JiraRequest<'_>) -> Outcome {
    let person = site.person(&request.caller.account_id).ok_or(Error::NotFound("The user"))?;
    let mut json = user(person, &request.base);
    json["locale"] = "en_US".into();
    Ok(Response::ok(json))
}

fn find_users(site: &mut Site, request: &JiraRequest<'_>) -> Outcome {
    let (text, account_id) = (request.query("query"), request.query("accountId"));
    if text.is_none() && account_id.is_none() {
        return Err(Error::invalid("A query or an accountId is needed."));
    }
    let (start, most) = (request.number("startAt", 0)?, request.number("maxResults", USERS.0)?);
    let text = text.map(str::to_lowercase);
    let found = site.find_people(&request.caller, |person| {
        text.as_deref().is_none_or(|text| person.matches(text))
            && account_id.is_none_or(|id| person.account_id == id)
    });
    let page = found.into_iter().skip(start).take(most.min(USERS.1));
    Ok(Response::ok(page.map(|person| user(person, &request.base)).collect::<Vec<Value>>()))
}

fn get_issue(site: &mut Site, request: &JiraRequest<'_>) -> Outcome {
    let found = site.issue(&request.caller, request.named_issue())?;
    let wanted = request.query("fields").map(|names| names.split(',').map(str::trim).collect::<Vec<_>>());
    Ok(Response::ok(issue(site, found, wanted.as_deref(), &request.base)))
}

fn edit_issue(site: &mut Site, request: &JiraRequest<'_>) -> Outcome {
    let fields = match &request.body["fields"] {
        Value::Object(fields) => fields.clone(),
        Value::Null => Map::new(),
        _ => return Err(Error::invalid("The property fields takes an object.")),
    };
    site.edit_issue(&request.caller, request.named_issue(), fields)?;
    Ok(Response::no_content())
}
