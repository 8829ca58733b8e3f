//! Files from a server: as a stream of bytes, or into a file that is written whole or not at all.
//!
//! [`Client::download`](crate::Client::download) makes a [`Download`].

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::mem;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use jsm_raw::{Operation, OperationInfo};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, Sleep};

use super::deadline::Deadline;
use super::partial::Partial;
use crate::error::{Error, ErrorKind, Result, is_html};
use crate::response::{self, Expected, Session};
use crate::transport::clock::FOREVER;
use crate::transport::options::{RequestOptions, option_setters};
use crate::transport::{Content, RequestSpec, describe, open};

/// How long a server may send nothing, where the download has no other time.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Without compression, so that the length is known and can be checked.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// The progress of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that were received.
    pub bytes: u64,
    /// The bytes of the whole file, if the server sent their number.
    pub total: Option<u64>,
}

type Report = Box<dyn FnMut(Progress) + Send>;

/// A download. [`Client::download`](crate::Client::download) makes it; [`stream`](Self::stream) or
/// [`to_file`](Self::to_file) starts it.
///
/// Dropping their future cancels the download; a partial file is removed.
#[must_use = "nothing is downloaded until a function of it is awaited"]
pub struct Download<O> {
    session: Arc<Session>,
    operation: O,
    options: RequestOptions,
    idle: Duration,
    max_bytes: u64,
    media_type: Option<String>,
    report: Option<Report>,
}

/// A stream of the bytes of a file.
///
/// It ends with the file, or with one error. Waiting for its next item is cancel safe. Dropping it cancels the download.
pub struct FileStream {
    pieces: BoxStream<'static, Result<Bytes>>,
    info: &'static OperationInfo,
    headers: HeaderMap,
    progress: Progress,
    report: Option<Report>,
    limits: Limits,
    /// Whether only its beginning can show that it is an HTML page.
    untyped: bool,
    done: bool,
}

/// The time and the bytes of a file.
struct Limits {
    max_bytes: u64,
    time: Duration,
    deadline: Pin<Box<Sleep>>,
    idle: Duration,
    /// Runs while a piece is waited for.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<O: Operation<Output = Bytes>> Download<O> {
    pub(crate) fn new(session: Arc<Session>, operation: O) -> Self {
        Self {
            session,
            operation,
            options: RequestOptions::new(),
            idle: IDLE_TIMEOUT,
            max_bytes: u64::MAX,
            media_type: None,
            report: None,
        }
    }

    fn map_options(mut self, change: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.options = change(self.options);
        self
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt: the time until the file begins. The default is the \
                  [`idle_timeout`](Self::idle_timeout).",
        deadline: "Sets the deadline of the whole download, to the last byte, with retries and waits. The default is \
                   the client's [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }

    /// Sets how long the server may send nothing; 60 s by default. After that, the download fails with an error of kind
    /// [`Timeout`](ErrorKind::Timeout).
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle = time.min(FOREVER);
        self
    }

