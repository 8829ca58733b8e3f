//! One call from the first attempt to the last.
//!
//! Everything that holds for all operations happens here, once: credentials, the opt-in header, limits, retries,
//! deadlines, sizes. What the answer means is the caller's.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use jsm_raw::{Answer, OperationInfo, RequestError};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Response, StatusCode};

use crate::client::Shared;
use crate::error::{Error, Kind, Result, is_html};
use crate::limits::Subject;
use crate::retry::{self, RetryPolicy};
use crate::trace;

/// The header that opts in to experimental operations.
const EXPERIMENTAL: HeaderName = HeaderName::from_static("x-experimentalapi");

/// What can be said of one call, over what the client says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) experimental: Option<bool>,
    pub(crate) headers: HeaderMap,
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

/// Why an attempt came to nothing.
enum Failed {
    /// Nothing was sent, or it would fail again.
    ForGood(Error),
    /// The server refused the credentials.
    Refused(Error, HeaderValue),
    /// Sending it again may help.
    ForNow { error: Error, asked: Option<Duration> },
}

/// Sends until there is an answer, or no sense in going on, and reads the body whole.
pub(crate) async fn send(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    build: Build<'_>,
) -> Result<Received> {
    let (head, body, attempts) = attempts(shared, info, options, build, Reading::Whole).await?;
    let body = match body {
        Content::Whole(body) => body,
        Content::Open(response) => read_body(response, shared.max_body).await?,
    };
    Ok(Received { status: head.status, headers: head.headers, body, attempts })
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// What to do with the body of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Read it, and send the request again if it breaks off and that does no harm.
    Whole,
    /// Leave it to the caller, who looks at redirects too.
    Left,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    Whole(Bytes),
    Open(Response),
}

/// Sends until there is an answer, or no sense in going on.
pub(crate) async fn attempts(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    build: Build<'_>,
    reading: Reading,
) -> Result<(Head, Content, u32)> {
    let fail = |error: Error, attempts| error.with_operation(info).with_attempts(attempts);
    if info.experimental && !options.experimental.unwrap_or(shared.experimental) {
        let note = "is experimental; opt in with experimental(true) on the client or the call";
        return Err(fail(Error::new(Kind::ExperimentalOptIn, note), 0));
    }
    let clock = &*shared.clock;
    let deadline = clock.now() + options.deadline.unwrap_or(shared.deadline);
    let policy = options.retry.as_ref().unwrap_or(&shared.retry);
    let base = shared.site.base(&shared.http, info).await.map_err(|error| fail(error, 0))?;
    let mut refused: Option<HeaderValue> = None;
    let mut retries = 0;
    let mut sent = 0;
    loop {
        let request = prepare(shared, info, options, build, &base, refused.as_ref()).await;
        let request = request.map_err(|error| fail(error, sent))?;
        let subject = Subject::new(info, request.url().path());
        let wait = shared.limits.reserve(&subject, clock.now());
        if clock.now() + wait > deadline {
            let note = "waiting for a free slot would take longer than the call may";
            return Err(fail(Error::new(Kind::RateLimited, note).with_retry_after(Some(wait)), sent));
        }
        if !wait.is_zero() {
            trace::waits(info, wait, "limit");
            clock.sleep(wait).await;
        }
        sent += 1;
        let authorization = request.headers().get(AUTHORIZATION).cloned();
        let attempt =
            attempt(shared, info, options, &subject, request, authorization, deadline, reading).await;
        let (error, asked) = match attempt {
            Ok((head, value)) => {
                shared.budget.earn();
                trace::answered(info, head.status, sent);
                return Ok((head, value, sent));
            }
            Err(Failed::ForGood(error)) => return Err(fail(error, sent)),
            Err(Failed::Refused(error, value)) => {
                // Once refused twice in a row, fresh credentials do not help either.
                if refused.is_some() {
                    return Err(fail(error, sent));
                }
                let fresh = shared.credentials.authorization(Some(&value)).await;
                if fresh.as_ref().is_ok_and(|fresh| *fresh == value) {
                    return Err(fail(error, sent));
                }
                fresh.map_err(|source| {
                    fail(
                        Error::new(Kind::Authentication, "the credentials cannot be renewed")
                            .with_source(source),
                        sent,
                    )
                })?;
                refused = Some(value);
                continue;
            }
            Err(Failed::ForNow { error, asked }) => (error, asked),
        };
        if retries >= policy.max_retries || !shared.budget.spend() {
            return Err(fail(error.with_retry_after(asked), sent));
        }
        retries += 1;
        let wait = policy.wait(retries, asked, clock.chance());
        if clock.now() + wait > deadline {
            return Err(fail(error.with_retry_after(Some(asked.unwrap_or(wait))), sent));
        }
        trace::waits(info, wait, "retry");
        clock.sleep(wait).await;
    }
}

