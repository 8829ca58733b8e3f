//! One call from the first attempt to the last: whether and when a request is sent again.
//!
//! How a request is made and sent is asked of [`Exchange`], so that the rules here can be tried without a network.

use std::time::{Duration, Instant};

use jsm_raw::OperationInfo;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;

use crate::client::{CALL_DEADLINE, Shared};
use crate::credentials::BoxError;
use crate::error::{Error, ErrorKind, Result};
use crate::trace;

use super::attempt::{
    Build, Content, Failed, Head, Options, Plan, Reading, Received, opted_in, own, read_body,
};
use super::budget::Reason;
use super::check::Check;
use super::clock::{Clock, FOREVER};
use super::rate_limit::{Late, Limits, Permit, Subject};
use super::retry::{RetryPolicy, until_text};

/// How often a call is sent again at once because its connection ended before a response began. A server may close an
/// idle connection just as it is used again, and the next idle one as well.
const AT_ONCE: u32 = 3;

/// Sends until there is an answer, or no sense in going on, and reads the body whole.
pub(crate) async fn send(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    build: Build<'_>,
    check: Check<'_>,
) -> Result<Received> {
    let (head, body, attempts) = attempts(shared, info, options, build, Reading::Whole(check)).await?;
    let body = match body {
        Content::Whole(body) => body,
        Content::Open(response) => read_body(response, shared.max_body).await?,
    };
    Ok(Received { status: head.status, headers: head.headers, body, attempts })
}

/// Sends until there is an answer, or no sense in going on.
pub(crate) async fn attempts(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    build: Build<'_>,
    reading: Reading<'_>,
) -> Result<(Head, Content, u32)> {
    if info.experimental && !info.always_opt_in && !opted_in(shared, options) {
        let note = "is experimental; opt in with experimental(true) on the client or the call";
        return Err(Error::new(ErrorKind::ExperimentalOptIn, note).with_operation(info));
    }
    let time = options.deadline.or(shared.deadline).unwrap_or(CALL_DEADLINE).min(FOREVER);
    let deadline = shared.clock.now() + time;
    let plan = Plan { shared, info, options, build, reading, deadline };
    let effort = Effort {
        info,
        limits: &shared.limits,
        clock: &*shared.clock,
        policy: options.retry.as_ref().unwrap_or(&shared.retry),
        once: options.once,
        deadline,
        time,
    };
    let ((head, content), attempts) = trace::within(trace::call(info), effort.run(&plan)).await?;
    Ok((head, content, attempts))
}

/// How requests are made and sent.
pub(super) trait Exchange: Sync {
    type Request: Send;
    type Response: Send;

    /// Makes the request, with these credentials if they were renewed.
    fn prepare(
        &self,
        renewed: Option<HeaderValue>,
    ) -> impl Future<Output = Result<(Self::Request, Subject), Failed>> + Send;

    /// Puts credentials into a request that has waited, since its own may have become old.
    fn refresh(&self, request: &mut Self::Request) -> impl Future<Output = Result<(), Failed>> + Send;

    /// Sends the request, as the one of this number.
    fn execute(
        &self,
        request: Self::Request,
        number: u32,
    ) -> impl Future<Output = Result<Self::Response, Failed>> + Send;

    /// Renews credentials that were refused.
    fn renew(&self, refused: &HeaderValue) -> impl Future<Output = Result<HeaderValue, BoxError>> + Send;
}

/// What may be done for one call.
pub(super) struct Effort<'a> {
    pub(super) info: &'static OperationInfo,
    pub(super) limits: &'a Limits,
    pub(super) clock: &'a dyn Clock,
    pub(super) policy: &'a RetryPolicy,
    /// Whether the request can be made once only.
    pub(super) once: bool,
    pub(super) deadline: Instant,
    /// The time from the start to the deadline.
    pub(super) time: Duration,
}

