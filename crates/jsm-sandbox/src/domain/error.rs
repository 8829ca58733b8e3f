//! Why a rule refuses something.
//!
//! Status, key and body of the response are chosen by the views.

use std::collections::BTreeMap;
use std::fmt;

/// A refusal, with all that its message needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// The thing of this name does not exist, or the caller must not see it.
    NotFound(&'static str),
    /// The caller's role is too low.
    Forbidden(&'static str),
    /// A value is missing or not accepted.
    Invalid(String),
    /// Another account has this email address.
    EmailTaken(String),
    /// No accounts have these ids.
    UnknownAccounts(Vec<String>),
    /// A service desk with open access keeps its customers.
    OpenAccess,
    /// The approval was decided, or the caller has answered it.
    ApprovalAnswered,
    /// One upload has more than this many files.
    TooManyFiles(usize),
    /// No file with this id waits at the service desk.
    NoTemporaryFile(String),
    /// The issue is on the help center.
    AlreadyRaised,
    /// As many bulk tasks are unfinished as the site takes.
    TooManyTasks,
    /// Fields of a new request and what is wrong with each.
    InvalidFields(BTreeMap<String, String>),
    /// Questions of a form that have no answer.
    UnansweredForm(Vec<String>),
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Error {
        Error::Invalid(message.into())
    }

    /// Whether the same request may succeed later without any change of the data.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Error::TooManyTasks)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound(what) => write!(formatter, "{what} does not exist, or you cannot see it."),
            Error::Forbidden(message) => formatter.write_str(message),
            Error::Invalid(message) => formatter.write_str(message),
            Error::EmailTaken(email) => {
                write!(formatter, "An account with the address {email} exists already.")
            }
            Error::UnknownAccounts(ids) => {
                write!(formatter, "There are no accounts with these ids: {}.", ids.join(", "))
            }
            Error::OpenAccess => formatter
                .write_str("Customers cannot be removed from a service desk that is open to everybody."),
            Error::ApprovalAnswered => formatter.write_str("The approval was answered already."),
            Error::TooManyFiles(most) => write!(formatter, "At most {most} files at once."),
            Error::NoTemporaryFile(id) => {
                write!(
                    formatter,
                    "There is no file '{id}' waiting at this service desk; it may have expired."
                )
            }
            Error::AlreadyRaised => formatter.write_str("The issue is on the help center already."),
            Error::TooManyTasks => formatter.write_str("Maximum number of tasks reached"),
            Error::InvalidFields(_) => {
                formatter.write_str("Some fields are missing or do not take their values.")
            }
            Error::UnansweredForm(_) => {
                formatter.write_str("The form has questions that still need an answer.")
            }
        }
    }
}
