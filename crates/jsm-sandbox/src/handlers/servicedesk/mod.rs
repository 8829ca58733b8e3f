//! The handlers of Jira Service Management.

mod approvals;
mod articles;
mod attachments;
mod comments;
mod customers;
mod feedback;
mod organizations;
mod participants;
mod queues;
mod request_types;
mod requests;
mod service_desks;
mod site_info;
mod slas;
mod statuses;
mod subscriptions;

use super::handler::Handler;

/// All handlers of this API.
pub(super) const HANDLERS: &[&[Handler]] = &[
    service_desks::HANDLERS,
    customers::HANDLERS,
    organizations::HANDLERS,
    request_types::HANDLERS,
    requests::HANDLERS,
    comments::HANDLERS,
    attachments::HANDLERS,
    participants::HANDLERS,
    subscriptions::HANDLERS,
    feedback::HANDLERS,
    approvals::HANDLERS,
    statuses::HANDLERS,
    slas::HANDLERS,
    queues::HANDLERS,
    articles::HANDLERS,
    site_info::HANDLERS,
];
