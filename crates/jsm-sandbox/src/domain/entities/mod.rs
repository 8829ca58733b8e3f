//! What a site consists of: plain data, and what can be said of one thing alone.
//!
//! What concerns several things at once is a rule.

pub(crate) mod account;
pub(crate) mod person;
pub(crate) mod properties;

pub(crate) mod field;
pub(crate) mod organization;
pub(crate) mod request_type;
pub(crate) mod service_desk;

pub(crate) mod approval;
pub(crate) mod article;
pub(crate) mod file;
pub(crate) mod issue;
pub(crate) mod sla;
pub(crate) mod sla_cycle;
pub(crate) mod workflow;

pub(crate) mod contents; // All of it, as a test reads it.

pub(crate) mod bulk;
pub(crate) mod detail_field;
pub(crate) mod entitlement;
pub(crate) mod experience;
