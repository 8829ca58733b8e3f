//! A clock whose time passes when somebody waits, and not otherwise.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use jsm_client::Clock;
use jsm_sandbox::Sandbox;

/// A clock for tests: waiting takes no time, every wait is written down.
#[derive(Clone, Debug)]
pub(super) struct TestClock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    start: Instant,
    random: f64,
    /// Whose clock goes along.
    sandbox: Option<Arc<Sandbox>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    passed: Duration,
    waits: Vec<Duration>,
}

impl TestClock {
    /// A clock by which jitter changes nothing.
    pub(super) fn new() -> TestClock {
        TestClock::with_chance(0.5)
    }

    /// A clock by which jitter is what this number between 0 and 1 makes of it.
    pub(super) fn with_chance(random: f64) -> TestClock {
        TestClock::start(random, None)
    }

    /// A clock that takes a sandbox's along.
    pub(super) fn along_with(sandbox: &Arc<Sandbox>) -> TestClock {
        TestClock::start(0.5, Some(Arc::clone(sandbox)))
    }

    fn start(random: f64, sandbox: Option<Arc<Sandbox>>) -> TestClock {
        TestClock(Arc::new(Shared { start: Instant::now(), random, sandbox, state: Mutex::default() }))
    }

    /// The waits so far, in seconds.
    pub(super) fn waits(&self) -> Vec<f64> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        // To the millisecond: less than that is arithmetic.
        state.waits.iter().map(|wait| (wait.as_secs_f64() * 1000.0).round() / 1000.0).collect()
    }

    /// The time that has passed, in seconds.
    pub(super) fn passed(&self) -> f64 {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.passed.as_secs_f64()
    }

    /// Lets time pass for everybody.
    pub(super) fn advance_to(&self, until: Duration) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let by = until.saturating_sub(state.passed);
        state.passed += by;
        if let Some(sandbox) = &self.0.sandbox {
            sandbox.clock().advance(by);
        }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.start + state.passed
    }

    /// It is 5 March 2024, 10:00:00 UTC when the clock starts.
    fn date(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_632_800) + (self.now() - self.0.start)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let until = {
                let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.waits.push(time);
                state.passed + time
            };
            // Who waits at the same time waits from the same moment.
            tokio::task::yield_now().await;
            self.advance_to(until);
        })
    }

    fn random(&self) -> f64 {
        self.0.random
    }
}
