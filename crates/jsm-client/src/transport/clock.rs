//! The clock of waits, pauses and deadlines.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use futures_core::future::BoxFuture;

/// Longer than any wait, and short enough to be added to any moment.
pub(crate) const FOREVER: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Time and randomness, as retries, rate limits and deadlines use them. The default is [`SystemClock`].
///
/// Tests can implement it so that waiting takes no time, and record each wait. With the feature `testing`, there is such a
/// clock: `jsm_client::testing::TestClock`.
///
/// ```
/// use std::sync::Mutex;
/// use std::time::{Duration, Instant, SystemTime};
///
/// use jsm_client::Clock;
/// use jsm_client::futures_core::future::BoxFuture;
///
/// #[derive(Debug)]
/// struct TestClock {
///     start: Instant,
///     waited: Mutex<Vec<Duration>>,
/// }
///
/// impl Clock for TestClock {
///     fn now(&self) -> Instant {
///         self.start + self.waited.lock().unwrap().iter().sum::<Duration>()
///     }
///     fn date(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH
///     }
///     fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
///         self.waited.lock().unwrap().push(time);
///         Box::pin(async {})
///     }
///     fn random(&self) -> f64 {
///         0.5
///     }
/// }
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The monotonic time, for deadlines and pauses.
    fn now(&self) -> Instant;

    /// The date, which is compared with dates that a server sends.
    fn date(&self) -> SystemTime;

    /// Waits for this long.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;

    /// A random number from 0 to 1, for jitter.
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
