//! Request types.

use super::field::Field;
use super::person::Role;
use super::properties::Properties;

/// A kind of request that a service desk offers.
#[derive(Clone, Debug)]
pub(crate) struct RequestType {
    pub(crate) id: u64,
    pub(crate) desk: u64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) help_text: String,
    pub(crate) issue_type: u64,
    /// The portal groups that list it. A type without a group is hidden in the portal.
    pub(crate) groups: Vec<u64>,
    /// Whether only agents may raise it.
    pub(crate) restricted: bool,
    pub(crate) fields: Vec<Field>,
    /// The ids of the questions of its form that have to be answered.
    pub(crate) form: Vec<String>,
    /// The account ids of those who have to approve a request of this type.
    pub(crate) approvers: Vec<String>,
    pub(crate) properties: Properties,
}

impl RequestType {
    pub(crate) fn can_be_raised_by(&self, role: Role) -> bool {
        role >= if self.restricted { Role::Agent } else { Role::Customer }
    }
}
