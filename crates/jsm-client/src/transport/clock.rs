//! The clock that patience is measured by.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;

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
    fn chance(&self) -> f64;
}

/// The clock of the system, with the timers of tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn date(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn chance(&self) -> f64 {
        fastrand::f64()
    }
}