/// The request of one attempt, with everything in it.
async fn prepare(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    build: Build<'_>,
    base: &str,
    refused: Option<&HeaderValue>,
) -> Result<Request> {
    let mut request = build(&shared.http, base)
        .map_err(|error| Error::configuration(error.to_string()).with_source(error))?;
    if !shared.site.owns(request.url()) {
        return Err(Error::configuration("the request would take the credentials to another host"));
    }
    if let Some(length) = request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::len)
        && length > shared.max_body
    {
        let note =
            format!("the body has {length} bytes, more than the {} that the client takes", shared.max_body);
        return Err(Error::new(Kind::TooLarge, note));
    }
    let headers = request.headers_mut();
    if info.experimental {
        headers.insert(EXPERIMENTAL, HeaderValue::from_static("opt-in"));
    }
    for (name, value) in &options.headers {
        headers.insert(name, value.clone());
    }
    let authorization =
        shared.credentials.authorization(refused).await.map_err(|source| {
            Error::new(Kind::Authentication, "there are no credentials").with_source(source)
        })?;
    headers.insert(AUTHORIZATION, authorization);
    Ok(request)
}

#[expect(
    clippy::too_many_arguments,
    reason = "all of it is the state of one loop, and nobody else calls this"
)]
async fn attempt(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    subject: &Subject,
    mut request: Request,
    authorization: Option<HeaderValue>,
    deadline: Instant,
    reading: Reading,
) -> Result<(Head, Content), Failed> {
    let left = deadline.saturating_duration_since(shared.clock.now());
    let limit = options.attempt_timeout.unwrap_or(shared.attempt_timeout).min(left);
    *request.timeout_mut() = Some(limit);
    trace::sends(info, &request);
    let response = match shared.http.execute(request).await {
        Ok(response) => response,
        Err(error) => return Err(broken(info, error)),
    };
    let head = Head { status: response.status(), headers: response.headers().clone() };
    let now = shared.clock.now();
    shared.limits.learn(subject, &head.headers, now);
    if reading == Reading::Left && (head.status.is_success() || head.status.is_redirection()) {
        return Ok((head, Content::Open(response)));
    }
    if head.status.is_success() || info.answer_statuses.contains(&head.status.as_u16()) {
        return match read_body(response, shared.max_body).await {
            Ok(body) => Ok((head, Content::Whole(body))),
            Err(error) if error.is_connection() || error.is_timeout() => {
                // The work is done; only asking again can tell what came of it.
                let error = error.with_answer(head.status, &head.headers, Bytes::new());
                Err(if info.repeatable {
                    Failed::ForNow { error, asked: None }
                } else {
                    Failed::ForGood(error)
                })
            }
            Err(error) => Err(Failed::ForGood(error.with_answer(head.status, &head.headers, Bytes::new()))),
        };
    }
    // An error's body explains it; where it breaks off, what came is all there is.
    let body = read_body(response, shared.max_body).await.unwrap_or_default();
    let asked = retry::retry_after(&head.headers, shared.clock.date());
    let error = Error::answered(info, head.status, &head.headers, body).with_retry_after(asked);
    trace::refused(info, &error);
    match head.status {
        StatusCode::UNAUTHORIZED if error.required_scopes().is_none() => match authorization {
            Some(value) => Err(Failed::Refused(error, value)),
            None => Err(Failed::ForGood(error)),
        },
        status if retry::is_worth_it(info, status) => {
            if status == StatusCode::TOO_MANY_REQUESTS {
                let wait = asked.unwrap_or(shared.retry.base);
                shared.limits.limited(subject, error.rate_limit_reason(), wait, now);
            }
            Err(Failed::ForNow { error, asked })
        }
        _ => Err(Failed::ForGood(error)),
    }
}

