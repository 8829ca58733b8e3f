//! Raising an issue, and checking beforehand whether it could be raised: the same rules for both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::field_values::has_content;
use crate::domain::entities::approval::{Approval, Decision};
use crate::domain::entities::file::Attachment;
use crate::domain::entities::issue::Issue;
use crate::domain::entities::person::Caller;
use crate::domain::entities::workflow::{Status, Workflow};
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
        let first_status = match approval {
            Some(_) => Status::waiting_for_approval(),
            None => self.workflow(new.desk).map_or_else(|| Workflow::standard().first(), Workflow::first),
        };
        let issue = Issue {
            id,
            key,
            desk: new.desk,
            request_type: new.request_type,
            organization,
            created: now,
            updated: now,
            fields: new.fields,
            first_status,
            later_statuses: Vec::new(),
            sla_cycles: BTreeMap::new(),
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
        let mut new = self.checked(caller, draft)?;
        let files = new.fields.remove("attachment");
        let id = self.add_issue(new);
        for file in files.as_ref().and_then(Value::as_array).into_iter().flatten() {
            // A file that is named twice is attached once.
            let Some(file) = file.as_str().and_then(|id| self.temporary_files.remove(id)) else { continue };
            let attachment = Attachment {
                id: self.next("attachment", 30_000),
                comment: None,
                public: true,
                author: caller.account_id.clone(),
                created: self.now,
                file: file.file,
            };
            self.issue_by_id_mut(id)?.attachments.push(attachment);
        }
        Ok(id)
    }

    /// Refuses what `create_issue` would refuse, and changes nothing.
    pub(crate) fn check_issue(&self, caller: &Caller, draft: &Draft<'_>) -> Result<(), Error> {
        self.checked(caller, draft).map(drop)
    }

    fn checked(&self, caller: &Caller, draft: &Draft<'_>) -> Result<NewIssue, Error> {
        let desk = draft.desk.ok_or_else(|| Error::invalid("A serviceDeskId is needed."))?;
        // Only paths take the key of its project.
        let desk = desk.parse().ok().and_then(|id| self.desk_by_id(id));
        let desk = desk.filter(|desk| desk.is_visible_to(caller));
        let desk = desk.ok_or_else(|| Error::invalid("There is no service desk with this id."))?;
        let kind = draft.request_type.ok_or_else(|| Error::invalid("A requestTypeId is needed."))?;
        let kind = kind.parse().ok().and_then(|id: u64| self.request_types.get(&id));
        let kind = kind.filter(|kind| kind.desk == desk.id);
        let kind = kind.ok_or_else(|| Error::invalid("The service desk has no such request type."))?;
        if !kind.can_be_raised_by(caller.role) {
            return Err(Error::Forbidden("Only agents raise requests of this type."));
        }
        let reporter = self.reporter(caller, draft)?;
        let participants = self.new_participants(caller, draft)?;
        let fields = self.checked_fields(kind, draft.fields, draft.adf)?;
        let is_open =
            |id: &&String| !draft.form_answers.and_then(|answers| answers.get(*id)).is_some_and(has_content);
        let open: Vec<String> = kind.form.iter().filter(is_open).cloned().collect();
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
}
