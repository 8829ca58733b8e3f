//! Files on their way from a server: as a stream of bytes, or into a file that is there whole or not at all.
//!
//! How redirects are followed is in `redirects`, what came in place of a file in `substitutes`, and how files are
//! written in `partial`.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::mem;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use jsm_raw::{Operation, OperationInfo};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, Sleep};

use super::deadline::Deadline;
use super::expected_file::{self, Expected};
use super::partial::Partial;
use super::redirects::follow;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{FOREVER, is_worth_it};
use crate::send::{self, Content, Options, Reading, is_permanent};

/// How long a server may send nothing, where the download does not say.
const IDLE: Duration = Duration::from_secs(60);

/// As it is, so that its length is known and can be checked.
pub(super) const AS_IT_IS: HeaderValue = HeaderValue::from_static("identity");

/// How far a download has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that are here.
    pub bytes: u64,
    /// The bytes of the whole file, where the server told.
    pub total: Option<u64>,
}

type Report = Box<dyn FnMut(Progress) + Send>;

/// A file, about to be downloaded.
#[must_use = "nothing is downloaded until a function of it is awaited"]
pub struct Download<O> {
    client: Client,
    operation: O,
    timeout: Option<Duration>,
    idle: Duration,
    max_bytes: u64,
    media_type: Option<String>,
    report: Option<Report>,
}

/// The bytes of a file, as they come.
///
/// It ends with the file, or with one error. Dropping it ends the download.
pub struct FileStream {
    pieces: BoxStream<'static, Result<Bytes>>,
    info: &'static OperationInfo,
    headers: HeaderMap,
    progress: Progress,
    report: Option<Report>,
    limits: Limits,
    /// Whether nothing but its beginning can show that it is a page of HTML.
    untyped: bool,
    done: bool,
}

/// How much time and how many bytes a file may take.
struct Limits {
    max_bytes: u64,
    time: Duration,
    over: Pin<Box<Sleep>>,
    idle: Duration,
    /// Runs while a piece is waited for.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Client {
    /// Downloads what an operation responds with, for example an attachment, its thumbnail or an article.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::attachment::GetAttachmentContent, servicedesk::types::Attachment};
    /// # async fn example(jira: Client, attachment: Attachment) -> Result<(), Box<dyn std::error::Error>> {
    /// let id = attachment.id().ok_or("the attachment's links name no id")?;
    /// jira.download(GetAttachmentContent::new("HELP-12", id))
    ///     .progress(|progress| println!("{} of {:?}", progress.bytes, progress.total))
    ///     .to_file(std::env::temp_dir().join("report.pdf"))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Up to five redirects are followed, with credentials for the site's own addresses only.
    ///
    /// A page of HTML or a JSON document may be the file, or may have come in place of it, from a login page or as an
    /// error with a status of success. It is taken for the file when any of these holds:
    ///
    /// - the response has `Content-Disposition: attachment`, or names a file there;
    /// - its media type is the one given by [`media_type`](Download::media_type);
    /// - it comes, by redirect, from another host than the site's, and its media type is the one that the file's name
    ///   stands for, in the address or as given to [`to_file`](Download::to_file).
    ///
    /// Else it is an error of kind [`Html`](ErrorKind::Html), or of the kind that the JSON says. An article of the knowledge
    /// base is documented as HTML and is taken as it is.
    pub fn download<O: Operation<Output = Bytes>>(&self, operation: O) -> Download<O> {
        Download {
            client: self.clone(),
            operation,
            timeout: None,
            idle: IDLE,
            max_bytes: u64::MAX,
            media_type: None,
            report: None,
        }
    }
}

