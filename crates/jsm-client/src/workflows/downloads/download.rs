//! A download, from its options to the file.

use std::ffi::OsStr;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use jsm_raw::Operation;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::time::Instant;

use super::file_stream::{FileStream, Piece, Progress, Report, too_long};
use super::source::Source;
use crate::error::{Error, Result};
use crate::response::Session;
use crate::transport::clock::FOREVER;
use crate::transport::options::{RequestOptions, option_setters};
use crate::workflows::deadline::End;
use crate::workflows::partial::Partial;

/// How long a server may send nothing, where the download has no other time.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Without compression, so that the length is known, and a part can be requested.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// A download. [`Client::download`](crate::Client::download) or
/// [`HttpRequest::download`](crate::HttpRequest::download) makes it; [`stream`](Self::stream) or
/// [`to_file`](Self::to_file) starts it.
///
/// Dropping their future cancels the download; a partial file is removed.
///
/// # Resuming
///
/// When the connection breaks, or the server sends nothing for the [`idle_timeout`](Self::idle_timeout), the file is
/// requested again, at a new address if the server redirects to one. It is a retry by the client's
/// [`RetryPolicy`](crate::RetryPolicy), counted anew each time that the file has come further.
///
/// If the server identifies the version of the file, by a strong `ETag` or a `Last-Modified`, the request is for the part
/// that is missing (`Range` with `If-Range`). If the server sends the whole file of the same version, the bytes that are
/// there are skipped. In any other case a download into a file starts over, and a stream, whose bytes cannot be taken
/// back, ends with an error of kind [`Connection`](crate::ErrorKind::Connection). A program that sets the header `Range`
/// by itself gets what the server sends, once.
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

    option_setters! {
        timeout: "Sets the timeout of one attempt: the time until the file begins. The default is the \
                  [`idle_timeout`](Self::idle_timeout).",
        deadline: "Sets the deadline of the whole download, to the last byte, with retries and waits. The default is \
                   the client's [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }

    /// Sets how long the server may send nothing; 60 s by default. After that, the download is resumed, or fails with an
    /// error of kind [`Timeout`](crate::ErrorKind::Timeout).
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle = time.min(FOREVER);
        self
    }

    /// Sets how many bytes the file may have; there is no limit by default. A larger file is an error of kind
    /// [`TooLarge`](crate::ErrorKind::TooLarge): before its first byte, if the server sends their number.
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
        let (source, report, max_bytes) = self.source(None);
        FileStream::open(source, report, max_bytes, false).await
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
        // The name of `new/` is that of a folder, which need not exist yet.
        let is_last = |name: &&OsStr| path.as_os_str().as_encoded_bytes().ends_with(name.as_encoded_bytes());
        let name = path.file_name().filter(is_last).ok_or_else(|| {
            Error::configuration(format!("{} names no file; give one with a name", path.display()))
        })?;
        let (info, template) = (self.operation.info(), self.operation.template());
        let name_error = |error: Error| error.with_operation(info).with_template(template);
        let failed = |source: io::Error| {
            let note = format!("cannot write {}: {source}", path.display());
            name_error(Error::configuration(note)).with_source(source)
        };
        let (source, report, max_bytes) = self.source(Some(name));
        let deadline = source.deadline();
        let time = deadline.time();
        let until = Instant::now() + deadline.left();
        let written = async {
            let (partial, file) = Partial::create(path).await.map_err(failed)?;
            let mut file = tokio::fs::File::from_std(file);
            let mut pieces = FileStream::open(source, report, max_bytes, true).await?;
            while let Some(piece) = poll_fn(|context| pieces.poll_piece(context)).await {
                match piece? {
                    Piece::Bytes(bytes) => file.write_all(&bytes).await.map_err(failed)?,
                    Piece::Restart => {
                        file.set_len(0).await.map_err(failed)?;
                        file.rewind().await.map_err(failed)?;
                    }
                }
            }
            // Bytes that are not on the disk when the name changes may be lost in a power failure.
            file.sync_all().await.map_err(failed)?;
            partial.persist().await.map_err(failed)?;
            Ok(pieces.progress().bytes)
        };
        match tokio::time::timeout_at(until, written).await {
            Ok(written) => written,
            Err(_) => Err(name_error(too_long(time))),
        }
    }

    /// Where the bytes come from, the function that is called with the progress, and how many bytes the file may have.
    fn source(self, name: Option<&OsStr>) -> (Source, Option<Report>, u64) {
        let Self { session, operation, mut options, idle, max_bytes, media_type, report } = self;
        let end = End::new(&session, &options);
        options.timeout.get_or_insert(idle);
        options.headers.insert(ACCEPT_ENCODING, IDENTITY);
        let source = Source {
            info: operation.info(),
            template: operation.template(),
            gateway_path: operation.gateway_path().map(str::to_owned),
            single_use: operation.is_single_use(),
            rate_limit_key: operation.rate_limit_key().map(str::to_owned),
            build: Box::new(move |http, base| operation.request(http, base)),
            name: name.map(OsStr::to_owned),
            session,
            options,
            media_type,
            idle,
            end,
        };
        (source, report, max_bytes)
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
