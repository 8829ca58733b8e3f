//! Workflows: the statuses that requests go through, and the transitions between them.

/// The workflow of a service desk, for [`Seed::workflow`](crate::Seed::workflow). New requests are in its first status.
///
/// By default, a service desk has the statuses `Waiting for support`, `In progress`, `Resolved` and `Canceled`.
///
/// ```
/// use jsm_sandbox::{Seed, StatusCategory, Workflow};
///
/// let workflow = Workflow::new()
///     .status("Open", StatusCategory::New)
///     .status("Doing", StatusCategory::Indeterminate)
///     .status("Done", StatusCategory::Done)
///     .transition("Start", &["Open"], "Doing")
///     .transition("Finish", &["Open", "Doing"], "Done");
/// let seed = Seed::empty().desk("HELP", "Help Desk").workflow(workflow);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Workflow {
    pub(crate) statuses: Vec<Status>,
    pub(crate) transitions: Vec<Transition>,
}

/// The category of a status, the same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusCategory {
    /// Work on the request has not begun.
    New,
    /// The request is worked on.
    Indeterminate,
    /// The request is closed.
    Done,
    /// None of the others.
    Undefined,
}

/// A status of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) name: String,
    pub(crate) category: StatusCategory,
}

/// A way from one status to another.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The names of statuses.
    pub(crate) from: Vec<String>,
    pub(crate) to: String,
}

pub(crate) const WAITING_FOR_SUPPORT: &str = "Waiting for support";
pub(crate) const IN_PROGRESS: &str = "In progress";
pub(crate) const RESOLVED: &str = "Resolved";
const CANCELED: &str = "Canceled";

impl Workflow {
    /// A workflow without statuses.
    pub fn new() -> Workflow {
        Workflow::default()
    }

    /// Adds a status.
    pub fn status(mut self, name: &str, category: StatusCategory) -> Workflow {
        self.statuses.push(Status::new(name, category));
        self
    }

    /// Adds a transition to a status from others, by their names. The ids of transitions are 11, 21, 31 and so on.
    pub fn transition(mut self, name: &str, from: &[&str], to: &str) -> Workflow {
        let id = (self.transitions.len() * 10 + 11).to_string();
        let from = from.iter().map(|status| (*status).to_owned()).collect();
        self.transitions.push(Transition { id, name: name.to_owned(), from, to: to.to_owned() });
        self
    }

    /// The workflow that service desks have by default.
    pub(crate) fn standard() -> Workflow {
        let open = [WAITING_FOR_SUPPORT, IN_PROGRESS];
        Workflow::new()
            .status(WAITING_FOR_SUPPORT, StatusCategory::New)
            .status(IN_PROGRESS, StatusCategory::Indeterminate)
            .status(RESOLVED, StatusCategory::Done)
            .status(CANCELED, StatusCategory::Done)
            .transition("Escalate", &[WAITING_FOR_SUPPORT], IN_PROGRESS)
            .transition("Mark as resolved", &open, RESOLVED)
            .transition("Reopen", &[RESOLVED, CANCELED], WAITING_FOR_SUPPORT)
            .transition("Cancel request", &open, CANCELED)
    }

    /// The status of new requests.
    pub(crate) fn first(&self) -> Status {
        self.statuses
            .first()
            .cloned()
            .unwrap_or_else(|| Status::new(WAITING_FOR_SUPPORT, StatusCategory::New))
    }

    pub(crate) fn status_named(&self, name: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.name == name)
    }

    /// The transitions that lead on from a status.
    pub(crate) fn transitions_from(&self, status: &Status) -> Vec<&Transition> {
        self.transitions.iter().filter(|transition| transition.from.contains(&status.name)).collect()
    }
}

impl StatusCategory {
    /// The category, as the API names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            StatusCategory::New => "NEW",
            StatusCategory::Indeterminate => "INDETERMINATE",
            StatusCategory::Done => "DONE",
            StatusCategory::Undefined => "UNDEFINED",
        }
    }
}

impl Status {
    pub(crate) fn new(name: &str, category: StatusCategory) -> Status {
        Status { name: name.to_owned(), category }
    }

    /// The status of a request that has to be approved, in any workflow.
    pub(crate) fn waiting_for_approval() -> Status {
        Status::new("Waiting for approval", StatusCategory::New)
    }

    /// The status of a request that was not approved, in any workflow.
    pub(crate) fn declined() -> Status {
        Status::new("Declined", StatusCategory::Done)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.category == StatusCategory::Done
    }
}
