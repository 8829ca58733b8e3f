//! Files on their way from a server: as a stream of bytes, or into a file that is there whole or not at all.
//!
//! Servers hand out files by a redirect, mostly to another origin. It is followed once, and credentials go to the
//! client's own origins alone.

use std::fmt;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use jsm_raw::{Operation, OperationInfo};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Request, Response, Url};
use tokio::io::AsyncWriteExt;

use crate::client::{Client, Shared};
use crate::error::{Error, Kind, Result};
use crate::send::{self, Content, Options, Reading};

/// How long a download may take: files are larger than what other calls carry.
const DOWNLOAD_TIME: Duration = Duration::from_secs(60 * 60);

/// As it is, so that its length is known and can be checked.
const AS_IT_IS: HeaderValue = HeaderValue::from_static("identity");

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
    timeout: Duration,
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
    done: bool,
}

impl Client {
    /// Downloads what an operation answers with, for example an attachment, its thumbnail or an article.
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
    pub fn download<O: Operation<Output = Bytes>>(&self, operation: O) -> Download<O> {
        Download { client: self.clone(), operation, timeout: DOWNLOAD_TIME, report: None }
    }
}

impl<O: Operation<Output = Bytes>> Download<O> {
    /// How long the download may take, to the last byte; an hour by default.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Is told of every piece that came.
    pub fn progress(mut self, report: impl FnMut(Progress) + Send + 'static) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// Begins the download, and gives its bytes as they come.
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind `Authentication` when the server leads to a login page.
    pub async fn stream(self) -> Result<FileStream> {
        let Self { client, operation, timeout, report } = self;
        let shared = client.shared();
        let clock = &*shared.clock;
        let until = clock.now() + timeout;
        let mut options = Options { attempt_timeout: Some(timeout), ..Options::default() };
        options.headers.insert(ACCEPT_ENCODING, AS_IT_IS);
        let build = |http: &reqwest::Client, base: &str| operation.request(http, base);
        for retry in 1.. {
            options.deadline = Some(until.saturating_duration_since(clock.now()));
            let (head, content, attempts) =
                send::attempts(shared, O::INFO, &options, &build, Reading::Left).await?;
            let response = match content {
                Content::Open(response) if head.status.is_redirection() => response,
                Content::Open(response) => {
                    return Ok(FileStream::new(O::INFO, head.headers, response, report));
                }
                Content::Whole(body) => {
                    let progress = Progress { bytes: 0, total: Some(body.len() as u64) };
                    let pieces = stream::once(async { Ok(body) }).boxed();
                    let headers = head.headers;
                    return Ok(FileStream { pieces, info: O::INFO, headers, progress, report, done: false });
                }
            };
            let error = match follow(shared, O::INFO, &head.headers, &response, until).await {
                Ok(mut response) => {
                    let headers = mem::take(response.headers_mut());
                    return Ok(FileStream::new(O::INFO, headers, response, report));
                }
                Err(error) => error.with_operation(O::INFO).with_attempts(attempts),
            };
            // Where the file lies may fail for a moment, too; the operation gives another address then.
            let passing = error.is_connection()
                || error.status().is_some_and(|status| matches!(status.as_u16(), 429 | 502 | 503 | 504));
            let wait = shared.retry.wait(retry, error.retry_after(), clock.chance());
            if !passing || retry > shared.retry.max_retries || clock.now() + wait > until {
                return Err(error);
            }
            clock.sleep(wait).await;
        }
        Err(Error::new(Kind::Timeout, "the file did not come").with_operation(O::INFO))
    }

    /// Downloads into a file, and tells how many bytes it has.
    ///
    /// Until the last byte is there, they are kept in a file of another name beside it. Whatever ends the download
    /// before, that one is removed, and a file of the final name is as it was.
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind `Configuration` when the file cannot be written.
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let name = path.file_name().ok_or_else(|| {
            Error::configuration(format!("{} names no file; give one with a name", path.display()))
        })?;
        let failed = |source: io::Error| {
            let note = format!("cannot write {}: {source}", path.display());
            Error::configuration(note).with_operation(O::INFO).with_source(source)
        };
        let mut pieces = self.stream().await?;
        let beside = format!(".{}.{:016x}.part", name.to_string_lossy(), fastrand::u64(..));
        let part = Part(Some(path.with_file_name(beside)));
        let Some(place) = &part.0 else { return Ok(0) };
        let mut file = tokio::fs::File::create_new(place).await.map_err(failed)?;
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await.map_err(failed)?;
        }
        // What is not on the disk when the name changes may be lost with the power.
        file.sync_all().await.map_err(failed)?;
        drop(file);
        tokio::fs::rename(place, path).await.map_err(failed)?;
        part.keep();
        Ok(pieces.progress().bytes)
    }
}

