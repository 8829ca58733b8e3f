//! Who gets notifications about an issue.

use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;

impl Site {
    pub(crate) fn subscribe(&mut self, caller: &Caller, named: &str) -> Result<(), Error> {
        self.issue_mut(caller, named)?.subscribers.insert(caller.account_id.clone());
        Ok(())
    }

    pub(crate) fn unsubscribe(&mut self, caller: &Caller, named: &str) -> Result<(), Error> {
        self.issue_mut(caller, named)?.subscribers.remove(&caller.account_id);
        Ok(())
    }
}
