//! The one loop that sends requests: whether and when a request is sent again.
//!
//! It serves calls, pages, workflows, files and tokens. How a request is made and sent is the part of [`Exchange`], so
//! that the rules here can be tested without a network.

use std::time::{Duration, Instant};

use http::header::HeaderValue;

use super::budget::Reason;
use super::classify::Failure;
use super::clock::Clock;
use super::plan::own_error;
use super::rate_limit::{Late, Limits, Permit, Subject};
use super::retry::{RetryPolicy, until_text};
use super::trace;
use crate::auth::credentials::BoxError;
use crate::error::{Error, ErrorKind, Result};

/// How often a request is sent again at once because its connection ended before a response began. A server may close
/// an idle connection just as it is used again, and the next idle one as well.
const MAX_AT_ONCE: u32 = 3;

/// How requests are made and sent.
pub(super) trait Exchange: Sync {
    type Request: Send;
    type Response: Send;

    /// Makes the request, with these credentials if they were renewed.
    fn prepare(
        &self,
        renewed: Option<HeaderValue>,
    ) -> impl Future<Output = Result<(Self::Request, Subject), Failure>> + Send;

    /// Puts current credentials into a request that has waited, because its own may have expired.
    fn refresh(&self, request: &mut Self::Request) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Sends the request, as the attempt of this number.
    fn execute(
        &self,
        request: Self::Request,
        number: u32,
    ) -> impl Future<Output = Result<Self::Response, Failure>> + Send;

    /// Renews credentials that were refused.
    fn renew(&self, refused: &HeaderValue) -> impl Future<Output = Result<HeaderValue, BoxError>> + Send;
}

/// How often a request was sent, and the ticket of the last time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    pub(super) attempts: u32,
    pub(super) ticket: u64,
}

/// A response whose body broke off after its attempt had ended.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) error: Error,
    /// How often this happened before, in a row.
    pub(crate) failures: u32,
    /// The ticket of the request.
    pub(crate) ticket: u64,
}

/// The rules of one loop.
pub(super) struct RetryLoop<'a> {
    /// The name of the operation, for events.
    pub(super) operation: &'static str,
    pub(super) limits: &'a Limits,
    pub(super) clock: &'a dyn Clock,
    pub(super) policy: &'a RetryPolicy,
    /// Whether the request can be made once only.
    pub(super) single_use: bool,
    pub(super) deadline: Instant,
    /// The time from the start to the deadline.
    pub(super) time: Duration,
    /// What the first attempt was paid from, if it is a retry itself.
    pub(super) paid: Option<Reason>,
}

