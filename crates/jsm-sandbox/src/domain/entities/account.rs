//! Accounts that log in.

use std::fmt;

use super::person::Role;

/// An account that logs in with Basic credentials: [`email`](Account::email) and [`token`](Account::token).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The account id, such as `qm:...` for customers.
    pub account_id: String,
    /// The email address: the user name of Basic credentials.
    pub email: String,
    /// The API token: the password of Basic credentials.
    pub token: String,
    /// What the account may do.
    pub role: Role,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { account_id, email, role, .. } = self;
        let mut account = formatter.debug_struct("Account");
        account.field("account_id", account_id).field("email", email).field("role", role);
        account.finish_non_exhaustive()
    }
}
