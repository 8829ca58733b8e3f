//! One attempt: a request with its credentials and headers, sent once, and its response or failure.
//!
//! What holds for the requests of all operations is done here, once. `retry_loop` decides when an attempt is made.

use std::mem;

use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, Entry, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use jsm_raw::OperationInfo;
use reqwest::{Request, Response};

use super::body::{Content, Head, read_body, read_start};
use super::classify::{self, Failure};
use super::network_error::NO_RESPONSE;
use super::plan::{EXPERIMENTAL, Plan, Reading, no_credentials, opt_in};
use super::rate_limit::Subject;
use super::redirects::{follow, is_redirect};
use super::retry_after;
use super::retry_loop::Exchange;
use super::trace;
use crate::auth::credentials::BoxError;
use crate::error::{self, Error, ErrorKind};

/// The note of a 412 to a request without the opt-in header, whose operation is not known to be experimental.
const UNKNOWN_EXPERIMENT: &str = "not known to be experimental, but the server may want the opt-in; \
    opt in with experimental(true) on the client or the call";

/// The header that reports how the server treated the credentials.
const LOGIN_REASON: HeaderName = HeaderName::from_static("x-seraph-loginreason");

impl Exchange for Plan<'_> {
    type Request = Request;
    type Response = (Head, Content);

    async fn prepare(&self, renewed: Option<HeaderValue>) -> Result<(Request, Subject), Failure> {
        let request = prepare(self, renewed).await?;
        Ok((request, Subject::new(self.spec.info, self.spec.template, self.spec.rate_limit_key)))
    }

    async fn refresh(&self, request: &mut Request) -> Result<(), Failure> {
        authorize(self, request, None).await
    }

    async fn execute(&self, request: Request, number: u32) -> Result<(Head, Content), Failure> {
        let info = self.spec.info;
        let span = trace::attempt(info, self.spec.template, number, &request);
        let attempt = async {
            let response = attempt(self, request).await;
            if let Err(failure) = &response {
                trace::failed(info, failure.error());
            }
            response
        };
        trace::within(span, attempt).await
    }

    async fn renew(&self, refused: &HeaderValue) -> Result<HeaderValue, BoxError> {
        self.authorization(Some(refused)).await
    }
}

/// The request of one attempt, with everything in it.
async fn prepare(plan: &Plan<'_>, renewed: Option<HeaderValue>) -> Result<Request, Failure> {
    let Plan { transport, spec, .. } = *plan;
    let build = |base: &str| {
        let built = (spec.build)(transport.http.client(), base);
        built.map_err(|error| Error::configuration(error.to_string()))
    };
    if transport.site.must_look_up(spec.base_paths()) && !spec.single_use {
        // A wrong argument is refused before anything is sent, and the look-up is sent before the request is built.
        build(transport.site.url().as_str().trim_end_matches('/'))?;
    }
    let base = transport.site.base(&transport.http, spec.base_paths(), || plan.time_left()).await?;
    let mut request = build(&base)?;
    if !transport.site.owns(request.url()) {
        return Err(Error::configuration("the request would take the credentials to another host").into());
    }
    if let Some(length) = request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::len)
        && length > transport.max_body
    {
        let most = transport.max_body;
        let note = format!("the body has {length} bytes, more than the {most} that the client sends");
        return Err(Error::new(ErrorKind::TooLarge, note).into());
    }
    let headers = request.headers_mut();
    if let Some(language) = &transport.language {
        headers.insert(ACCEPT_LANGUAGE, language.header());
    }
    if spec.info.always_opt_in || plan.opted_in() {
        opt_in(headers);
    }
    for (name, value) in &spec.options.headers {
        headers.insert(name, value.clone());
    }
    authorize(plan, &mut request, renewed).await?;
    Ok(request)
}

/// Puts credentials into a request: the renewed ones, or those that are valid now.
async fn authorize(
    plan: &Plan<'_>,
    request: &mut Request,
    renewed: Option<HeaderValue>,
) -> Result<(), Failure> {
    let authorization = match renewed {
        Some(value) => value,
        None => plan.authorization(None).await.map_err(no_credentials)?,
    };
    request.headers_mut().insert(AUTHORIZATION, authorization);
    Ok(())
}

