//! What is created, removed and forbidden, by what it concerns.
//!
//! Each rule is a method of the site. What a request wants comes as plain values; whether it may have it is decided
//! here.

mod accounts; // Accounts of people.
mod organizations; // Organizations and their members.
mod service_desks; // Service desks, with their customers, organizations and queues.

pub(crate) mod request_types; // Request types, and who may raise them.

mod field_values; // What the fields of an issue take.
mod issue_fields; // What agents change in an issue, and whom they find.
pub(crate) mod issues; // Finding issues, moving them on, approving them.
pub(crate) mod new_issues; // Raising an issue, or checking whether it could be raised.

pub(crate) mod attachments; // Files, from upload to download.
mod comments; // What is written on an issue.
mod feedback; // How the reporter of an issue rates it.
mod participants; // Who takes part in an issue.
mod subscriptions; // Who gets notifications about an issue.

mod articles; // The knowledge base.

mod detail_fields; // Detail fields and their values.
mod entitlements; // Products and who is entitled to them.
pub(crate) mod experiences; // Help centers, and issues that come from there.
mod profiles; // Customers and organizations with all that belongs to them.
pub(crate) mod tasks; // Bulk operations.
