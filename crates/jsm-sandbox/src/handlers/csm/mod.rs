//! The handlers of Customer Service Management.

mod body; // What bodies say of accounts, profiles and detail fields.

mod bulk;
mod customers;
mod detail_fields;
mod entitlements;
mod experiences;
mod organizations;
mod products;
mod profiles;
mod tasks;

use super::handler::Handler;

/// All handlers of this API.
pub(super) const HANDLERS: &[&[Handler]] = &[
    customers::HANDLERS,
    profiles::HANDLERS,
    organizations::HANDLERS,
    detail_fields::HANDLERS,
    products::HANDLERS,
    entitlements::HANDLERS,
    experiences::HANDLERS,
    bulk::HANDLERS,
    tasks::HANDLERS,
];