/// A file that is removed unless it is kept.
struct Part(Option<PathBuf>);

impl Part {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // It may never have been made; there is nobody left to tell of anything else.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Goes where a redirect leads.
async fn follow(
    shared: &Shared,
    info: &'static OperationInfo,
    headers: &HeaderMap,
    redirect: &Response,
    until: Instant,
) -> Result<Response> {
    let wrong =
        |note: &str| Error::new(Kind::Other, note).with_answer(redirect.status(), headers, Bytes::new());
    let place = headers.get(LOCATION).and_then(|place| place.to_str().ok());
    let place = place.ok_or_else(|| wrong("the server redirects without saying where to"))?;
    let target = redirect.url().join(place).map_err(|_| wrong("the server redirects to no address"))?;
    if is_login(shared, &target) {
        let note = "redirected to a login page; check the site's address and the credentials";
        return Err(wrong(note).with_kind(Kind::Authentication));
    }
    if target.scheme() != "https" && target.scheme() != redirect.url().scheme() {
        return Err(wrong("the server redirects to an address without encryption"));
    }
    let mut request = Request::new(Method::GET, target);
    request.headers_mut().insert(ACCEPT_ENCODING, AS_IT_IS);
    if shared.site.owns(request.url()) {
        let mut authorization = shared.credentials.authorization(None).await.map_err(send::no_credentials)?;
        authorization.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, authorization);
    }
    *request.timeout_mut() = Some(until.saturating_duration_since(shared.clock.now()));
    let http = shared.http.client_for(request.url())?;
    let response = http.execute(request).await.map_err(send::transport)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let headers = response.headers().clone();
    if status.is_redirection() {
        let note = "the file's address redirects once more, which is not followed";
        return Err(Error::new(Kind::Other, note).with_answer(status, &headers, Bytes::new()));
    }
    let asked = crate::retry::retry_after(&headers, shared.clock.date());
    let body = send::read_start(response, crate::error::KEPT).await;
    Err(Error::answered(info, status, &headers, body).with_retry_after(asked))
}

/// Whether an address is where people log in.
fn is_login(shared: &Shared, target: &Url) -> bool {
    target.host_str() == Some("id.atlassian.com")
        || shared.site.owns(target) && target.path().starts_with("/login")
}

impl FileStream {
    fn new(
        info: &'static OperationInfo,
        headers: HeaderMap,
        response: Response,
        report: Option<Report>,
    ) -> Self {
        Self {
            info,
            headers,
            progress: Progress { bytes: 0, total: response.content_length() },
            pieces: response.bytes_stream().map_err(send::transport).boxed(),
            report,
            done: false,
        }
    }

    /// How far it has come, and how many bytes it has in all, where the server told.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The media type, as the server has it.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        let Progress { bytes, total } = self.progress;
        let of = || total.map_or_else(String::new, |total| format!(" of {total}"));
        match ready!(self.pieces.poll_next_unpin(context)) {
            Some(Ok(piece)) => {
                self.progress.bytes += piece.len() as u64;
                let progress = self.progress;
                if let Some(report) = &mut self.report {
                    report(progress);
                }
                Poll::Ready(Some(Ok(piece)))
            }
            Some(Err(error)) => {
                self.done = true;
                let error = error.map_note(|note| format!("{note} after {bytes}{} bytes of the file", of()));
                Poll::Ready(Some(Err(error.with_operation(self.info))))
            }
            None => {
                self.done = true;
                if total.is_none_or(|total| total == bytes) {
                    return Poll::Ready(None);
                }
                let note = format!("the file ended after {bytes}{} bytes", of());
                Poll::Ready(Some(Err(Error::new(Kind::Connection, note).with_operation(self.info))))
            }
        }
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
