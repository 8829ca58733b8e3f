//! One attempt: a request with its credentials and headers, sent once, and what became of it.
//!
//! Everything that holds for the requests of all operations is done here, once. When to send, and whether to send again, is
//! decided by the modules beside this one.

use std::mem;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use jsm_raw::{OperationInfo, RequestError};
use reqwest::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, Entry, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
};
use reqwest::{Request, Response, StatusCode};

use crate::client::Shared;
use crate::credentials::BoxError;
use crate::error::{self, Error, ErrorKind, Result};
use crate::trace;

use super::check::{Check, useless};
use super::fault::{self, Fault};
use super::rate_limit::Subject;
use super::retry::{self, FOREVER, RetryPolicy};
use super::retry_after;
use super::send::Exchange;

/// The header that opts in to experimental operations.
const EXPERIMENTAL: HeaderName = HeaderName::from_static("x-experimentalapi");

/// What to do about a 412 to a request without the opt-in header, which is never one of an operation that is known to
/// be experimental.
const UNKNOWN_EXPERIMENT: &str = "not known to be experimental, but the server may want the opt-in; \
    opt in with experimental(true) on the client or the call";

/// The header that says what a server thought of the credentials.
const LOGIN_REASON: HeaderName = HeaderName::from_static("x-seraph-loginreason");

/// What can be said of one call, over what the client says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) experimental: Option<bool>,
    pub(crate) headers: HeaderMap,
    /// Whether repeating the request is harmless, where the caller says so.
    pub(crate) idempotent: Option<bool>,
    /// Whether the request can be built once only, because what it carries is read on the way.
    pub(crate) once: bool,
}

/// An answer that is no error.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
}

/// Builds the request for the API at a base.
pub(crate) type Build<'a> =
    &'a (dyn Fn(&reqwest::Client, &str) -> Result<Request, RequestError> + Send + Sync);

/// What holds for all attempts of one call.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) shared: &'a Shared,
    pub(super) info: &'static OperationInfo,
    pub(super) options: &'a Options,
    pub(super) build: Build<'a>,
    pub(super) reading: Reading<'a>,
    pub(super) deadline: Instant,
}

/// Why an attempt came to nothing.
pub(super) enum Failed {
    /// Nothing was sent, or it would fail again.
    ForGood(Error),
    /// The server refused the credentials.
    Refused(Error, HeaderValue),
    /// The connection ended before a response began, or before anything was sent: at once, another one may do.
    Lost(Error),
    /// Sending it again may help.
    ForNow(Error),
}

impl Failed {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::ForGood(error) | Self::Refused(error, _) | Self::Lost(error) | Self::ForNow(error) => error,
        }
    }
}

impl Plan<'_> {
    /// Whether sending the request twice leaves the server as sending it once does.
    fn is_idempotent(&self) -> bool {
        self.options.idempotent.unwrap_or(self.info.idempotent)
    }
}

impl Exchange for Plan<'_> {
    type Request = Request;
    type Response = (Head, Content);

    async fn prepare(&self, renewed: Option<HeaderValue>) -> Result<(Request, Subject), Failed> {
        let request = prepare(self, renewed).await?;
        let subject = Subject::new(self.info, request.url().path());
        Ok((request, subject))
    }

    async fn refresh(&self, request: &mut Request) -> Result<(), Failed> {
        authorize(self, request, None).await
    }

    async fn execute(&self, request: Request, number: u32) -> Result<(Head, Content), Failed> {
        trace::within(trace::attempt(self.info, number, &request), attempt(self, request)).await
    }

    async fn renew(&self, refused: &HeaderValue) -> Result<HeaderValue, BoxError> {
        authorization(self, Some(refused)).await
    }
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// What to do with the body of an answer.
#[derive(Clone, Copy)]
pub(crate) enum Reading<'a> {
    /// Read and check it, and send the request again if it is broken and that does no harm.
    Whole(Check<'a>),
    /// Leave it to the caller, who looks at redirects too.
    Left,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    Whole(Bytes),
    Open(Response),
}

