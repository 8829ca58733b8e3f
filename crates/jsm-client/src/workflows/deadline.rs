//! One deadline for all requests of a workflow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsm_raw::Operation;
#[cfg(feature = "servicedesk")]
use jsm_raw::OperationInfo;

use crate::error::Result;
use crate::response::Session;
use crate::transport::clock::FOREVER;
use crate::transport::options::RequestOptions;

/// The deadline of a workflow, where neither it nor the client has one.
const WORKFLOW_DEADLINE: Duration = Duration::from_secs(60 * 60);

/// When a workflow has to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// The time from the start to the deadline.
    time: Duration,
    at: Instant,
}

/// The deadline of a workflow, with the options of its requests.
#[derive(Clone, Copy)]
pub(super) struct Deadline<'a> {
    session: &'a Arc<Session>,
    options: &'a RequestOptions,
    end: End,
}

impl End {
    /// The workflow's own deadline, else the client's, else an hour. A time longer than a year is a year, so that it can
    /// be added to any moment.
    pub(super) fn new(session: &Session, options: &RequestOptions) -> Self {
        let transport = &session.transport;
        let time = options.deadline.or(transport.deadline).unwrap_or(WORKFLOW_DEADLINE).min(FOREVER);
        Self { time, at: transport.clock.now() + time }
    }
}

impl<'a> Deadline<'a> {
    /// The deadline of a workflow that starts now.
    pub(super) fn new(session: &'a Arc<Session>, options: &'a RequestOptions) -> Self {
        Self::at(End::new(session, options), session, options)
    }

    /// The deadline of a workflow that has started before.
    pub(super) fn at(end: End, session: &'a Arc<Session>, options: &'a RequestOptions) -> Self {
        Self { session, options, end }
    }

    /// The time from the start to the deadline.
    pub(super) fn time(&self) -> Duration {
        self.end.time
    }

    /// The time now.
    #[cfg(feature = "servicedesk")]
    pub(super) fn now(&self) -> Instant {
        self.session.transport.clock.now()
    }

    /// The time from now to the deadline.
    pub(super) fn left(&self) -> Duration {
        self.session.transport.time_to(self.end.at)
    }

    /// The options of the next request, which has the time that is left.
    pub(super) fn options(&self) -> RequestOptions {
        self.options.clone().deadline(self.left())
    }

    /// Whether the caller decides which requests are sent again.
    #[cfg(feature = "servicedesk")]
    pub(super) fn has_own_retries(&self) -> bool {
        self.options.retry.is_some() || self.options.idempotent.is_some()
    }

    /// Whether requests of this operation are sent again after an attempt that can have done something.
    #[cfg(feature = "servicedesk")]
    pub(super) fn is_idempotent(&self, info: &OperationInfo) -> bool {
        self.options.idempotent.unwrap_or(info.idempotent)
    }

    /// Calls an operation in the time that is left.
    pub(super) async fn call<O: Operation>(&self, operation: O) -> Result<O::Output> {
        Ok(self.session.call(operation, &self.options()).await?.value)
    }
}
