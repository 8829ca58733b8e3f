//! One call from the first attempt to the last.

use jsm_raw::OperationInfo;
use reqwest::StatusCode;

use crate::client::{CALL_DEADLINE, Shared};
use crate::error::{Error, Kind, Result};
use crate::trace;

use super::attempt::{
    Build, Content, Failed, Head, Options, Plan, Reading, Received, attempt, authorization, own, prepare,
    read_body, take_turn,
};
use super::rate_limit::Subject;
use super::retry::FOREVER;

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

/// Sends until there is an answer, or no sense in going on.
pub(crate) async fn attempts(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    build: Build<'_>,
    reading: Reading,
) -> Result<(Head, Content, u32)> {
    trace::within(trace::call(info), try_on(shared, info, options, build, reading)).await
}

async fn try_on(
    shared: &Shared,
    info: &'static OperationInfo,
    options: &Options,
    build: Build<'_>,
    reading: Reading,
) -> Result<(Head, Content, u32)> {
    let fail = |error: Error, attempts: u32| error.with_operation(info).with_attempts(attempts);
    if info.experimental && !options.experimental.unwrap_or(shared.experimental) {
        let note = "is experimental; opt in with experimental(true) on the client or the call";
        return Err(fail(Error::new(Kind::ExperimentalOptIn, note), 0));
    }
    let clock = &*shared.clock;
    let time = options.deadline.or(shared.deadline).unwrap_or(CALL_DEADLINE).min(FOREVER);
    let plan = Plan { shared, info, options, build, reading, deadline: clock.now() + time };
    let policy = options.retry.as_ref().unwrap_or(&shared.retry);
    // Credentials that were renewed after a refusal, until they are sent.
    let mut renewed = None;
    let mut was_refused = false;
    let mut retries = 0;
    let mut sent = 0;
    loop {
        let mut subject = None;
        let attempt = async {
            let request = prepare(&plan, renewed.take()).await?;
            let subject = &*subject.insert(Subject::new(info, request.url().path()));
            take_turn(&plan, subject).await?;
            sent += 1;
            trace::within(trace::attempt(info, sent, &request), attempt(&plan, request)).await
        };
        let error = match attempt.await {
            Ok((head, content)) => {
                shared.budget.earn();
                return Ok((head, content, sent));
            }
            Err(Failed::ForGood(error)) => return Err(fail(error, sent)),
            // Refused once more, renewing them did not help.
            Err(Failed::Refused(error, _)) if was_refused => return Err(fail(error, sent)),
            Err(Failed::Refused(error, value)) => match authorization(&plan, Some(&value)).await {
                // What can be sent once only fails even so; the next call has the new ones.
                Ok(other) if other == value || options.once => return Err(fail(error, sent)),
                Ok(other) => {
                    (renewed, was_refused) = (Some(other), true);
                    continue;
                }
                Err(source) => {
                    let note = "the server refused the credentials, and they cannot be renewed";
                    let error = own(source, |source| error.with_note(note).with_source(source));
                    return Err(fail(error, sent));
                }
            },
            Err(Failed::ForNow(error)) => error,
        };
        let wait = policy.wait(retries + 1, error.retry_after(), clock.chance());
        let limited = error.status() == Some(StatusCode::TOO_MANY_REQUESTS);
        if let Some(subject) = subject.as_ref().filter(|_| limited) {
            shared.limits.limited(subject, error.rate_limit_reason(), wait, clock.now());
        }
        if retries >= policy.max_retries || options.once || !shared.budget.spend() {
            return Err(fail(error, sent));
        }
        retries += 1;
        if clock.now() + wait >= plan.deadline {
            let asked = error.retry_after().or(limited.then_some(wait));
            return Err(fail(error.with_retry_after(asked), sent));
        }
        trace::waits(info, wait, "retry");
        clock.sleep(wait).await;
    }
}