impl Effort<'_> {
    /// Sends until there is a response, or no sense in going on. Says how often it was sent, too.
    pub(super) async fn run<E: Exchange>(&self, exchange: &E) -> Result<(E::Response, u32)> {
        let mut sent = 0;
        match self.try_on(exchange, &mut sent).await {
            Ok(response) => Ok((response, sent)),
            Err(error) => Err(error.with_operation(self.info).with_attempts(sent)),
        }
    }

    async fn try_on<E: Exchange>(&self, exchange: &E, sent: &mut u32) -> Result<E::Response> {
        let Self { info, limits, clock, policy, .. } = *self;
        if self.time.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "the deadline leaves no time to send anything"));
        }
        // Credentials that were renewed after a refusal, until they are sent.
        let (mut renewed, mut was_refused) = (None, false);
        // The refusal by a rate limit after which the call waits.
        let mut limited = None;
        let (mut failures, mut at_once, mut paid) = (0, 0, None);
        loop {
            let is_renewed = renewed.is_some();
            let (mut request, subject) = match exchange.prepare(renewed.take()).await {
                Ok(prepared) => prepared,
                Err(Failed::ForNow(error)) => {
                    self.back_off(&mut failures, error, true).await?;
                    continue;
                }
                Err(failed) => return Err(failed.into_error()),
            };
            let queued = |wait| trace::waits(info, wait, "limit");
            let permit = match limits.admit(&subject, clock, self.deadline, queued).await {
                Ok(permit) => permit,
                Err(late) => return Err(self.too_late(late, limited.take())),
            };
            if permit.waited
                && !is_renewed
                && let Err(failed) = exchange.refresh(&mut request).await
            {
                return Err(failed.into_error());
            }
            *sent += 1;
            let result = exchange.execute(request, *sent).await;
            let Permit { ticket, .. } = permit;
            drop(permit);
            let served = |paid| limits.accepted(&subject, ticket, paid, clock.now());
            let error = match result {
                Ok(response) => {
                    served(paid);
                    return Ok(response);
                }
                Err(Failed::ForGood(error)) => {
                    // Whatever it found wrong, the server works.
                    if error.status().is_some_and(|status| !status.is_server_error()) {
                        served(None);
                    }
                    return Err(error);
                }
                // Refused once more, renewing them did not help.
                Err(Failed::Refused(error, _)) if was_refused => return Err(error),
                Err(Failed::Refused(error, value)) => match exchange.renew(&value).await {
                    // What can be sent once only fails even so; the next call has the new ones.
                    Ok(other) if other == value || self.once => return Err(error),
                    Ok(other) => {
                        (renewed, was_refused) = (Some(other), true);
                        continue;
                    }
                    Err(source) => {
                        let note = "the server refused the credentials, and they cannot be renewed";
                        return Err(own(source, |source| error.with_note(note).with_source(source)));
                    }
                },
                Err(Failed::Lost(_)) if at_once < AT_ONCE && policy.max_retries > 0 && !self.once => {
                    at_once += 1;
                    continue;
                }
                Err(Failed::Lost(error) | Failed::ForNow(error)) => error,
            };
            let refused = error.status() == Some(StatusCode::TOO_MANY_REQUESTS);
            let unavailable = error.status() == Some(StatusCode::SERVICE_UNAVAILABLE);
            if refused || unavailable && error.retry_after().is_some() {
                let (reason, asked) = (error.rate_limit_reason(), error.retry_after());
                let pause = |refusals| policy.pause(refusals, asked, clock.random());
                let pause = limits.refused(&subject, ticket, reason, pause, clock.now());
                if refused {
                    // Nothing was done, so nothing has failed: the call waits in the queue with the others.
                    let error = error.with_retry_after(Some(asked.unwrap_or(pause)));
                    if policy.max_retries == 0 || self.once {
                        return Err(error);
                    }
                    limited = Some(error);
                    continue;
                }
            }
            let reason = match error.status() {
                Some(status) if status.is_server_error() => Reason::Server,
                _ => Reason::Connection,
            };
            let affordable =
                !self.once && failures < policy.max_retries && limits.spend(&subject, ticket, reason);
            paid = Some(reason);
            self.back_off(&mut failures, error, affordable).await?;
        }
    }

    /// Waits before the next attempt, or gives the failure back where there is none.
    async fn back_off(&self, failures: &mut u32, error: Error, affordable: bool) -> Result<()> {
        let Self { info, clock, policy, .. } = *self;
        if *failures >= policy.max_retries || !affordable {
            return Err(error);
        }
        *failures += 1;
        let asked = error.retry_after();
        let in_time = |wait: &Duration| clock.now() + *wait < self.deadline;
        let wait = policy.wait(*failures, asked, clock.random());
        // Jitter is left out where there is no time for it.
        let Some(wait) = [Some(wait), asked].into_iter().flatten().find(in_time) else {
            return Err(error);
        };
        trace::waits(info, wait, "retry");
        clock.sleep(wait).await;
        Ok(())
    }

    /// Why the call cannot be sent before its deadline.
    fn too_late(&self, late: Late, limited: Option<Error>) -> Error {
        match late {
            Late::TimedOut => {
                let note = "the deadline came while the call waited to be sent";
                limited.unwrap_or_else(|| Error::new(ErrorKind::Timeout, note))
            }
            Late::Limited(wait) => {
                let until = until_text(self.clock.date(), wait);
                let note = format!("no request may be sent before {until}, when the deadline has passed");
                let error = match limited {
                    Some(error) => error.with_note(note),
                    None => Error::new(ErrorKind::RateLimited, note),
                };
                error.with_retry_after(Some(wait))
            }
        }
    }
}
