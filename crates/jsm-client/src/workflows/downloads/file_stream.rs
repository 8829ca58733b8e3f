//! The bytes of a file as they come, over as many responses as it takes.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap};
use tokio::time::{Instant, Sleep};

use super::resume::{Begun, Continuation, Validator, refuses_ranges};
use super::source::{Reopened, Source};
use crate::error::{Error, ErrorKind, Result, is_html};
use crate::response;
use crate::transport::{Broken, Content, Opened, describe};

/// The progress of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that were received. They begin at 0 again when a download into a file starts over.
    pub bytes: u64,
    /// The bytes of the whole file, if the server sent their number.
    pub total: Option<u64>,
}

/// A function that is called with the progress.
pub(super) type Report = Box<dyn FnMut(Progress) + Send>;

/// A stream of the bytes of a file.
///
/// It ends with the file, or with one error. When the connection breaks, it goes on where it was, if the server
/// identifies the version of the file: see [`Download`](super::Download). Waiting for its next item is cancel safe.
/// Dropping it cancels the download.
pub struct FileStream {
    state: State,
    source: Arc<Source>,
    headers: HeaderMap,
    progress: Progress,
    report: Option<Report>,
    limits: Limits,
    /// Whether only its beginning can show that it is an HTML page.
    untyped: bool,
    /// Whether the file is requested again when it breaks off.
    resumes: bool,
    /// Whether the bytes so far can be taken back, so that the file can start over.
    restarts: bool,
    validator: Option<Validator>,
    ranges: bool,
    /// The bytes that come once more before the next one.
    skip: u64,
    /// How far the file came before it broke off last.
    furthest: u64,
    /// How often it broke off since it came that far.
    failures: u32,
    attempts: u32,
    ticket: u64,
}

enum State {
    Reading(BoxStream<'static, Result<Bytes>>),
    Opening(BoxFuture<'static, Result<Reopened>>),
    Done,
}

/// What follows from what has come.
enum Step {
    Continue,
    Piece(Piece),
    End,
    /// The file can be requested again.
    Broken(Error),
    Failed(Error),
}

/// What comes next of a file.
pub(super) enum Piece {
    Bytes(Bytes),
    /// All bytes before do not count.
    Restart,
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

/// The error of a download that is not done by its deadline.
pub(super) fn too_long(time: Duration) -> Error {
    let note = format!("the download took longer than its {} s", time.as_secs_f64());
    Error::new(ErrorKind::Timeout, note)
}

impl Limits {
    fn new(max_bytes: u64, source: &Source) -> Self {
        let deadline = source.deadline();
        let until = Instant::now() + deadline.left();
        let timer = Box::pin(tokio::time::sleep_until(until));
        Self { max_bytes, time: deadline.time(), deadline: timer, idle: source.idle, stalled: None }
    }

    /// Rejects a file of more bytes than it may have.
    fn check(&self, bytes: u64) -> Result<()> {
        match bytes <= self.max_bytes {
            true => Ok(()),
            false => {
                let note = format!("the file has more than the {} bytes that are allowed", self.max_bytes);
                Err(Error::new(ErrorKind::TooLarge, note))
            }
        }
    }

    /// Ready when the deadline has passed.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        self.deadline.as_mut().poll(context).map(|()| too_long(self.time))
    }

    /// Ready when the next piece is not waited for any longer.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        let idle = self.idle;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
        stalled.as_mut().poll(context).map(|()| {
            Error::new(ErrorKind::Timeout, format!("the server sent nothing for {} s", idle.as_secs_f64()))
        })
    }
}

/// The pieces of a body, and how many bytes it has, if that is known.
fn pieces(content: Content) -> (Option<u64>, BoxStream<'static, Result<Bytes>>) {
    match content {
        Content::Open(response) => {
            let length = response.content_length();
            (length, response.bytes_stream().map_err(describe).boxed())
        }
        Content::Whole(body) => (Some(body.len() as u64), stream::once(async { Ok(body) }).boxed()),
    }
}

impl FileStream {
    /// Requests the file. `restarts` says whether the bytes can be taken back.
    pub(super) async fn open(
        source: Source,
        report: Option<Report>,
        max_bytes: u64,
        restarts: bool,
    ) -> Result<Self> {
        let opened = source.open().await?;
        let Opened { head, content, attempts, ticket } = opened;
        let (total, pieces) = pieces(content);
        let limits = Limits::new(max_bytes, &source);
        limits.check(total.unwrap_or(0)).map_err(|error| source.name(error).with_attempts(attempts))?;
        Ok(Self {
            state: State::Reading(pieces),
            limits,
            progress: Progress { bytes: 0, total },
            report,
            untyped: response::is_untyped(&head.headers),
            resumes: head.status == StatusCode::OK && !source.is_part(),
            restarts,
            validator: Validator::of(&head.headers),
            ranges: !refuses_ranges(&head.headers),
            skip: 0,
            furthest: 0,
            failures: 0,
            attempts,
            ticket,
            headers: head.headers,
            source: Arc::new(source),
        })
    }

