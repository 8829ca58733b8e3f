//! One request from the first attempt to the last: for responses that are read whole, and for files.

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;

use super::body::{Content, Head, read_body};
use super::budget::Reason;
use super::classify::Check;
use super::plan::{Plan, Reading, RequestSpec};
use super::rate_limit::Subject;
use super::retry_loop::{Broken, RetryLoop, Sent};
use super::shared::Transport;
use super::trace;
use crate::error::{Error, ErrorKind, Result};

/// A response that is not an error, read whole.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
}

/// Sends a request until a response passes the check, or until it cannot succeed any more.
pub(crate) async fn send(
    transport: &Transport,
    spec: &RequestSpec<'_>,
    check: Check<'_>,
) -> Result<Received> {
    let (head, body, Sent { attempts, .. }) = run(transport, spec, Reading::Whole(check), None).await?;
    let body = match body {
        Content::Whole(body) => body,
        Content::Open(response) => read_body(response, transport.max_body).await?,
    };
    Ok(Received { status: head.status, headers: head.headers, body, attempts })
}

/// A file whose first bytes are about to come.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) head: Head,
    pub(crate) content: Content,
    pub(crate) attempts: u32,
    /// The ticket of the request.
    pub(crate) ticket: u64,
}

/// Requests a file, and follows redirects to it. The caller reads the body. `paid` is what the retry was paid from, if it
/// is one after the file broke off.
pub(crate) async fn open(
    transport: &Transport,
    spec: &RequestSpec<'_>,
    paid: Option<Reason>,
) -> Result<Opened> {
    let (head, content, sent) = run(transport, spec, Reading::File, paid).await?;
    let Sent { attempts, ticket } = sent;
    Ok(Opened { head, content, attempts, ticket })
}

/// Waits before a file that broke off is requested again. Returns the error if it may not be.
pub(crate) async fn back_off(transport: &Transport, spec: &RequestSpec<'_>, broken: Broken) -> Result<()> {
    let plan = plan(transport, spec, Reading::File);
    if !plan.is_idempotent() {
        return Err(broken.error);
    }
    let subject = Subject::new(spec.info, spec.template, spec.rate_limit_key);
    retries(&plan, None).back_off_after(broken, &subject).await
}

async fn run(
    transport: &Transport,
    spec: &RequestSpec<'_>,
    reading: Reading<'_>,
    paid: Option<Reason>,
) -> Result<(Head, Content, Sent)> {
    let RequestSpec { info, options, .. } = *spec;
    options.check().map_err(|error| spec.name(error))?;
    let plan = plan(transport, spec, reading);
    if info.experimental && !info.always_opt_in && !plan.opted_in() {
        let note = "is experimental; opt in with experimental(true) on the client or the call";
        return Err(spec.name(Error::new(ErrorKind::ExperimentalOptIn, note)));
    }
    match trace::within(trace::call(info), retries(&plan, paid).run(&plan)).await {
        Ok(((head, content), sent)) => Ok((head, content, sent)),
        Err(error) => Err(spec.name(error)),
    }
}

/// The request with its deadline, which counts from now.
fn plan<'a>(transport: &'a Transport, spec: &'a RequestSpec<'a>, reading: Reading<'a>) -> Plan<'a> {
    let time = transport.call_time(spec.options);
    Plan { transport, spec, reading, time, deadline: transport.clock.now() + time }
}

fn retries<'a>(plan: &Plan<'a>, paid: Option<Reason>) -> RetryLoop<'a> {
    let Plan { transport, spec, time, deadline, .. } = *plan;
    RetryLoop {
        operation: spec.info.name,
        limits: &transport.limits,
        clock: &*transport.clock,
        policy: spec.options.retry.as_ref().unwrap_or(&transport.retry),
        single_use: spec.single_use,
        deadline,
        time,
        paid,
    }
}