    /// Sets how many bytes the file may have; there is no limit by default. A larger file is an error of kind
    /// [`TooLarge`](ErrorKind::TooLarge).
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the media type of the file, such as the attachment's `mime_type`, so that a file of HTML or JSON is not read
    /// as an error. See [`Client::download`](crate::Client::download).
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// Sets a function that is called with the progress for each piece of the file.
    pub fn progress(mut self, report: impl FnMut(Progress) + Send + 'static) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// Starts the download, and returns the stream of its bytes.
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind `Authentication` when the server redirects to a login page; of kind `Html`,
    /// or of the kind in the JSON, when an HTML page or a JSON document comes in place of the file; of kind `Other` when
    /// the file is compressed although the request did not allow it.
    pub async fn stream(self) -> Result<FileStream> {
        let (session, options) = (Arc::clone(&self.session), self.options.clone());
        self.begin(Deadline::new(&session, &options), None).await
    }

    /// Downloads into a file, and returns how many bytes it has.
    ///
    /// Until the last byte is received, they are kept in a partial file beside it, `.NAME.part`. If the download fails or
    /// is cancelled, the partial file is removed, and a file of the final name is unchanged. A partial file that an
    /// earlier process left is replaced. A new file has the mode of the process's umask; one that replaces another keeps
    /// its mode.
    ///
    /// # Errors
    ///
    /// What [`stream`](Self::stream) can fail with; of kind `Configuration` when the file cannot be written, before
    /// anything is sent if that can be known.
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let name = path.file_name().ok_or_else(|| {
            Error::configuration(format!("{} names no file; give one with a name", path.display()))
        })?;
        let failed = |source: io::Error| {
            let note = format!("cannot write {}: {source}", path.display());
            Error::configuration(note).with_operation(O::INFO).with_source(source)
        };
        let (session, options) = (Arc::clone(&self.session), self.options.clone());
        let deadline = Deadline::new(&session, &options);
        let time = deadline.time();
        let until = Instant::now() + deadline.left();
        let written = async {
            let (partial, file) = Partial::create(path).await.map_err(failed)?;
            let mut file = tokio::fs::File::from_std(file);
            let mut pieces = self.begin(deadline, Some(name)).await?;
            while let Some(piece) = pieces.try_next().await? {
                file.write_all(&piece).await.map_err(failed)?;
            }
            // Bytes that are not on the disk when the name changes may be lost in a power failure.
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
        let Self { session, operation, idle, max_bytes, media_type, report, .. } = self;
        let transport = &session.transport;
        let mut options = deadline.options();
        options.timeout.get_or_insert(idle);
        options.headers.insert(ACCEPT_ENCODING, IDENTITY);
        let build = |http: &reqwest::Client, base: &str| operation.request(http, base);
        let spec = RequestSpec {
            info: O::INFO,
            options: &options,
            build: &build,
            single_use: false,
            rate_limit_key: operation.rate_limit_key(),
            busy: None,
        };
        let (head, content, attempts) = open(transport, &spec).await?;
        let address = match &content {
            Content::Open(response) => Some(response.url().clone()),
            Content::Whole(_) => None,
        };
        let expected = Expected {
            info: O::INFO,
            media_type: media_type.as_deref(),
            elsewhere: address.as_ref().filter(|address| !transport.site.owns(address)),
            name,
        };
        let content = expected.check(&head.headers, content, idle.min(deadline.left())).await;
        let content = content.map_err(|error| error.with_operation(O::INFO).with_attempts(attempts))?;
        let limits = Limits::new(max_bytes, deadline, idle);
        Ok(FileStream::new(O::INFO, head.headers, content, report, limits))
    }
}

fn too_long(time: Duration) -> Error {
    let note = format!("the download took longer than its {} s", time.as_secs_f64());
    Error::new(ErrorKind::Timeout, note)
}

impl Limits {
    fn new(max_bytes: u64, deadline: Deadline<'_>, idle: Duration) -> Self {
        let until = Instant::now() + deadline.left();
        let timer = Box::pin(tokio::time::sleep_until(until));
        Self { max_bytes, time: deadline.time(), deadline: timer, idle, stalled: None }
    }

    /// Ready when the next piece is not waited for any longer.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        if self.deadline.as_mut().poll(context).is_ready() {
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
                (total, response.bytes_stream().map_err(describe).boxed())
            }
            Content::Whole(body) => (Some(body.len() as u64), stream::once(async { Ok(body) }).boxed()),
        };
        let untyped = response::is_untyped(&headers);
        let progress = Progress { bytes: 0, total };
        Self { pieces, info, headers, progress, report, limits, untyped, done: false }
    }

    /// How many bytes were received, and how many the file has, if the server sent their number.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The media type that the server sent.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Counts and checks a piece.
    fn take(&mut self, piece: &Bytes) -> Result<()> {
        if mem::take(&mut self.untyped) && is_html(piece, &self.headers) {
            return Err(Error::new(ErrorKind::Html, response::HTML));
        }
        self.progress.bytes += piece.len() as u64;
        if self.progress.bytes > self.limits.max_bytes {
            let note = format!("the file has more than the {} bytes that are allowed", self.limits.max_bytes);
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
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
