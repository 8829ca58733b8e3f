//! Raising an issue, and checking beforehand whether it could be raised: the same rules for both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::domain::entities::approval::{Approval, Decision};
use crate::domain::entities::issue::Issue;
use crate::domain::entities::person::Caller;
use crate::domain::entities::request_type::{Field, FieldKind, RequestType};
use crate::domain::entities::workflow::{WAITING_FOR_APPROVAL, WAITING_FOR_SUPPORT};
use crate::domain::error::Error;
use crate::domain::site::Site;

/// What a request says of an issue to raise.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) desk: Option<&'a str>,
    pub(crate) request_type: Option<&'a str>,
    /// The account to raise it for, where that is not the caller.
    pub(crate) reporter: Option<&'a str>,
    pub(crate) participants: &'a [&'a str],
    pub(crate) fields: Option<&'a Map<String, Value>>,
    /// Whether texts come in the Atlassian Document Format.
    pub(crate) adf: bool,
    /// The answers to the questions of a form, by the questions' ids.
    pub(crate) form_answers: Option<&'a Map<String, Value>>,
}

/// An issue that can be raised.
#[derive(Debug)]
pub(in crate::domain) struct NewIssue {
    pub(in crate::domain) desk: u64,
    pub(in crate::domain) request_type: u64,
    pub(in crate::domain) reporter: String,
    pub(in crate::domain) participants: BTreeSet<String>,
    pub(in crate::domain) fields: Map<String, Value>,
}

impl Site {
    /// Adds an issue under the next key of its service desk.
    pub(in crate::domain) fn add_issue(&mut self, new: NewIssue) -> u64 {
        let now = self.now;
        let id = self.next("request", 10_000);
        let key = match self.desks.get_mut(&new.desk) {
            Some(desk) => {
                desk.last_number += 1;
                format!("{}-{}", desk.key, desk.last_number)
            }
            None => format!("REQ-{id}"),
        };
        let organization = self.organizations_of(&new.reporter).first().map(|organization| organization.id);
        let approvers = self.request_types.get(&new.request_type).map(|kind| kind.approvers.clone());
        let approvers = approvers.filter(|approvers| !approvers.is_empty());
        let approval = approvers.map(|approvers| Approval {
            id: self.next("approval", 1),
            name: "Manager approval",
            created: now,
            completed: None,
            approvers: approvers.into_iter().map(|account_id| (account_id, Decision::Pending)).collect(),
        });
        let status = if approval.is_some() { WAITING_FOR_APPROVAL } else { WAITING_FOR_SUPPORT };
        let issue = Issue {
            id,
            key,
            desk: new.desk,
            request_type: new.request_type,
            organization,
            created: now,
            updated: now,
            fields: new.fields,
            history: vec![(status, now)],
            participants: new.participants,
            comments: Vec::new(),
            attachments: Vec::new(),
            approvals: approval.into_iter().collect(),
            subscribers: BTreeSet::from([new.reporter.clone()]),
            reporter: new.reporter,
            feedback: None,
            raised: false,
        };
        self.issues.insert(id, issue);
        id
    }

    /// Raises an issue, and returns its id.
    pub(crate) fn create_issue(&mut self, caller: &Caller, draft: &Draft<'_>) -> Result<u64, Error> {
        let new = self.checked(caller, draft)?;
        Ok(self.add_issue(new))
    }

    /// Refuses what `create_issue` would refuse, and changes nothing.
    pub(crate) fn check_issue(&self, caller: &Caller, draft: &Draft<'_>) -> Result<(), Error> {
        self.checked(caller, draft).map(drop)
    }

    fn checked(&self, caller: &Caller, draft: &Draft<'_>) -> Result<NewIssue, Error> {
        let desk = draft.desk.ok_or_else(|| Error::invalid("A serviceDeskId is needed."))?;
        let desk = self.visible_desk(caller, desk);
        let desk = desk.map_err(|_| Error::invalid("There is no such service desk."))?;
        let kind = draft.request_type.ok_or_else(|| Error::invalid("A requestTypeId is needed."))?;
        let kind = kind.parse().ok().and_then(|id: u64| self.request_types.get(&id));
        let kind = kind.filter(|kind| kind.desk == desk.id);
        let kind = kind.ok_or_else(|| Error::invalid("The service desk has no such request type."))?;
        if !kind.can_be_raised_by(caller.role) {
            return Err(Error::Forbidden("Only agents raise requests of this type."));
        }
        let reporter = self.reporter(caller, draft)?;
        let participants = self.new_participants(caller, draft)?;
        let fields = self.checked_fields(kind, draft)?;
        let is_open = |id: &&str| {
            !draft.form_answers.and_then(|form_answers| form_answers.get(*id)).is_some_and(has_content)
        };
        let open: Vec<&'static str> = kind.form.iter().copied().filter(is_open).collect();
        if !open.is_empty() {
            return Err(Error::UnansweredForm(open));
        }
        Ok(NewIssue { desk: desk.id, request_type: kind.id, reporter, participants, fields })
    }

