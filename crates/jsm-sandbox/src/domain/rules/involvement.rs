//! Who takes part in an issue, who is subscribed to it, and how its reporter rates it.

use super::accounts::some_accounts;
use crate::domain::entities::issue::Feedback;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;

impl Site {
    /// Adds participants. Where one does not exist, none is added.
    pub(crate) fn add_participants(
        &mut self,
        caller: &Caller,
        named: &str,
        account_ids: &[&str],
    ) -> Result<(), Error> {
        self.issue(caller, named)?;
        some_accounts(account_ids)?;
        self.check_accounts(account_ids)?;
        let account_ids = account_ids.iter().map(|account_id| (*account_id).to_owned());
        self.issue_mut(caller, named)?.participants.extend(account_ids);
        Ok(())
    }

    /// Removes participants. Where one does not take part, none is removed.
    pub(crate) fn remove_participants(
        &mut self,
        caller: &Caller,
        named: &str,
        account_ids: &[&str],
    ) -> Result<(), Error> {
        let issue = self.issue_mut(caller, named)?;
        some_accounts(account_ids)?;
        let other = account_ids.iter().find(|account_id| !issue.participants.contains(**account_id));
        if let Some(other) = other {
            return Err(Error::invalid(format!("'{other}' does not take part in this request.")));
        }
        issue.participants.retain(|account_id| !account_ids.contains(&account_id.as_str()));
        Ok(())
    }

    pub(crate) fn subscribe(&mut self, caller: &Caller, named: &str) -> Result<(), Error> {
        self.issue_mut(caller, named)?.subscribers.insert(caller.account_id.clone());
        Ok(())
    }

    pub(crate) fn unsubscribe(&mut self, caller: &Caller, named: &str) -> Result<(), Error> {
        self.issue_mut(caller, named)?.subscribers.remove(&caller.account_id);
        Ok(())
    }

    pub(crate) fn feedback(&self, caller: &Caller, named: &str) -> Result<&Feedback, Error> {
        self.issue(caller, named)?.feedback.as_ref().ok_or(Error::NotFound("Feedback on the request"))
    }

    /// Rates an issue as its reporter.
    pub(crate) fn give_feedback(
        &mut self,
        caller: &Caller,
        named: &str,
        kind: Option<&str>,
        rating: Option<i64>,
        comment: &str,
    ) -> Result<(), Error> {
        self.check_reporter(caller, named)?;
        let rating = rating.filter(|rating| (1..=5).contains(rating));
        let rating = rating.ok_or_else(|| Error::invalid("The rating is a number from 1 to 5."))?;
        if let Some(kind) = kind.filter(|kind| *kind != "csat") {
            return Err(Error::invalid(format!("Feedback is of type csat, not '{kind}'.")));
        }
        self.issue_mut(caller, named)?.feedback = Some(Feedback { rating, comment: comment.to_owned() });
        Ok(())
    }

    pub(crate) fn delete_feedback(&mut self, caller: &Caller, named: &str) -> Result<(), Error> {
        self.check_reporter(caller, named)?;
        self.issue_mut(caller, named)?.feedback = None;
        Ok(())
    }

    fn check_reporter(&self, caller: &Caller, named: &str) -> Result<(), Error> {
        match self.issue(caller, named)?.reporter == caller.account_id {
            true => Ok(()),
            false => Err(Error::Forbidden("Only its reporter gives feedback on a request.")),
        }
    }
}
