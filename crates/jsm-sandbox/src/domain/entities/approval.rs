//! Approvals: who has to agree to a request, and what each of them decided.

/// A question whether a request may go ahead.
#[derive(Clone, Debug)]
pub(crate) struct Approval {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) created: i64,
    pub(crate) completed: Option<i64>,
    /// Account ids, and what each decided.
    pub(crate) approvers: Vec<(String, Decision)>,
}

/// What an approver, or all of them together, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Pending,
    Approved,
    Declined,
}

impl Approval {
    /// One approver who declines decides for all; it takes all of them to approve.
    pub(crate) fn decision(&self) -> Decision {
        if self.approvers.iter().any(|(_, decision)| *decision == Decision::Declined) {
            Decision::Declined
        } else if self.approvers.iter().all(|(_, decision)| *decision == Decision::Approved) {
            Decision::Approved
        } else {
            Decision::Pending
        }
    }

    /// What this account decided, where it is asked.
    pub(crate) fn decision_of(&self, account_id: &str) -> Option<Decision> {
        self.approvers.iter().find(|(approver, _)| approver == account_id).map(|(_, decision)| *decision)
    }

    /// Whether this account can still decide.
    pub(crate) fn awaits(&self, account_id: &str) -> bool {
        self.completed.is_none() && self.decision_of(account_id) == Some(Decision::Pending)
    }
}
