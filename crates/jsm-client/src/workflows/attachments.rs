//! Files on their way to a request: uploaded to its service desk first, attached to it then.

use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jsm_raw::{Batched, FilePart, Operation};

use super::batches::parts;
use super::deadline::Deadline;
use crate::call::measure;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::servicedesk::attachment::{AddRequestAttachments, AttachTemporaryFiles};
use crate::servicedesk::request::GetRequest;
use crate::servicedesk::types::{AdditionalComment, AttachmentCreateResult, TemporaryAttachment};
use crate::servicedesk::{IssueIdOrKey, ServiceDeskId, TemporaryAttachmentId};

/// How long one upload may take: files are larger than what other calls carry.
const UPLOAD_TIME: Duration = Duration::from_secs(30 * 60);

/// Who sees a comment and its files. Customers can write for everybody alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Everybody who sees the request.
    Public,
    /// Those who work on it.
    Internal,
}

/// Where a file has got to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileStatus {
    /// It is not on the server, or nowhere that anybody could find it.
    NotSent,
    /// It is uploaded and can be attached by this id, for as long as the server keeps it.
    Uploaded(TemporaryAttachmentId),
    /// It is uploaded, and the request to attach it got no answer: look at the request before attaching it again.
    Unclear(TemporaryAttachmentId),
    /// It is attached.
    Attached(TemporaryAttachmentId),
}

/// A file, and where it has got to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileOutcome {
    /// The name under which it was sent.
    pub name: String,
    /// Where it has got to.
    pub status: FileStatus,
}

/// Files that were not uploaded, or not attached, all of them.
#[derive(Debug)]
#[non_exhaustive]
pub struct AttachError {
    /// Why not.
    pub error: Error,
    /// Where each file has got to, in the order in which they were given.
    pub files: Vec<FileOutcome>,
}

/// Files, about to be uploaded to a service desk.
#[must_use = "nothing is uploaded until it is awaited"]
#[derive(Debug)]
pub struct Upload {
    client: Client,
    operation: AttachTemporaryFiles,
    timeout: Duration,
    deadline: Option<Duration>,
}

/// Files, about to be attached to a request.
#[must_use = "nothing is attached until it is awaited"]
#[derive(Debug)]
pub struct Attach {
    client: Client,
    request: IssueIdOrKey,
    visibility: Visibility,
    files: Vec<FilePart>,
    desk: Option<ServiceDeskId>,
    comment: Option<String>,
    timeout: Duration,
    deadline: Option<Duration>,
}

impl Client {
    /// Uploads files to a service desk, in as many requests as their number takes.
    ///
    /// They wait there under temporary ids, in the order given, until they are attached to a request or used as the
    /// answer to a field of a new one; after a while they are gone. To attach them to a request that is there, see
    /// [`attach`](Self::attach).
    pub fn upload(
        &self,
        desk: impl Into<ServiceDeskId>,
        files: impl IntoIterator<Item = FilePart>,
    ) -> Upload {
        let operation = AttachTemporaryFiles::new(desk, files);
        Upload { client: self.clone(), operation, timeout: UPLOAD_TIME, deadline: None }
    }

    /// Uploads files and attaches them to a request, all with one comment.
    ///
    /// ```
    /// # use jsm_client::{Client, FilePart, Visibility};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = jsm_sandbox::Sandbox::start().await?;
    /// # let jira = Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token()).build()?;
    /// # let request = jsm_client::servicedesk::request::GetRequests::new();
    /// # let mut requests = jira.items(request);
    /// # let first = requests.try_next().await?.ok_or("no request")?;
    /// # let key = first.issue_key;
    /// let files = [FilePart::bytes("notes.txt", "It is on fire."), FilePart::path("Cargo.toml")];
    /// let attached = jira.attach(key, Visibility::Public, files).comment("As seen today.").await?;
    /// assert_eq!(attached.attachments.ok_or("no list")?.values.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn attach(
        &self,
        request: impl Into<IssueIdOrKey>,
        visibility: Visibility,
        files: impl IntoIterator<Item = FilePart>,
    ) -> Attach {
        Attach {
            client: self.clone(),
            request: request.into(),
            visibility,
            files: files.into_iter().collect(),
            desk: None,
            comment: None,
            timeout: UPLOAD_TIME,
            deadline: None,
        }
    }
}

impl Upload {
    /// How long uploading the files of one request may take; half an hour by default.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How long all of it may take, waits and retries included. The default is the client's
    /// [`deadline`](crate::ClientBuilder::deadline) where that is set, else an hour.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    async fn run(mut self) -> Result<Vec<TemporaryAttachment>, AttachError> {
        let deadline = Deadline::new(self.client.shared(), self.deadline);
        look_at(self.operation.files_mut(), self.timeout.min(deadline.left())).await?;
        upload(&self.client, &self.operation, self.timeout, deadline).await
    }
}

