//! One deadline for all requests of a workflow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsm_raw::Operation;

use crate::error::Result;
use crate::response::Session;
use crate::transport::clock::FOREVER;
use crate::transport::options::RequestOptions;

/// The deadline of a workflow, where neither it nor the client has one.
const WORKFLOW_DEADLINE: Duration = Duration::from_secs(60 * 60);

/// The time by which a workflow has to end, with the options of its requests.
#[derive(Clone, Copy)]
pub(super) struct Deadline<'a> {
    session: &'a Arc<Session>,
    options: &'a RequestOptions,
    time: Duration,
    until: Instant,
}

impl<'a> Deadline<'a> {
    /// The workflow's own deadline, else the client's, else an hour. A time longer than a year is a year, so that it can
    /// be added to any moment.
    pub(super) fn new(session: &'a Arc<Session>, options: &'a RequestOptions) -> Self {
        let transport = &session.transport;
        let time = options.deadline.or(transport.deadline).unwrap_or(WORKFLOW_DEADLINE).min(FOREVER);
        Self { session, options, time, until: transport.clock.now() + time }
    }

    /// The time from the start to the deadline.
    pub(super) fn time(&self) -> Duration {
        self.time
    }

    /// The time from now to the deadline.
    pub(super) fn left(&self) -> Duration {
        self.session.transport.time_to(self.until)
    }

    /// The options of the next request, which has the time that is left.
    pub(super) fn options(&self) -> RequestOptions {
        self.options.clone().deadline(self.left())
    }

    /// Calls an operation in the time that is left.
    pub(super) async fn call<O: Operation>(&self, operation: O) -> Result<O::Output> {
        Ok(self.session.call(operation, &self.options()).await?.value)
    }
}