/// Whether the program opted in to experimental operations, for this call or for the client.
pub(super) fn opted_in(shared: &Shared, options: &Options) -> bool {
    options.experimental.unwrap_or(shared.experimental)
}

/// Adds the opt-in header. Servers ignore it on operations that are not experimental.
pub(crate) fn opt_in(headers: &mut HeaderMap) {
    headers.insert(EXPERIMENTAL, HeaderValue::from_static("opt-in"));
}

/// The request of one attempt, with everything in it.
async fn prepare(plan: &Plan<'_>, renewed: Option<HeaderValue>) -> Result<Request, Failed> {
    let Plan { shared, info, options, .. } = *plan;
    let build = |base: &str| {
        let built = (plan.build)(shared.http.client(), base);
        built.map_err(|error| Failed::ForGood(Error::configuration(error.to_string())))
    };
    if shared.site.must_look_up(info) && !options.once {
        // A wrong argument is refused before anything is sent, and the look-up is sent before the request is built.
        build(shared.site.url().as_str().trim_end_matches('/'))?;
    }
    let base = match shared.site.base(&shared.http, info, || time_left(plan)).await {
        Ok(base) => base,
        Err(error) if fault::is_permanent(&error) => return Err(Failed::ForGood(error)),
        Err(error) if error.is_connection() || error.is_timeout() || error.is_server() => {
            return Err(Failed::ForNow(error));
        }
        Err(error) => return Err(Failed::ForGood(error)),
    };
    let mut request = build(&base)?;
    if !shared.site.owns(request.url()) {
        let note = "the request would take the credentials to another host";
        return Err(Failed::ForGood(Error::configuration(note)));
    }
    if let Some(length) = request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::len)
        && length > shared.max_body
    {
        let note =
            format!("the body has {length} bytes, more than the {} that the client takes", shared.max_body);
        return Err(Failed::ForGood(Error::new(ErrorKind::TooLarge, note)));
    }
    let headers = request.headers_mut();
    if let Some(language) = &shared.language {
        headers.insert(ACCEPT_LANGUAGE, language.header());
    }
    if info.always_opt_in || opted_in(shared, options) {
        opt_in(headers);
    }
    for (name, value) in &options.headers {
        headers.insert(name, value.clone());
    }
    authorize(plan, &mut request, renewed).await?;
    Ok(request)
}

/// Puts credentials into a request: the renewed ones, or those that hold now.
async fn authorize(
    plan: &Plan<'_>,
    request: &mut Request,
    renewed: Option<HeaderValue>,
) -> Result<(), Failed> {
    let mut authorization = match renewed {
        Some(value) => value,
        None => {
            let value = authorization(plan, None).await;
            value.map_err(|source| Failed::ForGood(no_credentials(source)))?
        }
    };
    // Whoever made it may have forgotten.
    authorization.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, authorization);
    Ok(())
}

/// What the credentials say, in the time that an attempt may take.
async fn authorization(plan: &Plan<'_>, refused: Option<&HeaderValue>) -> Result<HeaderValue, BoxError> {
    let mut value = plan.shared.credentials.authorization(refused);
    // Mostly they are at hand, and a timer would cost more than they do.
    if let Some(value) = (&mut value).now_or_never() {
        return value;
    }
    tokio::time::timeout(time_left(plan), value).await.unwrap_or_else(|_| {
        let error = Error::new(ErrorKind::Timeout, "the credentials did not come in time");
        Err(error.into())
    })
}

/// Why there are no credentials. What this crate's own say of it stands for itself.
pub(crate) fn no_credentials(source: BoxError) -> Error {
    own(source, |source| {
        Error::new(ErrorKind::Authentication, "there are no credentials").with_source(source)
    })
}

pub(super) fn own(source: BoxError, other: impl FnOnce(BoxError) -> Error) -> Error {
    source.downcast().map(|own| *own).unwrap_or_else(other)
}

