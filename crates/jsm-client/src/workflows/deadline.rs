//! One deadline for all requests of a workflow.

use std::time::{Duration, Instant};

use jsm_raw::Operation;

use crate::call::Call;
use crate::client::{Client, Shared};
use crate::clock::Clock;
use crate::retry::FOREVER;

/// How long a workflow may take in all, where neither it nor the client says.
pub(super) const USUAL: Duration = Duration::from_secs(60 * 60);

/// The moment at which a workflow has to be over.
#[derive(Clone, Copy)]
pub(super) struct Deadline<'a> {
    clock: &'a dyn Clock,
    time: Duration,
    until: Instant,
}

impl<'a> Deadline<'a> {
    /// What the workflow says, else what the client says, else an hour. What is longer than a year is a year, so
    /// that it can be added to any moment.
    pub(super) fn new(shared: &'a Shared, given: Option<Duration>) -> Self {
        let time = given.or(shared.deadline).unwrap_or(USUAL).min(FOREVER);
        let clock = &*shared.clock;
        Self { clock, time, until: clock.now() + time }
    }

    /// How long it was in all.
    pub(super) fn time(&self) -> Duration {
        self.time
    }

    /// How long it is from now.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(self.clock.now())
    }

    /// Whether there is time to wait that long and to send a request afterwards.
    pub(super) fn allows(&self, wait: Duration) -> bool {
        wait < self.left()
    }

    /// A call that has the time that is left.
    pub(super) fn call<O: Operation>(&self, client: &Client, operation: O) -> Call<O> {
        client.call(operation).deadline(self.left())
    }
}
