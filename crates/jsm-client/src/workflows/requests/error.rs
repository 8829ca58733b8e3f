//! The error of a request that was not created, or not completely.

use std::error::Error as StdError;
use std::fmt;

use jsm_raw::servicedesk::request::CreateRequest;
use jsm_raw::servicedesk::types::CustomerRequest;
use jsm_raw::{FieldError, FilePart, Operation};

use super::super::attachments::{AttachError, FileOutcome, not_sent, write_counts};
use super::super::effect::Effect;
use crate::error::Error;

/// The error of a request that was not created, or whose files are not attached.
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateRequestError {
    /// Why.
    pub error: Error,
    /// What is wrong with the fields, all of it; empty if the server refused the request. Nothing was sent then that
    /// changes anything.
    pub fields: Vec<FieldError>,
    /// Whether the request exists.
    pub creation: Creation,
    /// The status of each file, in the order in which the files were given.
    pub files: Vec<FileOutcome>,
}

/// Whether a request was created.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Creation {
    /// It was not.
    NotCreated,
    /// The server may have created it: the response is missing, or cannot be read. Look for it before you create it
    /// again.
    Unclear,
    /// It was.
    Created(Box<CustomerRequest>),
}

impl CreateRequestError {
    /// Fields are wrong.
    pub(super) fn of_fields(fields: Vec<FieldError>, files: &[FilePart]) -> Self {
        let error = Error::of_fields(&fields).map_note(|note| format!("not sent: {note}"));
        let unsent = not_sent(error.with_operation(CreateRequest::INFO), files);
        Self { fields, ..unsent.into() }
    }

    /// The request that creates failed. If it was created, its key is not known.
    pub(super) fn of_creation(
        error: Error,
        effect: Effect,
        files: impl Iterator<Item = FileOutcome>,
    ) -> Self {
        let creation = match effect {
            Effect::Nothing => Creation::NotCreated,
            Effect::Done | Effect::Unclear => Creation::Unclear,
        };
        Self { error, fields: Vec::new(), creation, files: files.collect() }
    }

    /// The request was created, and its files are not attached.
    pub(super) fn after_creation(error: AttachError, created: CustomerRequest) -> Self {
        let creation = Creation::Created(Box::new(created));
        Self { creation, ..error.into() }
    }
}

impl From<Error> for CreateRequestError {
    fn from(error: Error) -> Self {
        Self { error, fields: Vec::new(), creation: Creation::NotCreated, files: Vec::new() }
    }
}

/// Files could not be uploaded or attached.
impl From<AttachError> for CreateRequestError {
    fn from(error: AttachError) -> Self {
        Self { files: error.files, ..error.error.into() }
    }
}

impl From<CreateRequestError> for Error {
    fn from(error: CreateRequestError) -> Self {
        error.error
    }
}

impl fmt::Display for CreateRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        match &self.creation {
            Creation::NotCreated => {}
            Creation::Unclear => {
                f.write_str("; the request may have been created: look for it before you create it again")?;
            }
            Creation::Created(request) => match request.issue_key.is_empty() {
                true => write!(f, "; the request with the id {} was created", request.issue_id)?,
                false => write!(f, "; the request {} was created", request.issue_key)?,
            },
        }
        write_counts(&self.files, f)
    }
}

impl StdError for CreateRequestError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}
