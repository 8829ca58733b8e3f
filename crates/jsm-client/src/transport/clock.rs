//! The clock of waits, pauses and deadlines.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;

/// Longer than any wait, and short enough to be added to any moment.
pub(crate) const FOREVER: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The clock, and the random numbers of jitter.
///
/// Tests implement it, so that waiting takes no time and every wait can be checked.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time passed since some fixed moment, never going back.
    fn now(&self) -> Instant;

    /// The date and time, which dates of a server are compared with.
    fn date(&self) -> SystemTime;

    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;

    /// A random number from 0 to 1 for jitter.
    fn random(&self) -> f64;
}

/// The clock of tokio, which is the system's unless a test has paused it with `tokio::time::pause`. It is the default.
///
/// Timeouts of attempts use it too. Only waiting needs a runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn date(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }
}