    fn reporter(&self, caller: &Caller, draft: &Draft<'_>) -> Result<String, Error> {
        let Some(other) = draft.reporter else { return Ok(caller.account_id.clone()) };
        if !caller.is_agent() {
            return Err(Error::Forbidden("Only agents raise requests for another account."));
        }
        match self.people.contains_key(other) {
            true => Ok(other.to_owned()),
            false => Err(Error::invalid(format!("There is no account '{other}' to raise a request for."))),
        }
    }

    fn new_participants(&self, caller: &Caller, draft: &Draft<'_>) -> Result<BTreeSet<String>, Error> {
        if !draft.participants.is_empty() && !caller.is_agent() {
            return Err(Error::Forbidden("Only agents name participants of a new request."));
        }
        match draft.participants.iter().find(|account_id| !self.people.contains_key(**account_id)) {
            Some(unknown) => Err(Error::invalid(format!("There is no account '{unknown}' to take part."))),
            None => Ok(draft.participants.iter().map(|account_id| (*account_id).to_owned()).collect()),
        }
    }

    fn checked_fields(&self, kind: &RequestType, draft: &Draft<'_>) -> Result<Map<String, Value>, Error> {
        let given = draft.fields.cloned().unwrap_or_default();
        let mut errors = BTreeMap::new();
        for (id, value) in &given {
            let error = match kind.fields.iter().find(|field| field.id == id) {
                None => Some("The field is not on the form of this request type.".to_owned()),
                Some(field) => self
                    .expected_value(field, kind.desk, value, draft.adf)
                    .map(|expected| format!("{} takes {expected}.", field.name)),
            };
            errors.extend(error.map(|error| (id.clone(), error)));
        }
        for field in kind.fields.iter().filter(|field| field.required) {
            if !given.get(field.id).is_some_and(has_content) {
                errors.insert(field.id.to_owned(), format!("{} is required.", field.name));
            }
        }
        if errors.is_empty() { Ok(given) } else { Err(Error::InvalidFields(errors)) }
    }

    /// What a field takes, where that is not this value.
    fn expected_value(&self, field: &Field, desk: u64, value: &Value, adf: bool) -> Option<&'static str> {
        let text_of = |keys: &[&str]| keys.iter().find_map(|key| value.get(*key)).and_then(Value::as_str);
        let (fits, expected) = match field.kind {
            FieldKind::Text => (value.is_string() || adf && value.is_object(), "a text"),
            FieldKind::Choice(options) => {
                let is_option = |text: &str| options.iter().any(|(id, label)| text == *id || text == *label);
                let fits = text_of(&["id", "value", "name"]).is_some_and(is_option);
                (fits, "an object with the id or value of one of its options")
            }
            FieldKind::Date => (value.as_str().is_some_and(is_date), "a date like 2026-01-31"),
            FieldKind::User => {
                let fits = text_of(&["accountId", "id"]).is_some_and(|id| self.people.contains_key(id));
                (fits, "an object with an accountId")
            }
            FieldKind::Attachments => {
                let is_known = |id: &Value| {
                    let file = id.as_str().and_then(|id| self.temporary_files.get(id));
                    file.is_some_and(|file| file.desk == desk)
                };
                let fits = value.as_array().is_some_and(|ids| ids.iter().all(is_known));
                (fits, "a list of temporary attachment ids of this service desk")
            }
        };
        (!value.is_null() && !fits).then_some(expected)
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.char_indices().all(|(at, digit)| match at {
            4 | 7 => digit == '-',
            _ => digit.is_ascii_digit(),
        })
}

/// Whether a value is more than nothing, blanks, or a list or object of such.
fn has_content(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => members.values().any(has_content),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
