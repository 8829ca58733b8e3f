//! Cycles of SLAs, as a seed describes them.

use std::time::Duration;

use crate::clock::millis;

/// A cycle of an SLA of a request, for [`Seed::sla_cycles`](crate::Seed::sla_cycles). It is breached where it took longer
/// than the SLA's goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlaCycle {
    pub(super) elapsed: i64,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Paused,
    Completed,
}

impl SlaCycle {
    /// A cycle that began so long before the sandbox starts. It runs by the sandbox's clock, until the request is
    /// resolved or, for the time to first response, until an agent comments on it.
    pub fn running(elapsed: Duration) -> SlaCycle {
        SlaCycle { elapsed: millis(elapsed), state: State::Running }
    }

    /// A cycle whose time stands still.
    pub fn paused(elapsed: Duration) -> SlaCycle {
        SlaCycle { elapsed: millis(elapsed), state: State::Paused }
    }

    /// A cycle that has ended and took so long.
    pub fn completed(elapsed: Duration) -> SlaCycle {
        SlaCycle { elapsed: millis(elapsed), state: State::Completed }
    }

    fn is_completed(self) -> bool {
        self.state == State::Completed
    }
}

/// The cycles that a seed gives a request, in the place of those that follow from what happens to it.
#[derive(Clone, Debug)]
pub(crate) struct SeededCycles {
    /// When the last one was as it is described.
    pub(super) at: i64,
    pub(super) cycles: Vec<SlaCycle>,
}

impl SeededCycles {
    /// The cycles, if only the last of them has not ended.
    pub(crate) fn new(at: i64, cycles: &[SlaCycle]) -> Option<SeededCycles> {
        let before = cycles.len().saturating_sub(1);
        let fits = cycles[..before].iter().all(|cycle| cycle.is_completed());
        fits.then(|| SeededCycles { at, cycles: cycles.to_vec() })
    }
}
