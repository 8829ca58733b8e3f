//! What the operations of Jira Service Management do, by what they act on.
//!
//! They get calls that already passed the gate: credentials, headers and document were checked.

mod customers;
mod desks;
mod organizations;

use crate::behaviour::Behaviour;

/// All behaviours of this API.
pub(crate) const BEHAVIOURS: &[&[Behaviour]] =
    &[desks::BEHAVIOURS, customers::BEHAVIOURS, organizations::BEHAVIOURS];
