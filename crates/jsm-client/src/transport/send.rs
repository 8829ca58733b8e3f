//! One request from the first attempt to the last: for responses that are read whole, and for files.

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;

use super::body::{Content, Head, read_body};
use super::classify::Check;
use super::plan::{Plan, Reading, RequestSpec};
use super::retry_loop::RetryLoop;
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
    let (head, body, attempts) = run(transport, spec, Reading::Whole(check)).await?;
    let body = match body {
        Content::Whole(body) => body,
        Content::Open(response) => read_body(response, transport.max_body).await?,
    };
    Ok(Received { status: head.status, headers: head.headers, body, attempts })
}

/// Requests a file, and follows redirects to it. The caller reads the body.
pub(crate) async fn open(transport: &Transport, spec: &RequestSpec<'_>) -> Result<(Head, Content, u32)> {
    run(transport, spec, Reading::File).await
}

async fn run(
    transport: &Transport,
    spec: &RequestSpec<'_>,
    reading: Reading<'_>,
) -> Result<(Head, Content, u32)> {
    let RequestSpec { info, options, .. } = *spec;
    options.check().map_err(|error| error.with_operation(info))?;
    let time = transport.call_time(options);
    let deadline = transport.clock.now() + time;
    let plan = Plan { transport, spec, reading, deadline };
    if info.experimental && !info.always_opt_in && !plan.opted_in() {
        let note = "is experimental; opt in with experimental(true) on the client or the call";
        return Err(Error::new(ErrorKind::ExperimentalOptIn, note).with_operation(info));
    }
    let retries = RetryLoop {
        operation: info.name,
        limits: &transport.limits,
        clock: &*transport.clock,
        policy: options.retry.as_ref().unwrap_or(&transport.retry),
        single_use: spec.single_use,
        deadline,
        time,
    };
    match trace::within(trace::call(info), retries.run(&plan)).await {
        Ok(((head, content), attempts)) => Ok((head, content, attempts)),
        Err(error) => Err(error.with_operation(info)),
    }
}
