//! Service desks with their portal groups and queues.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::contents::CustomerRequest;
use super::issue::Issue;
use super::person::Caller;
use super::sla::Metric;
use super::workflow::Workflow;

/// A service desk.
#[derive(Clone, Debug)]
pub(crate) struct ServiceDesk {
    pub(crate) id: u64,
    pub(crate) project_id: u64,
    pub(crate) key: String,
    pub(crate) name: String,
    /// Whether everybody with an account may raise requests.
    pub(crate) open_access: bool,
    pub(crate) customers: BTreeSet<String>,
    pub(crate) organizations: BTreeSet<u64>,
    pub(crate) groups: Vec<Group>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) workflow: Workflow,
    pub(crate) metrics: Vec<Metric>,
    /// The number in the key of the newest issue.
    pub(crate) last_number: u64,
}

/// A heading under which the portal lists request types.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) name: String,
}

/// A list of issues that agents work through.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) jql: String,
    /// The ids of the fields that it shows.
    pub(crate) columns: Vec<String>,
    pub(crate) holds: Holds,
}

/// Which issues a queue holds.
#[derive(Clone)]
pub(crate) enum Holds {
    Rule(fn(&Issue) -> bool),
    /// What a seed says.
    Condition(Arc<dyn Fn(&CustomerRequest) -> bool + Send + Sync>),
}

impl fmt::Debug for Holds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Holds(..)")
    }
}

impl ServiceDesk {
    /// Whether a text names this service desk: by its id, its project's key, or one of them behind a prefix.
    pub(crate) fn is_named(&self, text: &str) -> bool {
        match text.split_once(':') {
            Some(("serviceDeskId", id)) => self.id.to_string() == id,
            Some(("projectKey", key)) => self.key == key,
            Some(("projectId", id)) => self.project_id.to_string() == id,
            Some(_) => false,
            None => self.id.to_string() == text || self.key == text,
        }
    }

    /// Agents see every service desk; customers see those with open access and those that they belong to.
    pub(crate) fn is_visible_to(&self, caller: &Caller) -> bool {
        caller.is_agent() || self.open_access || self.customers.contains(&caller.account_id)
    }
}