impl<O: Operation<Output = Bytes>> Download<O> {
    /// How long the download may take, to the last byte. The default is the client's
    /// [`deadline`](crate::ClientBuilder::deadline) where that is set, else an hour.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// How long the server may send nothing, before the response and within it; 60 s by default. Then the download
    /// fails with an error of kind [`Timeout`](ErrorKind::Timeout).
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle = time.min(FOREVER);
        self
    }

    /// How many bytes the file may have; not limited by default. A larger one is an error of kind
    /// [`TooLarge`](ErrorKind::TooLarge).
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The media type of the file, such as the attachment's `mime_type`, so that a file of HTML or JSON is not taken
    /// for an error. See [`Client::download`].
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// Is called with the progress for every piece that came.
    pub fn progress(mut self, report: impl FnMut(Progress) + Send + 'static) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// Begins the download, and gives its bytes as they come.
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind `Authentication` when the server leads to a login page; of kind `Html`, or
    /// of what the JSON says, when a page or a JSON document comes in place of the file; of kind `Other` when the file
    /// comes compressed although that was not asked for.
    pub async fn stream(self) -> Result<FileStream> {
        let client = self.client.clone();
        let deadline = Deadline::new(client.shared(), self.timeout);
        self.begin(deadline, None).await
    }

    /// Downloads into a file, and returns how many bytes it has.
    ///
    /// Until the last byte is there, they are kept in a partial file beside it, `.NAME.part`. Whatever ends the
    /// download before, that one is removed, and a file of the final name is as it was. A partial file that an earlier
    /// process left behind is replaced. A new file has the mode that the process's umask gives; one that replaces
    /// another keeps its mode.
    ///
    /// # Errors
    ///
    /// What [`stream`](Self::stream) can fail with; of kind `Configuration` when the file cannot be written, before
    /// anything is sent where that can be known.
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let name = path.file_name().ok_or_else(|| {
            Error::configuration(format!("{} names no file; give one with a name", path.display()))
        })?;
        let failed = |source: io::Error| {
            let note = format!("cannot write {}: {source}", path.display());
            Error::configuration(note).with_operation(O::INFO).with_source(source)
        };
        let client = self.client.clone();
        let deadline = Deadline::new(client.shared(), self.timeout);
        let time = deadline.time();
        let until = Instant::now() + deadline.left();
        let written = async {
            let (partial, file) = Partial::create(path).await.map_err(failed)?;
            let mut file = tokio::fs::File::from_std(file);
            let mut pieces = self.begin(deadline, Some(name)).await?;
            while let Some(piece) = pieces.try_next().await? {
                file.write_all(&piece).await.map_err(failed)?;
            }
            // What is not on the disk when the name changes may be lost with the power.
            file.sync_all().await.map_err(failed)?;
            partial.persist().await.map_err(failed)?;
            Ok(pieces.progress().bytes)
        };
        match tokio::time::timeout_at(until, written).await {
            Ok(written) => written,
            Err(_) => Err(too_long(time).with_operation(O::INFO)),
        }
    }

    async fn begin(self, deadline: Deadline<'_>, name: Option<&OsStr>) -> Result<FileStream> {
        let Self { client, operation, idle, max_bytes, media_type, report, .. } = self;
        let shared = client.shared();
        let clock = &*shared.clock;
        let mut options = Options { attempt_timeout: Some(idle), ..Options::default() };
        options.headers.insert(ACCEPT_ENCODING, AS_IT_IS);
        let build = |http: &reqwest::Client, base: &str| operation.request(http, base);
        for retry in 1.. {
            options.deadline = Some(deadline.left());
            let (head, content, attempts) =
                send::attempts(shared, O::INFO, &options, &build, Reading::Left).await?;
            let fail = |error: Error| error.with_operation(O::INFO).with_attempts(attempts);
            let found = match content {
                Content::Open(response) if head.status.is_redirection() => {
                    let from = response.url().clone();
                    let found = follow(shared, O::INFO, (head.status, head.headers), from, deadline, idle);
                    found.await.map(|mut response| {
                        let headers = mem::take(response.headers_mut());
                        (headers, Content::Open(response))
                    })
                }
                content => Ok((head.headers, content)),
            };
            let error = match found {
                Ok((headers, content)) => {
                    let address = match &content {
                        Content::Open(response) => Some(response.url().clone()),
                        Content::Whole(_) => None,
                    };
                    let expected = Expected {
                        info: O::INFO,
                        media_type: media_type.as_deref(),
                        elsewhere: address.as_ref().filter(|address| !shared.site.owns(address)),
                        name,
                    };
                    let time = idle.min(deadline.left());
                    let content = expected.check(&headers, content, time).await.map_err(fail)?;
                    let limits = Limits::new(max_bytes, deadline, idle);
                    return Ok(FileStream::new(O::INFO, headers, content, report, limits));
                }
                Err(error) => fail(error),
            };
            // Where the file is may fail for a moment, too; the operation gives another address then.
            let passing = match error.status() {
                Some(status) => is_worth_it(status, error.retry_after(), true),
                None => error.is_connection() && !is_permanent(&error),
            };
            let wait = shared.retry.wait(retry, error.retry_after(), clock.random());
            if !passing || retry > shared.retry.max_retries || !deadline.allows(wait) {
                return Err(error);
            }
            clock.sleep(wait).await;
        }
        Err(Error::new(ErrorKind::Timeout, "the file did not come").with_operation(O::INFO))
    }
}

