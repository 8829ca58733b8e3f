//! How the reporter of an issue rates it.

use crate::domain::entities::issue::Feedback;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;

impl Site {
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
