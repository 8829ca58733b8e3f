//! What the operations of Customer Service Management do, by what they act on.
//!
//! They get calls that already passed the gate: credentials, headers and document were checked.

mod bulk;
mod customers;
mod entitlements;
mod experiences;
mod fields;
mod organizations;
mod products;
mod profiles;
mod tasks;

use crate::behaviour::Behaviour;

pub(crate) use tasks::settle;

/// All behaviours of this API.
pub(crate) const BEHAVIOURS: &[&[Behaviour]] = &[
    customers::BEHAVIOURS,
    profiles::BEHAVIOURS,
    organizations::BEHAVIOURS,
    fields::BEHAVIOURS,
    products::BEHAVIOURS,
    entitlements::BEHAVIOURS,
    experiences::BEHAVIOURS,
    bulk::BEHAVIOURS,
    tasks::BEHAVIOURS,
];