/// How long an attempt may take.
fn time_left(plan: &Plan<'_>) -> Duration {
    let left = plan.deadline.saturating_duration_since(plan.shared.clock.now());
    plan.options.attempt_timeout.unwrap_or(plan.shared.attempt_timeout).min(left)
}

/// One attempt, and what is told of it.
async fn attempt(plan: &Plan<'_>, request: Request) -> Result<(Head, Content), Failed> {
    let answer = exchange(plan, request).await;
    if let Err(
        Failed::ForGood(error) | Failed::Refused(error, _) | Failed::Lost(error) | Failed::ForNow(error),
    ) = &answer
    {
        trace::failed(plan.info, error);
    }
    answer
}

async fn exchange(plan: &Plan<'_>, mut request: Request) -> Result<(Head, Content), Failed> {
    let Plan { shared, info, .. } = *plan;
    let authorization = request.headers().get(AUTHORIZATION).cloned();
    let opted_in = request.headers().contains_key(EXPERIMENTAL);
    let sent = match plan.reading {
        Reading::Whole(_) => {
            *request.timeout_mut() = Some(time_left(plan));
            shared.http.client_to(request.url()).map_err(Failed::ForGood)?.execute(request).await
        }
        // The attempt ends with the head: the time for the body is the caller's to measure.
        Reading::Left => {
            let http = shared.http.for_files(request.url()).map_err(Failed::ForGood)?;
            match tokio::time::timeout(time_left(plan), http.execute(request)).await {
                Ok(sent) => sent,
                Err(_) => return Err(Failed::ForNow(Error::new(ErrorKind::Timeout, "no answer in time"))),
            }
        }
    };
    let mut response = sent.map_err(|error| broken(plan, error))?;
    hide_cookies(response.headers_mut());
    let head = Head { status: response.status(), headers: mem::take(response.headers_mut()) };
    trace::answered(info, head.status, &head.headers);
    shared.limits.learn(&head.headers, || shared.clock.now());
    if head.status.is_success() && is_for_strangers(&head.headers) {
        let note = "the server did not take the credentials and answered as to a stranger";
        let error =
            Error::new(ErrorKind::Authentication, note).with_answer(head.status, &head.headers, Bytes::new());
        return Err(match authorization.filter(|_| plan.is_idempotent()) {
            Some(value) => Failed::Refused(error, value),
            None => Failed::ForGood(error),
        });
    }
    if matches!(plan.reading, Reading::Left) && (head.status.is_success() || head.status.is_redirection()) {
        return Ok((head, Content::Open(response)));
    }
    if head.status.is_success() || info.response_statuses.contains(&head.status.as_u16()) {
        return match read_body(response, shared.max_body).await {
            Ok(body) => match plan.reading {
                Reading::Whole(check) => match check(&head, &body) {
                    Ok(()) => Ok((head, Content::Whole(body))),
                    Err(no_value) => Err(useless(plan.is_idempotent(), no_value, authorization)),
                },
                Reading::Left => Ok((head, Content::Whole(body))),
            },
            Err(error) => {
                // The work is done; only asking again can tell what came of it.
                let again = plan.is_idempotent() && (error.is_connection() || error.is_timeout());
                let error = error.with_answer(head.status, &head.headers, Bytes::new());
                Err(if again { Failed::ForNow(error) } else { Failed::ForGood(error) })
            }
        };
    }
    let body = read_start(response, error::KEPT, time_left(plan)).await;
    let asked = retry_after::pause(head.status, &head.headers, || shared.clock.date());
    let mut error = Error::answered(info, head.status, &head.headers, body).with_retry_after(asked);
    if head.status == StatusCode::PRECONDITION_FAILED && !opted_in {
        error = error.with_note(UNKNOWN_EXPERIMENT);
    }
    Err(match (head.status, authorization) {
        // A token that lacks a scope still lacks it when it is renewed.
        (StatusCode::UNAUTHORIZED, Some(value)) if !error.names_scope() => Failed::Refused(error, value),
        // The gateway refuses expired tokens with these statuses too.
        (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, Some(value))
            if shared.site.uses_gateway(info)
                && matches!(error.kind(), ErrorKind::Permission | ErrorKind::NotFound)
                && !error.names_scope()
                && shared.credentials.may_be_expired(&value) =>
        {
            Failed::Refused(error, value)
        }
        (status, _) if retry::is_worth_it(status, asked, plan.is_idempotent()) => Failed::ForNow(error),
        _ => Failed::ForGood(error),
    })
}