    /// The next bytes; `None` at the end of the file.
    ///
    /// It is what `TryStreamExt::try_next` returns, without an import. It is cancel safe: dropping the future loses no
    /// byte.
    ///
    /// # Errors
    ///
    /// When the file cannot be read to its end; see [`Download`](super::Download).
    pub async fn try_next(&mut self) -> Result<Option<Bytes>> {
        self.next().await.transpose()
    }

    /// How many bytes were received, and how many the file has, if the server sent their number.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The media type that the server sent.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// What comes next: bytes, or all of them from the first on.
    pub(super) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Piece>>> {
        loop {
            let step = match &mut self.state {
                State::Done => Step::End,
                State::Opening(opening) => match opening.as_mut().poll(context) {
                    Poll::Ready(opened) => self.resume(opened),
                    Poll::Pending => {
                        let error = ready!(self.limits.poll_deadline(context));
                        Step::Failed(self.so_far(error))
                    }
                },
                State::Reading(pieces) => match pieces.poll_next_unpin(context) {
                    Poll::Ready(piece) => self.read(piece),
                    Poll::Pending => match self.limits.poll_deadline(context) {
                        Poll::Ready(error) => Step::Failed(self.so_far(error)),
                        Poll::Pending => {
                            let error = ready!(self.limits.poll_idle(context));
                            Step::Broken(self.so_far(error))
                        }
                    },
                },
            };
            let error = match step {
                Step::Continue => continue,
                Step::Piece(piece) => return Poll::Ready(Some(Ok(piece))),
                Step::End => {
                    self.state = State::Done;
                    return Poll::Ready(None);
                }
                Step::Broken(error) => match self.reopen(error) {
                    Ok(()) => continue,
                    Err(error) => error,
                },
                Step::Failed(error) => error,
            };
            self.state = State::Done;
            let attempts = error.attempts().max(self.attempts);
            return Poll::Ready(Some(Err(self.source.name(error).with_attempts(attempts))));
        }
    }

    /// A piece of the body, without the bytes that were received before, or the end of the body.
    fn read(&mut self, piece: Option<Result<Bytes>>) -> Step {
        let Progress { bytes, total } = self.progress;
        match piece {
            Some(Ok(mut piece)) => {
                self.limits.stalled = None;
                let known = self.skip.min(piece.len() as u64);
                self.skip -= known;
                piece.advance(known as usize);
                if piece.is_empty() && known > 0 {
                    return Step::Continue;
                }
                match self.take(&piece) {
                    Ok(()) => Step::Piece(Piece::Bytes(piece)),
                    Err(error) => Step::Failed(error),
                }
            }
            Some(Err(error)) => Step::Broken(self.so_far(error)),
            None if self.skip == 0 && total.is_none_or(|total| total == bytes) => Step::End,
            None => Step::Broken(self.so_far(Error::new(ErrorKind::Connection, "the response ended"))),
        }
    }

