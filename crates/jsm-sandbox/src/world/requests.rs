//! Request types, requests, and all that hangs on them.
//!
//! How they are written as JSON stands with the behaviours that answer them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::World;
use crate::reply::Reply;

/// A kind of request that a desk offers.
#[derive(Clone, Debug)]
pub(crate) struct RequestType {
    pub(crate) id: u64,
    pub(crate) desk: u64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) help_text: String,
    pub(crate) issue_type: u64,
    pub(crate) groups: Vec<u64>,
    /// Whether only agents may raise it.
    pub(crate) restricted: bool,
    pub(crate) fields: Vec<Field>,
    /// The ids of the questions that its form asks and that need an answer.
    pub(crate) form: Vec<&'static str>,
    /// Who has to approve a request of this type, if anybody.
    pub(crate) approvers: Vec<String>,
    pub(crate) properties: BTreeMap<String, Value>,
}

/// What a request type asks for.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) visible: bool,
    pub(crate) kind: FieldKind,
}

/// What a field takes.
#[derive(Clone, Debug)]
pub(crate) enum FieldKind {
    Text,
    Choice(&'static [(&'static str, &'static str)]),
    Date,
    User,
    Attachments,
}

/// A heading under which a portal lists request types.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) name: String,
}

/// A list of requests that agents work through.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) jql: String,
    pub(crate) holds: fn(&Request) -> bool,
}

/// A status of the workflow that every request goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
}

/// A way from one status to another.
#[derive(Debug)]
pub(crate) struct Transition {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    from: &'static [Status],
    pub(crate) to: Status,
}

pub(crate) const WAITING_FOR_SUPPORT: Status = Status { name: "Waiting for support", category: "NEW" };
pub(crate) const WAITING_FOR_APPROVAL: Status = Status { name: "Waiting for approval", category: "NEW" };
pub(crate) const IN_PROGRESS: Status = Status { name: "In progress", category: "INDETERMINATE" };
pub(crate) const RESOLVED: Status = Status { name: "Resolved", category: "DONE" };
pub(crate) const DECLINED: Status = Status { name: "Declined", category: "DONE" };
pub(crate) const CANCELED: Status = Status { name: "Canceled", category: "DONE" };

const OPEN: &[Status] = &[WAITING_FOR_SUPPORT, IN_PROGRESS];

/// The workflow of every desk.
pub(crate) const TRANSITIONS: &[Transition] = &[
    Transition { id: "11", name: "Escalate", from: &[WAITING_FOR_SUPPORT], to: IN_PROGRESS },
    Transition { id: "21", name: "Mark as resolved", from: OPEN, to: RESOLVED },
    Transition { id: "31", name: "Reopen", from: &[RESOLVED, CANCELED], to: WAITING_FOR_SUPPORT },
    Transition { id: "41", name: "Cancel request", from: OPEN, to: CANCELED },
];

/// A request of a customer.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) desk: u64,
    pub(crate) request_type: u64,
    pub(crate) reporter: String,
    pub(crate) organization: Option<u64>,
    pub(crate) created: i64,
    /// When anything last happened to it.
    pub(crate) touched: i64,
    pub(crate) fields: Map<String, Value>,
    /// Every status it had and since when; never empty.
    pub(crate) history: Vec<(Status, i64)>,
    pub(crate) participants: BTreeSet<String>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) subscribers: BTreeSet<String>,
    pub(crate) feedback: Option<(i64, String)>,
    /// Whether an agent made it visible on the help center after it came in elsewhere.
    pub(crate) raised: bool,
}

/// Something said on a request.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) public: bool,
    pub(crate) created: i64,
}

/// A file on a request.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) id: u64,
    pub(crate) comment: u64,
    pub(crate) public: bool,
    pub(crate) author: String,
    pub(crate) created: i64,
    pub(crate) file: File,
}

/// A file's name and content.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

/// A file that was uploaded to a desk and is not yet on a request.
#[derive(Clone, Debug)]
pub(crate) struct TemporaryFile {
    pub(crate) desk: u64,
    pub(crate) expires: i64,
    pub(crate) file: File,
}

/// A question whether a request may go ahead.
#[derive(Clone, Debug)]
pub(crate) struct Approval {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) created: i64,
    pub(crate) completed: Option<i64>,
    pub(crate) approvers: Vec<(String, Decision)>,
}

/// What an approver, or all of them together, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Pending,
    Approved,
    Declined,
}

/// A page of the knowledge base.
#[derive(Clone, Debug)]
pub(crate) struct Article {
    pub(crate) id: u64,
    pub(crate) desk: u64,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

impl Decision {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Decision::Pending => "pending",
            Decision::Approved => "approved",
            Decision::Declined => "declined",
        }
    }
}

