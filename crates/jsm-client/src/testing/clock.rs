//! A clock that a test moves.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_core::future::BoxFuture;
use tokio::sync::watch;

use crate::transport::clock::{Clock, FOREVER};

/// The date when a clock starts, as seconds since 1970: 5 March 2024, 10:00:00 UTC.
const DATE: Duration = Duration::from_secs(1_709_632_800);

/// A clock for tests: it moves when the test moves it, and every wait is recorded. Clones are the same clock.
///
/// Retries, pauses of rate limits and deadlines go by the client's clock. The timeout of one attempt goes by tokio's,
/// since a server that does not respond takes real time.
///
/// ```
/// use std::time::Duration;
///
/// use jsm_client::servicedesk::info::GetInfo;
/// use jsm_client::{Client, testing::TestClock};
/// use jsm_sandbox::{Fault, Sandbox};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start().await?;
/// sandbox.fault(Fault::status(503));
/// let clock = TestClock::new();
/// let builder = Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token());
/// let jira = builder.clock(clock.clone()).build()?;
///
/// let call = tokio::spawn(jira.call(GetInfo::new()).send());
/// clock.wait_for_sleepers(1).await; // the first attempt has failed, and the client waits before the second
/// assert!(!call.is_finished());
/// clock.advance(Duration::from_secs(60));
/// call.await??;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestClock(Arc<Shared>);

struct Shared {
    start: Instant,
    /// Whether a wait moves the clock to its end.
    automatic: bool,
    passed: watch::Sender<Duration>,
    sleepers: watch::Sender<usize>,
    state: Mutex<State>,
}

struct State {
    date: SystemTime,
    random: f64,
    waits: Vec<Duration>,
    on_advance: Option<Arc<dyn Fn(Duration) + Send + Sync>>,
}

impl TestClock {
    /// A clock that moves only by [`advance`](Self::advance). Waits end when it has moved far enough.
    pub fn new() -> Self {
        Self::start(false)
    }

    /// A clock that each wait moves to its end, so that waiting takes no time.
    pub fn automatic() -> Self {
        Self::start(true)
    }

    fn start(automatic: bool) -> Self {
        let state =
            State { date: SystemTime::UNIX_EPOCH + DATE, random: 0.5, waits: Vec::new(), on_advance: None };
        Self(Arc::new(Shared {
            start: Instant::now(),
            automatic,
            passed: watch::Sender::new(Duration::ZERO),
            sleepers: watch::Sender::new(0),
            state: Mutex::new(state),
        }))
    }

    /// Sets the date at which the clock starts; 5 March 2024, 10:00:00 UTC by default.
    pub fn with_date(self, date: SystemTime) -> Self {
        self.state().date = date;
        self
    }

    /// Sets the random number, from 0 to 1, that jitter is made of; 0.5 by default, by which jitter changes nothing.
    pub fn with_random(self, random: f64) -> Self {
        self.state().random = random;
        self
    }

    /// Sets a function that is called with the time by which the clock has moved, each time that it moves: another clock,
    /// such as the sandbox's, moves along with it.
    pub fn on_advance(self, moved: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.state().on_advance = Some(Arc::new(moved));
        self
    }

    /// Moves the clock, and ends the waits whose time has passed.
    pub fn advance(&self, by: Duration) {
        self.move_to(self.elapsed().saturating_add(by));
    }

    /// Moves the clock to a time after its start, unless it is past it.
    fn move_to(&self, until: Duration) {
        // Longer times cannot be added to every moment.
        let until = until.min(100 * FOREVER);
        let mut by = Duration::ZERO;
        self.0.passed.send_if_modified(|passed| {
            by = until.saturating_sub(*passed);
            *passed += by;
            !by.is_zero()
        });
        let moved = self.state().on_advance.clone().filter(|_| !by.is_zero());
        if let Some(moved) = moved {
            moved(by);
        }
    }

    /// How far the clock has moved since it started.
    pub fn elapsed(&self) -> Duration {
        *self.0.passed.borrow()
    }

    /// All waits that have begun so far, in their order, with the time that each was to take.
    pub fn waits(&self) -> Vec<Duration> {
        self.state().waits.clone()
    }

    /// Returns once this many waits are going on at the same time, or more.
    pub async fn wait_for_sleepers(&self, count: usize) {
        // It fails when the sender is dropped, which this clock holds.
        let _ = self.0.sleepers.subscribe().wait_for(|sleepers| *sleepers >= count).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        self.0.start + self.elapsed()
    }

    fn date(&self) -> SystemTime {
        let date = self.state().date;
        date + self.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.state().waits.push(time);
            let until = self.elapsed().saturating_add(time);
            let _sleeper = Sleeper::new(&self.0.sleepers);
            if self.0.automatic {
                // Waits that begin at the same time begin at the same moment of the clock.
                tokio::task::yield_now().await;
                self.move_to(until);
            } else {
                let _ = self.0.passed.subscribe().wait_for(|passed| *passed >= until).await;
            }
        })
    }

    fn random(&self) -> f64 {
        self.state().random
    }
}

/// Counts a wait as long as it is going on, also where it is dropped.
struct Sleeper<'a>(&'a watch::Sender<usize>);

impl<'a> Sleeper<'a> {
    fn new(sleepers: &'a watch::Sender<usize>) -> Self {
        sleepers.send_modify(|sleepers| *sleepers += 1);
        Self(sleepers)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|sleepers| *sleepers -= 1);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClock").field("elapsed", &self.elapsed()).finish_non_exhaustive()
    }
}
