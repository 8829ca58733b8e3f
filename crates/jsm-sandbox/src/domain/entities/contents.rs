//! What is on a site, as a test reads it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};

/// A customer, as [`Sandbox::customers`](crate::Sandbox::customers) reads them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Customer {
    /// The account id.
    pub account_id: String,
    /// The email address.
    pub email: String,
    /// The name.
    pub name: String,
    /// Whether the account can log in.
    pub active: bool,
    /// The project keys of the service desks that the customer was added to.
    pub service_desks: Vec<String>,
    /// The names of the organizations that the customer is a member of.
    pub organizations: Vec<String>,
    /// The names of the products that the customer is entitled to; those of organizations are not among them.
    pub products: Vec<String>,
    /// The values of detail fields, by their names.
    pub details: BTreeMap<String, Vec<String>>,
}

/// An organization, as [`Sandbox::organizations`](crate::Sandbox::organizations) reads them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Organization {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The email addresses of the members.
    pub members: Vec<String>,
    /// The project keys of the service desks that it was added to.
    pub service_desks: Vec<String>,
    /// The names of the products that it is entitled to.
    pub products: Vec<String>,
    /// The values of detail fields, by their names.
    pub details: BTreeMap<String, Vec<String>>,
}

/// A customer request, as [`Sandbox::customer_requests`](crate::Sandbox::customer_requests) reads them.
///
/// An account is named by its email address, or by its id once it is deleted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CustomerRequest {
    /// The id of the issue.
    pub id: String,
    /// The key of the issue, such as `HELP-1`.
    pub key: String,
    /// The project key of the service desk.
    pub service_desk: String,
    /// The name of the request type.
    pub request_type: String,
    /// The email address of the reporter.
    pub reporter: String,
    /// The email addresses of those who take part.
    pub participants: Vec<String>,
    /// The name of the organization that it is shared with.
    pub organization: Option<String>,
    /// The name of the status.
    pub status: String,
    /// The summary.
    pub summary: String,
    /// The values of fields, by the fields' ids.
    pub fields: Map<String, Value>,
    /// The comments, the oldest first.
    pub comments: Vec<Comment>,
    /// The attachments, the oldest first.
    pub attachments: Vec<Attachment>,
}

/// A comment on a [`CustomerRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comment {
    /// The id.
    pub id: String,
    /// The email address of the author.
    pub author: String,
    /// The text.
    pub body: String,
    /// Whether customers see it.
    pub public: bool,
}

/// An attachment of a [`CustomerRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attachment {
    /// The id.
    pub id: String,
    /// The name of the file.
    pub name: String,
    /// The media type, such as `image/png`.
    pub media_type: String,
    /// The content of the file.
    pub content: Bytes,
    /// Whether customers see it.
    pub public: bool,
}