fn too_long(time: Duration) -> Error {
    let note = format!("the download took longer than the {} s that it may", time.as_secs_f64());
    Error::new(ErrorKind::Timeout, note)
}

impl Limits {
    fn new(max_bytes: u64, deadline: Deadline<'_>, idle: Duration) -> Self {
        let until = Instant::now() + deadline.left();
        let over = Box::pin(tokio::time::sleep_until(until));
        Self { max_bytes, time: deadline.time(), over, idle, stalled: None }
    }

    /// Why a piece that is not here need not be waited for any longer.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        if self.over.as_mut().poll(context).is_ready() {
            return Poll::Ready(too_long(self.time));
        }
        let idle = self.idle;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
        stalled.as_mut().poll(context).map(|()| {
            Error::new(ErrorKind::Timeout, format!("the server sent nothing for {} s", idle.as_secs_f64()))
        })
    }
}

impl FileStream {
    fn new(
        info: &'static OperationInfo,
        headers: HeaderMap,
        content: Content,
        report: Option<Report>,
        limits: Limits,
    ) -> Self {
        let (total, pieces) = match content {
            Content::Open(response) => {
                let total = response.content_length();
                (total, response.bytes_stream().map_err(send::transport).boxed())
            }
            Content::Whole(body) => (Some(body.len() as u64), stream::once(async { Ok(body) }).boxed()),
        };
        let untyped = expected_file::is_untyped(&headers);
        let progress = Progress { bytes: 0, total };
        Self { pieces, info, headers, progress, report, limits, untyped, done: false }
    }

    /// How far it has come, and how many bytes it has in all, where the server sent that.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The media type, as the server has it.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Takes a piece, or finds what is wrong with it.
    fn take(&mut self, piece: &Bytes) -> Result<()> {
        if mem::take(&mut self.untyped) && crate::error::is_html(piece, &self.headers) {
            return Err(Error::new(ErrorKind::Html, expected_file::HTML));
        }
        self.progress.bytes += piece.len() as u64;
        if self.progress.bytes > self.limits.max_bytes {
            let note = format!("the file has more than the {} bytes that it may", self.limits.max_bytes);
            return Err(Error::new(ErrorKind::TooLarge, note));
        }
        if let Some(report) = &mut self.report {
            report(self.progress);
        }
        Ok(())
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.done {
            return Poll::Ready(None);
        }
        let Progress { bytes, total } = this.progress;
        let of = || total.map_or_else(String::new, |total| format!(" of {total}"));
        let error = match this.pieces.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(piece))) => {
                this.limits.stalled = None;
                match this.take(&piece) {
                    Ok(()) => return Poll::Ready(Some(Ok(piece))),
                    Err(error) => error,
                }
            }
            Poll::Ready(Some(Err(error))) => {
                error.map_note(|note| format!("{note} after {bytes}{} bytes of the file", of()))
            }
            Poll::Ready(None) if total.is_none_or(|total| total == bytes) => {
                this.done = true;
                return Poll::Ready(None);
            }
            Poll::Ready(None) => {
                Error::new(ErrorKind::Connection, format!("the file ended after {bytes}{} bytes", of()))
            }
            Poll::Pending => match this.limits.poll(context) {
                Poll::Ready(error) => error.map_note(|note| format!("{note} after {bytes}{} bytes", of())),
                Poll::Pending => return Poll::Pending,
            },
        };
        this.done = true;
        Poll::Ready(Some(Err(error.with_operation(this.info))))
    }
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream")
            .field("operation", &self.info.name)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

impl<O: fmt::Debug> fmt::Debug for Download<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("operation", &self.operation)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
