//! The clock of these tests, by which waiting takes no time: every wait moves it to its end. And tokio's clock, which moves
//! only when a test moves it.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use jsm_client::{Clock, testing};
use jsm_sandbox::Sandbox;

/// An automatic clock, whose times are shown in seconds.
#[derive(Clone, Debug)]
pub(super) struct TestClock(testing::TestClock);

impl TestClock {
    /// A clock by which jitter changes nothing.
    pub(super) fn new() -> TestClock {
        TestClock(testing::TestClock::automatic())
    }

    /// A clock by which jitter is what this number between 0 and 1 makes of it.
    pub(super) fn with_chance(random: f64) -> TestClock {
        TestClock(testing::TestClock::automatic().with_random(random))
    }

    /// A clock that moves a sandbox's along.
    pub(super) fn along_with(sandbox: &Arc<Sandbox>) -> TestClock {
        let sandbox = Arc::clone(sandbox);
        TestClock(testing::TestClock::automatic().on_advance(move |by| sandbox.clock().advance(by)))
    }

    /// The waits so far, in seconds.
    pub(super) fn waits(&self) -> Vec<f64> {
        // To the millisecond: less than that is arithmetic.
        self.0.waits().iter().map(|wait| (wait.as_secs_f64() * 1000.0).round() / 1000.0).collect()
    }

    /// The time that has passed, in seconds.
    pub(super) fn passed(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    /// Moves the clock to a time after its start, unless it is past it.
    pub(super) fn advance_to(&self, until: Duration) {
        self.0.advance(until.saturating_sub(self.0.elapsed()));
    }
}

/// Keeps tokio's paused clock where it is, until it is dropped. Otherwise it moves whenever all tasks wait, also where they
/// wait for bytes that are on their way. Only [`tokio::time::advance`] moves it then.
#[derive(Debug)]
pub(super) struct HeldTime(#[expect(dead_code, reason = "it is kept to be dropped")] mpsc::Sender<()>);

impl HeldTime {
    /// Holds the clock of a test with `start_paused = true`.
    pub(super) fn hold() -> HeldTime {
        let (sender, receiver) = mpsc::channel();
        // The clock does not move by itself while a blocking task runs.
        tokio::task::spawn_blocking(move || receiver.recv());
        HeldTime(sender)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn date(&self) -> SystemTime {
        self.0.date()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.0.sleep(time)
    }

    fn random(&self) -> f64 {
        self.0.random()
    }
}
