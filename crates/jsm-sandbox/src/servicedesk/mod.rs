//! What the operations of Jira Service Management do, by what they act on.
//!
//! They get calls that already passed the gate: credentials, headers and document were checked.

mod approvals;
mod articles;
mod attachments;
mod comments;
mod customers;
mod desks;
mod involvement;
mod new_requests;
mod organizations;
mod properties;
mod queues;
mod request_types;
mod requests;
mod site;
mod slas;
mod statuses;

use crate::behaviour::Behaviour;

/// All behaviours of this API.
pub(crate) const BEHAVIOURS: &[&[Behaviour]] = &[
    desks::BEHAVIOURS,
    customers::BEHAVIOURS,
    organizations::BEHAVIOURS,
    request_types::BEHAVIOURS,
    requests::BEHAVIOURS,
    new_requests::BEHAVIOURS,
    comments::BEHAVIOURS,
    attachments::BEHAVIOURS,
    involvement::BEHAVIOURS,
    approvals::BEHAVIOURS,
    statuses::BEHAVIOURS,
    slas::BEHAVIOURS,
    queues::BEHAVIOURS,
    articles::BEHAVIOURS,
    site::BEHAVIOURS,
];
