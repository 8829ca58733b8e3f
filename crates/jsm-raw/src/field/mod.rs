//! Fields of Jira: values read from responses, and values brought into the form that a field takes.
//!
//! What a field is, is in its schema (`jiraSchema`), which servers send with the fields of a request type. The rules by
//! type are in `kind`, and none of them knows an operation or a field of a site.

mod description;
mod encode;
mod error;
mod kind;
mod names;
mod options;
mod read;

pub use error::{FieldError, FieldErrorKind};
pub use kind::FieldKind;
pub use names::{named, nearest};

#[allow(unused_imports, reason = "only generated code calls it, and only where an API has fields")]
pub(crate) use {
    description::{Description, FieldOption},
    encode::encode,
    kind::kind,
    options::option_names,
    read::{decode, in_list, in_map},
};