impl Attach {
    /// What the comment says that carries the files.
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.comment = Some(text.into());
        self
    }

    /// The service desk of the request. Without it, the request is asked for it.
    pub fn desk(mut self, desk: impl Into<ServiceDeskId>) -> Self {
        self.desk = Some(desk.into());
        self
    }

    /// How long uploading the files of one request may take; half an hour by default.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How long all of it may take, waits and retries included. The default is the client's
    /// [`deadline`](crate::ClientBuilder::deadline) where that is set, else an hour.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    async fn run(self) -> Result<AttachmentCreateResult, AttachError> {
        let Self { client, request, visibility, mut files, desk, comment, timeout, deadline } = self;
        let deadline = Deadline::new(client.shared(), deadline);
        look_at(&mut files, timeout.min(deadline.left())).await?;
        let desk = match desk {
            Some(desk) => desk,
            None => match deadline.call(&client, GetRequest::new(request.clone())).await {
                Ok(request) => request.service_desk_id,
                Err(error) => return Err(not_sent(error, &files)),
            },
        };
        let names: Vec<String> = files.iter().map(|file| file.name().to_owned()).collect();
        let uploaded = upload(&client, &AttachTemporaryFiles::new(desk, files), timeout, deadline).await?;
        let ids: Vec<TemporaryAttachmentId> =
            uploaded.into_iter().map(|file| file.temporary_attachment_id).collect();
        let mut attach = AddRequestAttachments::new(request, visibility == Visibility::Public, ids.clone());
        if let Some(comment) = comment {
            attach = attach.additional_comment(AdditionalComment::new(comment));
        }
        deadline.call(&client, attach).await.map_err(|error| {
            let status = after(&error);
            let files = names.into_iter().zip(ids);
            AttachError {
                error,
                files: files.map(|(name, id)| FileOutcome { name, status: status(id) }).collect(),
            }
        })
    }
}

/// Refuses folders and what is not there before anything is sent.
async fn look_at(files: &mut [FilePart], time: Duration) -> Result<(), AttachError> {
    let looked = measure(AttachTemporaryFiles::INFO, files, time).await;
    looked.map_err(|error| not_sent(error, files))
}

fn not_sent(error: Error, files: &[FilePart]) -> AttachError {
    let status = |file: &FilePart| FileOutcome { name: file.name().to_owned(), status: FileStatus::NotSent };
    AttachError { error, files: files.iter().map(status).collect() }
}

/// Uploads files in as many requests as it takes.
async fn upload(
    client: &Client,
    operation: &AttachTemporaryFiles,
    timeout: Duration,
    deadline: Deadline<'_>,
) -> Result<Vec<TemporaryAttachment>, AttachError> {
    let mut done: Vec<TemporaryAttachment> = Vec::with_capacity(operation.entries().len());
    for part in parts(operation) {
        let count = part.entries().len();
        let error = match deadline.call(client, part).timeout(timeout).await {
            Ok(answer) if answer.temporary_attachments.len() == count => {
                done.extend(answer.temporary_attachments);
                continue;
            }
            Ok(answer) => {
                let kept = answer.temporary_attachments.len();
                let note = format!("the server kept {kept} of {count} files, without saying why");
                Error::new(crate::ErrorKind::Other, note).with_operation(AttachTemporaryFiles::INFO)
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

/// Where files are after the request to attach them failed in this way.
fn after(error: &Error) -> fn(TemporaryAttachmentId) -> FileStatus {
    match error.status().map(|status| status.as_u16()) {
        // It was done, and only the answer could not be read.
        Some(200..=299) => FileStatus::Attached,
        Some(500..) => FileStatus::Unclear,
        None if error.attempts() > 0 && !error.is_rate_limited() => FileStatus::Unclear,
        _ => FileStatus::Uploaded,
    }
}

impl IntoFuture for Upload {
    type Output = Result<Vec<TemporaryAttachment>, AttachError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl IntoFuture for Attach {
    type Output = Result<AttachmentCreateResult, AttachError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is: fn(&FileStatus) -> bool| self.files.iter().filter(|file| is(&file.status)).count();
        let parts = [
            (count(|place| *place == FileStatus::NotSent), "not sent"),
            (count(|place| matches!(place, FileStatus::Uploaded(_))), "uploaded and not attached"),
            (count(|place| matches!(place, FileStatus::Unclear(_))), "uploaded and perhaps attached"),
            (count(|place| matches!(place, FileStatus::Attached(_))), "attached"),
        ];
        write!(f, "{}", self.error)?;
        for (count, what) in parts.iter().filter(|(count, _)| *count > 0) {
            write!(f, "; files {what}: {count}")?;
        }
        Ok(())
    }
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