async fn attempt(plan: &Plan<'_>, request: Request) -> Result<(Head, Content), Failure> {
    let Plan { transport, spec, reading, .. } = *plan;
    let info = spec.info;
    let authorization = request.headers().get(AUTHORIZATION).cloned();
    let opted_in = request.headers().contains_key(EXPERIMENTAL);
    let (head, response) = execute(plan, request).await?;
    let observe = |head: &Head, body: Option<&Bytes>| {
        if let Some(observer) = &transport.observer {
            observer.undecoded(info, head, body);
        }
    };
    if head.status.is_success() && is_for_strangers(&head.headers) {
        let note = "the server did not accept the credentials and responded as to an anonymous caller";
        let error = Error::new(ErrorKind::Authentication, note);
        let error = error.with_response(head.status, &head.headers, Bytes::new());
        return Err(match authorization.filter(|_| plan.is_idempotent()) {
            Some(value) => Failure::Unauthorized(error, value),
            None => Failure::Permanent(error),
        });
    }
    match reading {
        Reading::File if is_redirect(head.status) => {
            observe(&head, None);
            let (head, response) = follow(plan, head, response.url().clone()).await?;
            Ok((head, Content::Open(response)))
        }
        Reading::File if head.status.is_success() => {
            observe(&head, None);
            Ok((head, Content::Open(response)))
        }
        _ if is_response_of(info, head.status) => {
            let body = read_body(response, transport.max_body).await.map_err(|error| {
                let error = error.with_response(head.status, &head.headers, Bytes::new());
                classify::of_unread_body(error, plan.is_idempotent())
            })?;
            if let Reading::Whole(check) = reading {
                check(&head, &body).map_err(|no_value| {
                    classify::of_no_value(no_value, plan.is_idempotent(), authorization)
                })?;
            }
            Ok((head, Content::Whole(body)))
        }
        _ => {
            let body = read_start(response, error::MAX_KEPT_BODY, plan.time_left()).await;
            observe(&head, Some(&body));
            let Head { status, headers } = head;
            let asked = retry_after::pause(status, &headers, || transport.clock.date());
            let mut error = Error::of_response(status, &headers, body).with_operation(info);
            error = error.with_retry_after(asked);
            if status == StatusCode::PRECONDITION_FAILED && !opted_in {
                error = error.with_note(UNKNOWN_EXPERIMENT);
            }
            Err(plan.classify(error, authorization))
        }
    }
}

/// Whether a status is that of a response, not of an error. This is the one place that decides it.
fn is_response_of(info: &OperationInfo, status: StatusCode) -> bool {
    status.is_success() || info.response_statuses.contains(&status.as_u16())
}

/// Sends the request, and waits for the head of its response.
async fn execute(plan: &Plan<'_>, mut request: Request) -> Result<(Head, Response), Failure> {
    let Plan { transport, spec, reading, .. } = *plan;
    let sent = match reading {
        Reading::Whole(_) => {
            *request.timeout_mut() = Some(plan.time_left());
            transport.http.client_to(request.url())?.execute(request).await
        }
        Reading::File => {
            let http = transport.http.for_files(request.url())?;
            let sent = tokio::time::timeout(plan.time_left(), http.execute(request)).await;
            sent.map_err(|_| classify::of_timeout(NO_RESPONSE, plan.is_idempotent()))?
        }
    };
    let mut response = sent.map_err(|error| classify::of_network_error(error, plan.is_idempotent()))?;
    hide_cookies(response.headers_mut());
    let head = Head { status: response.status(), headers: mem::take(response.headers_mut()) };
    trace::response(spec.info, head.status, &head.headers);
    transport.limits.learn(&head.headers, || transport.clock.now());
    Ok((head, response))
}

/// Whether the server ignored the credentials: what is open to everyone is then served all the same.
fn is_for_strangers(headers: &HeaderMap) -> bool {
    let reason = headers.get(LOGIN_REASON).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"].iter().any(|failed| reason.contains(failed))
}

/// Marks the cookies of a response as sensitive, so that `Debug` does not show them.
fn hide_cookies(headers: &mut HeaderMap) {
    // Most responses have none, and a look-up is cheaper than an entry.
    if headers.contains_key(SET_COOKIE)
        && let Entry::Occupied(mut cookies) = headers.entry(SET_COOKIE)
    {
        cookies.iter_mut().for_each(|cookie| cookie.set_sensitive(true));
    }
}