    /// An error with how much of the file was received.
    fn so_far(&self, error: Error) -> Error {
        let Progress { bytes, total } = self.progress;
        let of = total.map_or_else(String::new, |total| format!(" of {total}"));
        error.map_note(|note| format!("{note} after {bytes}{of} bytes of the file"))
    }

    /// Counts and checks a piece.
    fn take(&mut self, piece: &Bytes) -> Result<()> {
        if mem::take(&mut self.untyped) && is_html(piece, &self.headers) {
            return Err(Error::new(ErrorKind::Html, response::HTML));
        }
        self.progress.bytes += piece.len() as u64;
        if self.progress.total.is_some_and(|total| self.progress.bytes > total) {
            let note =
                format!("the file has more than its {} bytes", self.progress.total.unwrap_or_default());
            return Err(Error::new(ErrorKind::Other, note));
        }
        self.limits.check(self.progress.bytes)?;
        if let Some(report) = &mut self.report {
            report(self.progress);
        }
        Ok(())
    }

    /// Requests the file again after it broke off, or returns the error where it cannot go on.
    fn reopen(&mut self, error: Error) -> Result<()> {
        let Progress { bytes, total } = self.progress;
        if !self.resumes || !self.can_start_over() && self.validator.is_none() {
            return Err(error);
        }
        if bytes > self.furthest {
            (self.failures, self.furthest) = (0, bytes);
        }
        let failures = self.failures;
        self.failures += 1;
        self.limits.stalled = None;
        let error = error.with_attempts(self.attempts);
        let broken = Broken { error, failures, ticket: self.ticket };
        let begun = Begun { bytes, total, validator: self.validator.clone(), ranges: self.ranges };
        self.state = State::Opening(Box::pin(Arc::clone(&self.source).reopen(begun, broken)));
        Ok(())
    }

    /// Whether the file can begin again at its first byte.
    fn can_start_over(&self) -> bool {
        self.restarts || self.progress.bytes == 0
    }

    /// Goes on with another response.
    fn resume(&mut self, reopened: Result<Reopened>) -> Step {
        let Reopened { opened, continuation, ranges } = match reopened {
            Ok(reopened) => reopened,
            Err(error) => return Step::Failed(error),
        };
        let Opened { head, content, attempts, ticket } = opened;
        self.attempts += attempts;
        (self.ticket, self.ranges) = (ticket, ranges);
        let (length, pieces) = pieces(content);
        self.state = State::Reading(pieces);
        let Progress { bytes, total } = self.progress;
        match continuation {
            Continuation::Rest(total) => {
                (self.skip, self.progress.total) = (0, Some(total));
                Step::Continue
            }
            Continuation::Again => {
                (self.skip, self.progress.total) = (bytes, total.or(length));
                Step::Continue
            }
            Continuation::Other if self.can_start_over() => {
                if let Err(error) = self.limits.check(length.unwrap_or(0)) {
                    return Step::Failed(error);
                }
                self.skip = 0;
                self.progress = Progress { bytes: 0, total: length };
                self.untyped = response::is_untyped(&head.headers);
                self.validator = Validator::of(&head.headers);
                self.ranges = ranges && !refuses_ranges(&head.headers);
                self.headers = head.headers;
                Step::Piece(Piece::Restart)
            }
            Continuation::Other | Continuation::Wrong => {
                let note = "the file has changed on the server; download it again: the response broke off";
                Step::Failed(self.so_far(Error::new(ErrorKind::Connection, note)))
            }
        }
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return Poll::Ready(match ready!(self.poll_piece(context)) {
                // Nothing has come before.
                Some(Ok(Piece::Restart)) => continue,
                Some(Ok(Piece::Bytes(bytes))) => Some(Ok(bytes)),
                Some(Err(error)) => Some(Err(error)),
                None => None,
            });
        }
    }
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream")
            .field("operation", &self.source.info.name)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
