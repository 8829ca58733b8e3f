//! Organizations: groups of customers.

use std::collections::BTreeSet;

use super::detail_field::Details;
use super::person::Caller;
use super::properties::Properties;

/// A group of customers.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) created: i64,
    pub(crate) members: BTreeSet<String>,
    pub(crate) properties: Properties,
    /// Values of the detail fields of organizations.
    pub(crate) details: Details,
}

impl Organization {
    pub(crate) fn has_member(&self, account_id: &str) -> bool {
        self.members.contains(account_id)
    }

    /// Customers see the organizations that they are members of.
    pub(crate) fn is_visible_to(&self, caller: &Caller) -> bool {
        caller.is_agent() || self.has_member(&caller.account_id)
    }
}
