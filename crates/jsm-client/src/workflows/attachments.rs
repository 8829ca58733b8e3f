//! Files that are uploaded and attached to a request.
//!
//! [`Client::attach`](crate::Client::attach) does both; [`Client::upload`](crate::Client::upload) leaves the files under
//! temporary ids.

use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use jsm_raw::servicedesk::attachment::{AddRequestAttachments, AttachTemporaryFiles};
use jsm_raw::servicedesk::request::GetRequest;
use jsm_raw::servicedesk::types::{AdditionalComment, AttachmentCreateResult, TemporaryAttachment};
use jsm_raw::servicedesk::{IssueIdOrKey, ServiceDeskId, TemporaryAttachmentId};
use jsm_raw::{Batched, FilePart, Operation};

use super::batches::batches;
use super::deadline::Deadline;
use super::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::response::{Session, measure};
use crate::transport::options::{RequestOptions, option_setters};

/// The timeout of one request that uploads: files are larger than what other requests carry.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Who can see a comment and its files. Customers can only write public ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// All people who can see the request.
    Public,
    /// Agents, who work on the request.
    Internal,
}

/// The status of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileStatus {
    /// It is not on the server, or under no id that is known.
    NotSent,
    /// It is uploaded and can be attached by this id, as long as the server keeps it.
    Uploaded(TemporaryAttachmentId),
    /// It is uploaded, and the request to attach it got no response: check the request before attaching it again.
    Unclear(TemporaryAttachmentId),
    /// It is attached.
    Attached(TemporaryAttachmentId),
}

/// A file, with its status after a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileOutcome {
    /// The name of the file.
    pub name: String,
    /// Its status.
    pub status: FileStatus,
}

/// The error of files that were not all uploaded, or not attached.
#[derive(Debug)]
#[non_exhaustive]
pub struct AttachError {
    /// Why.
    pub error: Error,
    /// The status of each file, in the order in which the files were given.
    pub files: Vec<FileOutcome>,
}

/// An upload of files to a service desk. [`Client::upload`](crate::Client::upload) makes it; await it.
///
/// Dropping the future cancels it. Files that are uploaded by then are removed by the server after a while.
#[must_use = "nothing is uploaded until it is awaited"]
pub struct Upload {
    session: Arc<Session>,
    operation: AttachTemporaryFiles,
    options: RequestOptions,
}

/// Files that are uploaded and attached to a request. [`Client::attach`](crate::Client::attach) makes it; await it.
///
/// Dropping the future cancels it. Files are attached by the last request, all of them or none: if the future is dropped
/// before it, the server removes the uploaded files after a while; if it is dropped during it, check the request.
#[must_use = "nothing is attached until it is awaited"]
pub struct Attach {
    session: Arc<Session>,
    request: IssueIdOrKey,
    visibility: Visibility,
    files: Vec<FilePart>,
    desk: Option<ServiceDeskId>,
    comment: Option<String>,
    options: RequestOptions,
}

impl Upload {
    pub(crate) fn new(
        session: Arc<Session>,
        desk: ServiceDeskId,
        files: impl IntoIterator<Item = FilePart>,
    ) -> Self {
        let operation = AttachTemporaryFiles::new(desk, files);
        Self { session, operation, options: RequestOptions::new() }
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt of a request that uploads; 30 minutes by default.",
        deadline: "Sets the deadline of the whole upload, with retries and waits. The default is the client's \
                   [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }

    /// Starts the upload when the future is polled. See [`Call::send`](crate::Call::send).
    ///
    /// # Errors
    ///
    /// What any call can fail with, and the status of each file.
    pub fn send(self) -> BoxFuture<'static, Result<Vec<TemporaryAttachment>, AttachError>> {
        Box::pin(self.run())
    }

    async fn run(self) -> Result<Vec<TemporaryAttachment>, AttachError> {
        let Self { session, mut operation, options } = self;
        let deadline = Deadline::new(&session, &options);
        look_at(operation.files_mut(), deadline, &options).await?;
        upload(&operation, deadline, &session).await
    }
}

impl Attach {
    pub(crate) fn new(
        session: Arc<Session>,
        request: IssueIdOrKey,
        visibility: Visibility,
        files: Vec<FilePart>,
    ) -> Self {
        let options = RequestOptions::new();
        Self { session, request, visibility, files, desk: None, comment: None, options }
    }

    /// Sets the text of the comment to which the files are attached.
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.comment = Some(text.into());
        self
    }

    /// Sets the service desk of the request. Without it, one more request looks it up.
    pub fn desk(mut self, desk: impl Into<ServiceDeskId>) -> Self {
        self.desk = Some(desk.into());
        self
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt of a request. The default is 30 minutes for a request that uploads, \
                  and the client's for the others.",
        deadline: "Sets the deadline of the whole workflow, with retries and waits. The default is the client's \
                   [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }

    /// Starts when the future is polled. See [`Call::send`](crate::Call::send).
    ///
    /// # Errors
    ///
    /// What any call can fail with, and the status of each file.
    pub fn send(self) -> BoxFuture<'static, Result<AttachmentCreateResult, AttachError>> {
        Box::pin(self.run())
    }

    async fn run(self) -> Result<AttachmentCreateResult, AttachError> {
        let Self { session, request, visibility, mut files, desk, comment, options } = self;
        let deadline = Deadline::new(&session, &options);
        look_at(&mut files, deadline, &options).await?;
        let desk = match desk {
            Some(desk) => desk,
            None => match deadline.call(GetRequest::new(request.clone())).await {
                Ok(request) => request.service_desk_id,
                Err(error) => return Err(not_sent(error, &files)),
            },
        };
        let uploaded = upload_all(desk, files, deadline, &session).await?;
        attach_all(request, visibility, comment, uploaded, deadline).await
    }
}