impl RetryLoop<'_> {
    /// Sends until there is a response, or until there cannot be one. Returns how often it sent, too.
    pub(super) async fn run<E: Exchange>(&self, exchange: &E) -> Result<(E::Response, Sent)> {
        let mut sent = Sent::default();
        match self.attempts(exchange, &mut sent).await {
            Ok(response) => Ok((response, sent)),
            Err(error) => Err(error.with_attempts(sent.attempts)),
        }
    }

    /// Waits before a request is sent again whose response broke off, as after a failed attempt. Returns the error if
    /// there is no retry left.
    pub(super) async fn back_off_after(&self, broken: Broken, subject: &Subject) -> Result<()> {
        let Broken { error, mut failures, ticket } = broken;
        let affordable = !self.single_use
            && failures < self.policy.max_retries
            && self.limits.spend(subject, ticket, Reason::Connection);
        self.back_off(&mut failures, error, affordable).await
    }

    async fn attempts<E: Exchange>(&self, exchange: &E, sent: &mut Sent) -> Result<E::Response> {
        let Self { operation, limits, clock, policy, .. } = *self;
        if self.time.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "the deadline leaves no time to send anything"));
        }
        // Credentials that were renewed after a refusal, until they are sent.
        let (mut renewed, mut was_refused) = (None, false);
        // The refusal by a rate limit after which the request waits.
        let mut limited = None;
        let (mut failures, mut at_once, mut paid) = (0, 0, self.paid);
        loop {
            let is_renewed = renewed.is_some();
            let (mut request, subject) = match exchange.prepare(renewed.take()).await {
                Ok(prepared) => prepared,
                Err(
                    Failure::Transient { error, .. }
                    | Failure::Disconnected(error)
                    | Failure::RateLimited(error),
                ) => {
                    self.back_off(&mut failures, error, true).await?;
                    continue;
                }
                Err(failure) => return Err(failure.into_error()),
            };
            let queued = |wait| trace::waiting(operation, wait, "limit");
            let permit = match limits.admit(&subject, clock, self.deadline, queued).await {
                Ok(permit) => permit,
                Err(late) => return Err(self.too_late(late, limited.take())),
            };
            if permit.waited
                && !is_renewed
                && let Err(failure) = exchange.refresh(&mut request).await
            {
                return Err(failure.into_error());
            }
            let Permit { ticket, .. } = permit;
            *sent = Sent { attempts: sent.attempts + 1, ticket };
            let result = exchange.execute(request, sent.attempts).await;
            drop(permit);
            let served = |paid| limits.accepted(&subject, ticket, paid, clock.now());
            let pause = |error: &Error| {
                let (reason, asked) = (error.rate_limit_reason(), error.retry_after());
                let pause = |refusals| policy.pause(refusals, asked, clock.random());
                limits.refused(&subject, ticket, reason, pause, clock.now())
            };
            match result {
                Ok(response) => {
                    served(paid);
                    return Ok(response);
                }
                Err(Failure::NotReady(error, wait)) => {
                    served(paid);
                    // The server works: what failed before is over.
                    (failures, at_once, paid, was_refused) = (0, 0, None, false);
                    if clock.now() + wait >= self.deadline {
                        return Err(error);
                    }
                    trace::waiting(operation, wait, "poll");
                    clock.sleep(wait).await;
                }
                Err(Failure::Permanent(error)) => {
                    // Whatever is wrong with the request, the server works.
                    if error.status().is_some_and(|status| !status.is_server_error()) {
                        served(None);
                    }
                    return Err(error);
                }
                // Refused once more: renewing them did not help.
                Err(Failure::Unauthorized(error, _)) if was_refused => return Err(error),
                Err(Failure::Unauthorized(error, value)) => match exchange.renew(&value).await {
                    // A request that can be made once only fails all the same; the next one has the new credentials.
                    Ok(other) if other == value || self.single_use => return Err(error),
                    Ok(other) => (renewed, was_refused) = (Some(other), true),
                    Err(source) => {
                        let note = "the server refused the credentials, and they cannot be renewed";
                        return Err(own_error(source, |source| error.with_note(note).with_source(source)));
                    }
                },
                Err(Failure::RateLimited(error)) => {
                    // Nothing was done, so nothing has failed: the request waits in the queue with the others.
                    let pause = pause(&error);
                    let asked = error.retry_after().unwrap_or(pause);
                    let error = error.with_retry_after(Some(asked));
                    if policy.max_retries == 0 || self.single_use {
                        return Err(error);
                    }
                    limited = Some(error);
                }
                Err(Failure::Disconnected(_))
                    if at_once < MAX_AT_ONCE && policy.max_retries > 0 && !self.single_use =>
                {
                    at_once += 1;
                }
                Err(failure @ (Failure::Disconnected(_) | Failure::Transient { .. })) => {
                    let (reason, pauses) = failure.cost();
                    let error = failure.into_error();
                    if pauses {
                        pause(&error);
                    }
                    let affordable = !self.single_use
                        && failures < policy.max_retries
                        && limits.spend(&subject, ticket, reason);
                    paid = Some(reason);
                    self.back_off(&mut failures, error, affordable).await?;
                }
            }
        }
    }

    /// Waits before the next attempt, or returns the error if there is none.
    async fn back_off(&self, failures: &mut u32, error: Error, affordable: bool) -> Result<()> {
        let Self { operation, clock, policy, .. } = *self;
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
        trace::waiting(operation, wait, "retry");
        clock.sleep(wait).await;
        Ok(())
    }

    /// The error of a request that cannot be sent before its deadline.
    fn too_late(&self, late: Late, limited: Option<Error>) -> Error {
        match late {
            Late::TimedOut => {
                let note = "the deadline passed while the call waited to be sent";
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
