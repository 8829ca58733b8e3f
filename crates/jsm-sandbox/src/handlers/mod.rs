//! Handlers: one function for each operation, by API and by what it acts on.
//!
//! A handler reads the request, lets the domain do what is asked for, and lets a view write the response. It gets
//! requests that the pipeline has let through.

pub(crate) mod handler; // A row of the table of handlers.
pub(crate) mod jira; // A few endpoints of the Jira platform.
pub(crate) mod oauth; // The endpoints of OAuth.
pub(crate) mod platform; // What is beside the APIs: the site's id, files.
pub(crate) mod table; // Every operation's handler.

mod csm; // Customer Service Management.
mod servicedesk; // Jira Service Management.
