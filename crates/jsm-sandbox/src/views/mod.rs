//! Views: the JSON of things, errors and pages.
//!
//! A view decides nothing and changes nothing.

pub(crate) mod date; // Points in time and durations.
pub(crate) mod error; // Errors, in the shape of each API.
pub(crate) mod page; // Pages of Jira Service Management.

pub(crate) mod csm; // Things as Customer Service Management writes them.
pub(crate) mod jira; // Things and errors as the Jira platform writes them.
pub(crate) mod servicedesk; // Things as Jira Service Management writes them.
