//! The clock that waits, pauses and deadlines go by.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;

/// More than anybody waits, and little enough to be added to any moment.
pub(crate) const FOREVER: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Time and chance, as far as retries and limits need them.
///
/// Tests bring their own, so that waiting takes no time and every wait can be looked at.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time passed since some fixed moment, never going back.
    fn now(&self) -> Instant;

    /// The date, which a server's dates are compared with.
    fn date(&self) -> SystemTime;

    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;

    /// A number from 0 to 1 that spreads out what many clients do at once.
    fn random(&self) -> f64;
}

/// The clock of tokio, which is that of the system unless a test has paused it with `tokio::time::pause`.
///
/// Timeouts of attempts go by it too. Only waiting needs a runtime.
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