impl Approval {
    /// One that declines decides for all; to approve takes everybody.
    pub(crate) fn decision(&self) -> Decision {
        if self.approvers.iter().any(|(_, decision)| *decision == Decision::Declined) {
            Decision::Declined
        } else if self.approvers.iter().all(|(_, decision)| *decision == Decision::Approved) {
            Decision::Approved
        } else {
            Decision::Pending
        }
    }
}

impl Request {
    pub(crate) fn summary(&self) -> &str {
        self.fields.get("summary").and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Status {
        self.history.last().map_or(WAITING_FOR_SUPPORT, |(status, _)| *status)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.status().category == "DONE"
    }

    /// The transitions that lead on from where it is.
    pub(crate) fn transitions(&self) -> Vec<&'static Transition> {
        TRANSITIONS.iter().filter(|transition| transition.from.contains(&self.status())).collect()
    }

    pub(crate) fn go_to(&mut self, status: Status, now: i64) {
        self.history.push((status, now));
        self.touched = now;
    }
}

/// What a new request is made of.
#[derive(Debug)]
pub(crate) struct NewRequest<'a> {
    pub(crate) desk: u64,
    pub(crate) request_type: u64,
    pub(crate) reporter: &'a str,
    pub(crate) participants: BTreeSet<String>,
    pub(crate) fields: Map<String, Value>,
}

impl World {
    /// Files a request under the next key of its desk.
    pub(crate) fn add_request(&mut self, new: NewRequest<'_>) -> u64 {
        let now = self.now;
        let id = self.next("request", 10_000);
        let number = match self.desks.get_mut(&new.desk) {
            Some(desk) => {
                desk.requests += 1;
                desk.requests
            }
            None => id,
        };
        let key = self.desks.get(&new.desk).map_or("REQ", |desk| desk.key.as_str());
        let key = format!("{key}-{number}");
        let organization = self
            .organizations
            .values()
            .find(|organization| organization.members.contains(new.reporter))
            .map(|found| found.id);
        let approvers =
            self.request_types.get(&new.request_type).map(|kind| kind.approvers.clone()).unwrap_or_default();
        let mut request = Request {
            id,
            key,
            desk: new.desk,
            request_type: new.request_type,
            reporter: new.reporter.to_owned(),
            organization,
            created: now,
            touched: now,
            fields: new.fields,
            history: vec![(WAITING_FOR_SUPPORT, now)],
            participants: new.participants,
            comments: Vec::new(),
            attachments: Vec::new(),
            approvals: Vec::new(),
            subscribers: BTreeSet::from([new.reporter.to_owned()]),
            feedback: None,
            raised: false,
        };
        if !approvers.is_empty() {
            request.history = vec![(WAITING_FOR_APPROVAL, now)];
            let approvers = approvers.into_iter().map(|account_id| (account_id, Decision::Pending)).collect();
            let id = self.next("approval", 1);
            request.approvals.push(Approval {
                id,
                name: "Manager approval",
                created: now,
                completed: None,
                approvers,
            });
        }
        self.requests.insert(id, request);
        id
    }

    /// A request type that asks for a summary and a description.
    pub(crate) fn add_request_type(&mut self, desk: u64, name: &str, issue_type: u64) -> u64 {
        let id = self.next("request type", 1);
        let text = |id, name, required| Field { id, name, required, visible: true, kind: FieldKind::Text };
        let kind = RequestType {
            id,
            desk,
            name: name.to_owned(),
            description: String::new(),
            help_text: String::new(),
            issue_type,
            groups: Vec::new(),
            restricted: false,
            fields: vec![
                text("summary", "What do you need?", true),
                text("description", "Why do you need it?", false),
            ],
            form: Vec::new(),
            approvers: Vec::new(),
            properties: BTreeMap::new(),
        };
        self.request_types.insert(id, kind);
        id
    }

    pub(crate) fn request_type_mut(&mut self, id: u64) -> Result<&mut RequestType, Reply> {
        self.request_types.get_mut(&id).ok_or_else(|| Reply::not_found("The request type"))
    }

    pub(crate) fn request_id(&self, id_or_key: &str) -> Option<u64> {
        self.requests
            .values()
            .find(|request| {
                request.key.eq_ignore_ascii_case(id_or_key) || request.id.to_string() == id_or_key
            })
            .map(|request| request.id)
    }

    pub(crate) fn request_mut(&mut self, id: u64) -> Result<&mut Request, Reply> {
        self.requests.get_mut(&id).ok_or_else(|| Reply::not_found("The request"))
    }

    pub(crate) fn add_comment(
        &mut self,
        request: u64,
        author: &str,
        body: &str,
        public: bool,
    ) -> Result<u64, Reply> {
        let (id, now) = (self.next("comment", 1_000), self.now);
        let request = self.request_mut(request)?;
        request.touched = now;
        request.comments.push(Comment {
            id,
            author: author.to_owned(),
            body: body.to_owned(),
            public,
            created: now,
        });
        Ok(id)
    }
}
