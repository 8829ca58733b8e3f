//! Customer requests with all that hangs on them.
//!
//! They are called issues here, as the platform calls them: a request is always an HTTP request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::approval::Approval;
use super::file::Attachment;
use super::person::Caller;
use super::sla_cycle::SeededCycles;
use super::workflow::Status;

/// A request of a customer.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) desk: u64,
    pub(crate) request_type: u64,
    pub(crate) reporter: String,
    pub(crate) organization: Option<u64>,
    pub(crate) created: i64,
    /// When it changed last.
    pub(crate) updated: i64,
    pub(crate) fields: Map<String, Value>,
    /// The status that it was created in.
    pub(crate) first_status: Status,
    /// Every later status it had and since when.
    pub(crate) later_statuses: Vec<(Status, i64)>,
    /// The cycles of SLAs that a seed describes, by the SLAs' ids.
    pub(crate) sla_cycles: BTreeMap<u64, SeededCycles>,
    pub(crate) participants: BTreeSet<String>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) subscribers: BTreeSet<String>,
    pub(crate) feedback: Option<Feedback>,
    /// Whether an agent made it visible on the help center.
    pub(crate) raised: bool,
}

/// A comment on an issue.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    /// Whether customers see it.
    pub(crate) public: bool,
    pub(crate) created: i64,
}

/// How satisfied the reporter is.
#[derive(Clone, Debug)]
pub(crate) struct Feedback {
    /// From 1 to 5.
    pub(crate) rating: i64,
    pub(crate) comment: String,
}

impl Issue {
    pub(crate) fn summary(&self) -> &str {
        self.fields.get("summary").and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> &Status {
        self.status_since().0
    }

    /// The status, and since when it has it.
    pub(crate) fn status_since(&self) -> (&Status, i64) {
        let later = self.later_statuses.last().map(|(status, since)| (status, *since));
        later.unwrap_or((&self.first_status, self.created))
    }

    /// Every status it had and since when, the latest first.
    pub(crate) fn history(&self) -> Vec<(&Status, i64)> {
        let later = self.later_statuses.iter().rev().map(|(status, since)| (status, *since));
        later.chain([(&self.first_status, self.created)]).collect()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.status().is_done()
    }

    pub(crate) fn set_status(&mut self, status: Status, now: i64) {
        self.later_statuses.push((status, now));
        self.updated = now;
    }

    /// Whether this account has to approve the issue, or had to.
    pub(crate) fn is_approved_by(&self, account_id: &str) -> bool {
        self.approvals.iter().any(|approval| approval.decision_of(account_id).is_some())
    }

    /// The comments that a caller sees: customers see public ones.
    pub(crate) fn comments_for(&self, caller: &Caller) -> Vec<&Comment> {
        self.comments.iter().filter(|comment| comment.public || caller.is_agent()).collect()
    }

    /// The attachments that a caller sees: customers see public ones.
    pub(crate) fn attachments_for(&self, caller: &Caller) -> Vec<&Attachment> {
        self.attachments.iter().filter(|file| file.public || caller.is_agent()).collect()
    }

    pub(crate) fn attachments_of(&self, comment: &Comment) -> Vec<&Attachment> {
        self.attachments.iter().filter(|file| file.comment == Some(comment.id)).collect()
    }
}