/// Uploads files, and returns their names and ids.
pub(super) async fn upload_all(
    desk: ServiceDeskId,
    files: Vec<FilePart>,
    deadline: Deadline<'_>,
    session: &Arc<Session>,
) -> Result<Vec<(String, TemporaryAttachmentId)>, AttachError> {
    let names: Vec<String> = files.iter().map(|file| file.name().to_owned()).collect();
    let uploaded = upload(&AttachTemporaryFiles::new(desk, files), deadline, session).await?;
    Ok(names.into_iter().zip(uploaded.into_iter().map(|file| file.temporary_attachment_id)).collect())
}

/// Attaches uploaded files to a request.
pub(super) async fn attach_all(
    request: IssueIdOrKey,
    visibility: Visibility,
    comment: Option<String>,
    uploaded: Vec<(String, TemporaryAttachmentId)>,
    deadline: Deadline<'_>,
) -> Result<AttachmentCreateResult, AttachError> {
    let ids = uploaded.iter().map(|(_, id)| id.clone());
    let mut attach = AddRequestAttachments::new(request, visibility == Visibility::Public, ids);
    if let Some(comment) = comment {
        attach = attach.additional_comment(AdditionalComment::new(comment));
    }
    deadline.call(attach).await.map_err(|error| {
        let idempotent = deadline.is_idempotent(AddRequestAttachments::INFO);
        let files = outcomes(uploaded, after(Effect::of(&error, idempotent)));
        AttachError { error, files }
    })
}

/// Uploaded files with a status.
pub(super) fn outcomes(
    uploaded: Vec<(String, TemporaryAttachmentId)>,
    status: fn(TemporaryAttachmentId) -> FileStatus,
) -> Vec<FileOutcome> {
    uploaded.into_iter().map(|(name, id)| FileOutcome { name, status: status(id) }).collect()
}

/// Refuses folders and missing files before anything is sent.
pub(super) async fn look_at(
    files: &mut [FilePart],
    deadline: Deadline<'_>,
    options: &RequestOptions,
) -> Result<(), AttachError> {
    let time = options.timeout.unwrap_or(UPLOAD_TIMEOUT).min(deadline.left());
    let measured = measure(AttachTemporaryFiles::INFO, files, time).await;
    measured.map_err(|error| not_sent(error, files))
}

pub(super) fn not_sent(error: Error, files: &[FilePart]) -> AttachError {
    let status = |file: &FilePart| FileOutcome { name: file.name().to_owned(), status: FileStatus::NotSent };
    AttachError { error, files: files.iter().map(status).collect() }
}

/// Uploads files in as many requests as needed.
async fn upload(
    operation: &AttachTemporaryFiles,
    deadline: Deadline<'_>,
    session: &Arc<Session>,
) -> Result<Vec<TemporaryAttachment>, AttachError> {
    let mut done: Vec<TemporaryAttachment> = Vec::with_capacity(operation.entries().len());
    for batch in batches(operation) {
        let count = batch.entries().len();
        let mut options = deadline.options();
        options.timeout.get_or_insert(UPLOAD_TIMEOUT);
        let error = match session.call(batch, &options).await.map(|response| response.value) {
            Ok(kept) if kept.temporary_attachments.len() == count => {
                done.extend(kept.temporary_attachments);
                continue;
            }
            Ok(kept) => {
                let kept = kept.temporary_attachments.len();
                let note = format!("the server kept {kept} of {count} files and reports no reason");
                Error::new(ErrorKind::Other, note).with_operation(AttachTemporaryFiles::INFO)
            }
            Err(error) => error,
        };
        let mut ids = done.into_iter().map(|file| file.temporary_attachment_id);
        let status = |file: &FilePart| FileOutcome {
            name: file.name().to_owned(),
            status: ids.next().map_or(FileStatus::NotSent, FileStatus::Uploaded),
        };
        return Err(AttachError { error, files: operation.entries().iter().map(status).collect() });
    }
    Ok(done)
}

/// The status of files after the request to attach them failed.
pub(super) fn after(effect: Effect) -> fn(TemporaryAttachmentId) -> FileStatus {
    match effect {
        Effect::Done => FileStatus::Attached,
        Effect::Unclear => FileStatus::Unclear,
        Effect::Nothing => FileStatus::Uploaded,
    }
}

impl IntoFuture for Upload {
    type Output = Result<Vec<TemporaryAttachment>, AttachError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl IntoFuture for Attach {
    type Output = Result<AttachmentCreateResult, AttachError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        write_counts(&self.files, f)
    }
}

/// Writes how many files have which status.
pub(super) fn write_counts(files: &[FileOutcome], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let count = |is: fn(&FileStatus) -> bool| files.iter().filter(|file| is(&file.status)).count();
    let parts = [
        (count(|status| *status == FileStatus::NotSent), "not sent"),
        (count(|status| matches!(status, FileStatus::Uploaded(_))), "uploaded and not attached"),
        (count(|status| matches!(status, FileStatus::Unclear(_))), "uploaded and perhaps attached"),
        (count(|status| matches!(status, FileStatus::Attached(_))), "attached"),
    ];
    for (count, what) in parts.iter().filter(|(count, _)| *count > 0) {
        write!(f, "; files {what}: {count}")?;
    }
    Ok(())
}

impl StdError for AttachError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

impl From<AttachError> for Error {
    fn from(error: AttachError) -> Self {
        error.error
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, options, .. } = self;
        f.debug_struct("Upload")
            .field("operation", operation)
            .field("options", options)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, files, options, .. } = self;
        f.debug_struct("Attach")
            .field("request", request)
            .field("files", files)
            .field("options", options)
            .finish_non_exhaustive()
    }
}