/// Whether the credentials were refused without a word: what is open to everybody is answered all the same.
fn is_for_strangers(headers: &HeaderMap) -> bool {
    let reason = headers.get(LOGIN_REASON).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"].iter().any(|failed| reason.contains(failed))
}

/// Keeps the cookies of an answer out of what is shown of its headers.
fn hide_cookies(headers: &mut HeaderMap) {
    // Most answers bring none, and looking costs less than making room.
    if headers.contains_key(SET_COOKIE)
        && let Entry::Occupied(mut cookies) = headers.entry(SET_COOKIE)
    {
        cookies.iter_mut().for_each(|cookie| cookie.set_sensitive(true));
    }
}

/// A request that got no response.
fn broken(plan: &Plan<'_>, error: reqwest::Error) -> Failed {
    let (fault, never_sent) = (Fault::of(&error), error.is_connect());
    let failure = transport(error);
    if failure.is_configuration() {
        return Failed::ForGood(failure);
    }
    match fault {
        Fault::Permanent => Failed::ForGood(failure),
        // Nothing was done, whatever the operation.
        Fault::NotWritten => Failed::Lost(failure),
        Fault::NoResponse if plan.is_idempotent() => Failed::Lost(failure),
        _ if plan.is_idempotent() || never_sent => Failed::ForNow(failure),
        _ => Failed::ForGood(failure),
    }
}

/// A failure on the way, without the address, which can hold what is private.
pub(crate) fn transport(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(cause) = file_error(&error) {
        return Error::configuration(cause.to_string()).with_source(error);
    }
    let (kind, note) = if let Some(wrong) = fault::certificate(&error) {
        let note = format!("the certificate of the server is not accepted: {wrong}");
        return Error::new(ErrorKind::Connection, note).with_source(error);
    } else if error.is_timeout() {
        (ErrorKind::Timeout, "no answer in time")
    } else if error.is_connect() {
        (ErrorKind::Connection, "no connection to the server")
    } else if error.is_builder() || error.is_request() && error.is_redirect() {
        (ErrorKind::Configuration, "the request cannot be sent")
    } else {
        (ErrorKind::Connection, "the connection broke off")
    };
    Error::new(kind, note).with_source(error)
}

/// What is wrong with a file of the request, where that is why it broke off.
fn file_error(error: &reqwest::Error) -> Option<&RequestError> {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source()).find_map(|error| error.downcast_ref())
}

/// Reads a body of bounded size.
pub(crate) async fn read_body(mut response: Response, limit: usize) -> Result<Bytes> {
    let too_large = || {
        let note = format!("the answer has more than the {limit} bytes that the client takes");
        Error::new(ErrorKind::TooLarge, note)
    };
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large());
    }
    let first = response.chunk().await.map_err(transport)?.unwrap_or_default();
    if first.len() > limit {
        return Err(too_large());
    }
    let Some(second) = response.chunk().await.map_err(transport)? else { return Ok(first) };
    let mut body = BytesMut::with_capacity(announced.max(first.len() + second.len()).min(limit));
    body.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
        next = response.chunk().await.map_err(transport)?;
    }
    Ok(body.freeze())
}

/// Reads the beginning of a body that explains an error; where it breaks off or stalls, what came is all there is.
pub(crate) async fn read_start(mut response: Response, limit: usize, time: Duration) -> Bytes {
    let mut body = BytesMut::new();
    let until = tokio::time::Instant::now() + time.min(FOREVER);
    while body.len() < limit
        && let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(until, response.chunk()).await
    {
        body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
    }
    body.freeze()
}
