//! Who takes part in an issue.

use super::accounts::some_accounts;
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
}
