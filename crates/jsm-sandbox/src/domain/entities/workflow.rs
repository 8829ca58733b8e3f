//! The workflow that every request goes through: statuses and transitions.

/// A status of a request.
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
const CANCELED: Status = Status { name: "Canceled", category: "DONE" };

const OPEN: &[Status] = &[WAITING_FOR_SUPPORT, IN_PROGRESS];

const TRANSITIONS: &[Transition] = &[
    Transition { id: "11", name: "Escalate", from: &[WAITING_FOR_SUPPORT], to: IN_PROGRESS },
    Transition { id: "21", name: "Mark as resolved", from: OPEN, to: RESOLVED },
    Transition { id: "31", name: "Reopen", from: &[RESOLVED, CANCELED], to: WAITING_FOR_SUPPORT },
    Transition { id: "41", name: "Cancel request", from: OPEN, to: CANCELED },
];

impl Status {
    pub(crate) fn is_done(self) -> bool {
        self.category == "DONE"
    }

    /// The transitions that lead on from this status.
    pub(crate) fn transitions(self) -> Vec<&'static Transition> {
        TRANSITIONS.iter().filter(|transition| transition.from.contains(&self)).collect()
    }
}
