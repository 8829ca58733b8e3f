//! Issues: found by filters, moved on by transitions, approved or declined.

use std::cmp::Reverse;

use super::comments::checked_text;
use crate::domain::entities::approval::{Approval, Decision};
use crate::domain::entities::issue::Issue;
use crate::domain::entities::person::Caller;
use crate::domain::entities::sla::Metric;
use crate::domain::entities::workflow::{Status, Transition, Workflow};
use crate::domain::error::Error;
use crate::domain::site::Site;

/// Which issues are wanted.
#[derive(Debug)]
pub(crate) struct IssueFilter<'a> {
    /// Part of the summary.
    pub(crate) text: &'a str,
    pub(crate) closed: Option<bool>,
    pub(crate) desk: Option<&'a str>,
    pub(crate) request_type: Option<&'a str>,
    /// How the caller is tied to the issue: one of these ways suffices.
    pub(crate) ownership: Vec<&'a str>,
    /// The organization for the ownership `ORGANIZATION`.
    pub(crate) organization: Option<&'a str>,
    /// For the ownership `APPROVER`: whether the caller's decision is pending.
    pub(crate) pending: Option<bool>,
}

/// What ties a caller to an issue where a request does not say.
const DEFAULT_OWNERSHIP: [&str; 3] = ["OWNED_REQUESTS", "PARTICIPATED_REQUESTS", "ALL_ORGANIZATIONS"];

impl Site {
    /// The issues that a filter lets through, the latest activity first.
    pub(crate) fn find_issues(
        &self,
        caller: &Caller,
        filter: &IssueFilter<'_>,
    ) -> Result<Vec<&Issue>, Error> {
        let desk = filter.desk.map(|desk| self.visible_desk(caller, desk)).transpose()?.map(|desk| desk.id);
        let text = filter.text.to_lowercase();
        let is_wanted = |issue: &&Issue| {
            desk.is_none_or(|desk| issue.desk == desk)
                && filter.closed.is_none_or(|closed| issue.is_closed() == closed)
                && filter.request_type.is_none_or(|id| issue.request_type.to_string() == id)
                && issue.summary().to_lowercase().contains(&text)
                && self.is_owned(caller, issue, filter)
        };
        let mut issues: Vec<&Issue> = self.issues.values().filter(is_wanted).collect();
        // Of two issues with the same time of activity, the later id was active later.
        issues.sort_by_key(|issue| Reverse((issue.updated, issue.id)));
        Ok(issues)
    }

    fn is_owned(&self, caller: &Caller, issue: &Issue, filter: &IssueFilter<'_>) -> bool {
        let account_id = caller.account_id.as_str();
        let shares = |id: &u64| self.is_member(account_id, *id);
        let is_tied = |way: &&str| match *way {
            "OWNED_REQUESTS" => issue.reporter == account_id,
            "PARTICIPATED_REQUESTS" => issue.participants.contains(account_id),
            "ALL_ORGANIZATIONS" => issue.organization.as_ref().is_some_and(shares),
            "ORGANIZATION" => {
                let asked = |id: &u64| filter.organization == Some(id.to_string().as_str());
                issue.organization.as_ref().filter(|id| asked(id)).is_some_and(shares)
            }
            "APPROVER" => {
                let decisions = issue.approvals.iter().filter_map(|found| found.decision_of(account_id));
                let mut pending = decisions.map(|decision| decision == Decision::Pending);
                pending.any(|pending| filter.pending.is_none_or(|wanted| pending == wanted))
            }
            "ALL_REQUESTS" => self.can_see(caller, issue),
            _ => false,
        };
        match filter.ownership.is_empty() {
            true => DEFAULT_OWNERSHIP.iter().any(is_tied),
            false => filter.ownership.iter().any(is_tied),
        }
    }

    pub(crate) fn workflow(&self, desk: u64) -> Option<&Workflow> {
        self.desk_by_id(desk).map(|desk| &desk.workflow)
    }

    /// The transitions that lead on from the status of an issue.
    pub(crate) fn transitions(&self, issue: &Issue) -> Vec<&Transition> {
        self.workflow(issue.desk).map_or_else(Vec::new, |workflow| workflow.transitions_from(issue.status()))
    }

    /// What is measured for an issue.
    pub(crate) fn metrics(&self, issue: &Issue) -> &[Metric] {
        self.desk_by_id(issue.desk).map_or(&[], |desk| &desk.metrics)
    }

    /// Moves an issue to the status that a transition leads to, with a public comment if there is one.
    pub(crate) fn perform_transition(
        &mut self,
        caller: &Caller,
        named: &str,
        transition: Option<&str>,
        comment: Option<&str>,
    ) -> Result<(), Error> {
        let issue = self.issue(caller, named)?;
        let wanted = transition.ok_or_else(|| Error::invalid("The id of a transition is needed."))?;
        let transition = self.transitions(issue).into_iter().find(|found| found.id == wanted);
        let transition = transition
            .ok_or_else(|| Error::invalid(format!("There is no transition '{wanted}' from here.")))?;
        let to = self.workflow(issue.desk).and_then(|workflow| workflow.status_named(&transition.to));
        let (id, to) = (issue.id, to.cloned().ok_or(Error::NotFound("The status"))?);
        if let Some(text) = checked_text(comment)? {
            self.add_comment(id, &caller.account_id, text, true)?;
        }
        let now = self.now;
        self.issue_by_id_mut(id)?.set_status(to, now);
        Ok(())
    }

    /// An approval, with its issue.
    pub(crate) fn approval(
        &self,
        caller: &Caller,
        named: &str,
        id: u64,
    ) -> Result<(&Issue, &Approval), Error> {
        let issue = self.issue(caller, named)?;
        let approval = issue.approvals.iter().find(|approval| approval.id == id);
        Ok((issue, approval.ok_or(Error::NotFound("The approval"))?))
    }

    /// Answers an approval as one of its approvers. Once it is decided, the issue moves on.
    pub(crate) fn answer_approval(
        &mut self,
        caller: &Caller,
        named: &str,
        id: u64,
        decision: Option<Decision>,
    ) -> Result<(), Error> {
        self.approval(caller, named, id)?;
        let decision = decision.ok_or_else(|| Error::invalid("The decision is approve or decline."))?;
        let now = self.now;
        let first = self.workflow(self.issue(caller, named)?.desk).map(Workflow::first);
        let issue = self.issue_mut(caller, named)?;
        let approval = issue.approvals.iter_mut().find(|approval| approval.id == id);
        let approval = approval.ok_or(Error::NotFound("The approval"))?;
        let awaits = approval.awaits(&caller.account_id);
        let own = approval.approvers.iter_mut().find(|(approver, _)| *approver == caller.account_id);
        let own = own.ok_or(Error::Forbidden("You are not asked to approve this request."))?;
        if !awaits {
            return Err(Error::ApprovalAnswered);
        }
        own.1 = decision;
        let decision = approval.decision();
        if decision != Decision::Pending {
            approval.completed = Some(now);
            let first = first.filter(|_| decision == Decision::Approved);
            issue.set_status(first.unwrap_or_else(Status::declined), now);
        }
        Ok(())
    }
}
