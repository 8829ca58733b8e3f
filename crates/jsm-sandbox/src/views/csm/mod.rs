//! Things as Customer Service Management writes them.

pub(crate) mod customer;
pub(crate) mod detail;
pub(crate) mod entitlement;
pub(crate) mod experience;
pub(crate) mod organization;
pub(crate) mod task;