/// A request that got no answer.
fn broken(info: &OperationInfo, error: reqwest::Error) -> Failed {
    let never_sent = error.is_connect();
    let failure = transport(error);
    // A connection that was never made has done nothing, whatever the operation.
    match info.repeatable || never_sent {
        true => Failed::ForNow { error: failure, asked: None },
        false => Failed::ForGood(failure),
    }
}

/// A failure on the way, without the address, which can hold what is private.
pub(crate) fn transport(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let (kind, note) = if error.is_timeout() {
        (Kind::Timeout, "no answer in time")
    } else if error.is_connect() {
        (Kind::Connection, "no connection to the server")
    } else if error.is_builder() || error.is_request() && error.is_redirect() {
        (Kind::Configuration, "the request cannot be sent")
    } else {
        (Kind::Connection, "the connection broke off")
    };
    Error::new(kind, note).with_source(error)
}

/// Reads a body of bounded size.
pub(crate) async fn read_body(mut response: Response, limit: usize) -> Result<Bytes> {
    let too_large = || {
        Error::new(
            Kind::TooLarge,
            format!("the answer has more than the {limit} bytes that the client takes"),
        )
    };
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(too_large());
    }
    let Some(first) = response.chunk().await.map_err(transport)? else { return Ok(Bytes::new()) };
    let Some(second) = response.chunk().await.map_err(transport)? else { return Ok(first) };
    let mut body = BytesMut::with_capacity((announced as usize).max(first.len() + second.len()));
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

/// The answer as a value, or why it is none.
pub(crate) fn decode<O: jsm_raw::Operation>(received: &Received) -> Result<O::Output> {
    let info = O::INFO;
    let Received { status, headers, body, attempts } = received;
    O::answer(body).map_err(|cause| {
        let content_type =
            headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let error = if !status.is_success() {
            Error::answered(info, *status, headers, body.clone())
        } else if info.answer == Answer::Json && is_html(body, content_type) {
            Error::new(Kind::Html, "an HTML page came instead of JSON, as from a login page or a proxy")
        } else if body.is_empty() {
            Error::new(Kind::Decode, "the answer is empty").with_source(cause)
        } else {
            undecodable::<O>(body, cause)
        };
        error.with_answer(*status, headers, body.clone()).with_operation(info).with_attempts(*attempts)
    })
}

/// Tells where in an answer the trouble is, which takes a second and slower look.
fn undecodable<O: jsm_raw::Operation>(body: &Bytes, cause: serde_json::Error) -> Error {
    let mut wanted = std::any::type_name::<O::Output>().to_owned();
    // `a::b::Page<a::b::User>` reads better as `Page<User>`.
    wanted =
        wanted.split('<').map(|part| part.rsplit("::").next().unwrap_or(part)).collect::<Vec<_>>().join("<");
    let found = excerpt(body, cause.line(), cause.column());
    Error::new(Kind::Decode, format!("the answer is no {wanted}: {cause}{found}")).with_source(cause)
}

/// A few characters in front of the place that could not be read, without the rest of the body.
fn excerpt(body: &Bytes, line: usize, column: usize) -> String {
    let text = String::from_utf8_lossy(body);
    let Some(line) = text.lines().nth(line.saturating_sub(1)) else { return String::new() };
    let before: String = line.chars().take(column).collect();
    let start = before.char_indices().rev().nth(30).map_or(0, |(at, _)| at);
    match before[start..].trim() {
        "" => String::new(),
        near => format!(", near `{near}`"),
    }
}
