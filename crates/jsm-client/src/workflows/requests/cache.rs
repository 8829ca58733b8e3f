//! Values that are fetched once for all callers, and kept for a while.
//!
//! One caller fetches, the others wait for it: 512 callers cost one request, and so does their failure. If the caller that
//! fetches is cancelled, the next one fetches.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;
use http::header::HeaderValue;
use tokio::sync::Mutex;

use super::super::deadline::Deadline;
use crate::error::{Error, ErrorKind, Result};

/// How long a value is kept.
pub(super) const KEPT: Duration = Duration::from_secs(10 * 60);

/// How many values are kept at most.
const MOST: usize = 256;

/// What a value is of. Texts depend on the language that they are requested in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) language: Option<HeaderValue>,
    pub(super) desk: String,
    pub(super) request_type: String,
}

/// Values by their keys.
pub(super) struct Cache<V> {
    slots: StdMutex<HashMap<Key, Arc<Slot<V>>>>,
    /// The number of the fetch that finished last, of any value.
    finished: AtomicU64,
}

/// A value that was found.
#[derive(Clone, Debug)]
pub(super) struct Found<V> {
    pub(super) value: V,
    /// The number of the fetch that it is from.
    pub(super) number: u64,
    /// Whether it was there before it was asked for, so that the server may have a newer one.
    pub(super) is_old: bool,
}

/// The place of one value.
struct Slot<V> {
    state: StdMutex<State<V>>,
    /// Held by the caller that fetches.
    fetching: Mutex<()>,
}

struct State<V> {
    /// The value, when the fetch of it started, and the number of the fetch.
    value: Option<(V, Instant, u64)>,
    /// The failure of the last fetch, and its number.
    failure: Option<(Error, u64)>,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self { slots: StdMutex::default(), finished: AtomicU64::new(0) }
    }
}

impl<V: Clone> Cache<V> {
    /// The value of a key; of a later fetch than `newer_than`, if that is given.
    pub(super) async fn get(
        &self,
        key: &Key,
        newer_than: Option<u64>,
        deadline: Deadline<'_>,
        fetch: BoxFuture<'_, Result<V>>,
    ) -> Result<Found<V>> {
        let slot = self.slot(key, deadline.now());
        if let Some(found) = lock(&slot.state).found(deadline.now(), newer_than) {
            return Ok(Found { is_old: true, ..found });
        }
        let arrived = self.number();
        let Ok(_fetching) = tokio::time::timeout(deadline.left(), slot.fetching.lock()).await else {
            let note =
                "another call is reading the same names or fields, for longer than the deadline allows";
            return Err(Error::new(ErrorKind::Timeout, note));
        };
        {
            let state = lock(&slot.state);
            if let Some(found) = state.found(deadline.now(), newer_than) {
                return Ok(found);
            }
            if let Some((error, _)) = state.failure.as_ref().filter(|(_, number)| *number > arrived) {
                return Err(error.duplicate());
            }
        }
        let started = deadline.now();
        let fetched = fetch.await;
        let mut state = lock(&slot.state);
        let number = self.finished.fetch_add(1, Ordering::SeqCst) + 1;
        match fetched {
            Ok(value) => {
                *state = State { value: Some((value.clone(), started, number)), failure: None };
                Ok(Found { value, number, is_old: false })
            }
            Err(error) => {
                state.failure = is_of_all(&error, deadline).then(|| (error.duplicate(), number));
                Err(error)
            }
        }
    }

    /// The number of the fetch that finished last.
    pub(super) fn number(&self) -> u64 {
        self.finished.load(Ordering::SeqCst)
    }

    /// Drops the value of a key.
    pub(super) fn forget(&self, key: &Key) {
        if let Some(slot) = lock(&self.slots).get(key) {
            lock(&slot.state).value = None;
        }
    }

    fn slot(&self, key: &Key, now: Instant) -> Arc<Slot<V>> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        if slots.len() >= MOST {
            slots.retain(|_, slot| lock(&slot.state).found(now, None).is_some());
            // More than that in ten minutes: keeping the most recent ones is not worth an order.
            if slots.len() >= MOST {
                slots.clear();
            }
        }
        let state = StdMutex::new(State { value: None, failure: None });
        let slot = Arc::new(Slot { state, fetching: Mutex::new(()) });
        slots.insert(key.clone(), Arc::clone(&slot));
        slot
    }
}

impl<V: Clone> State<V> {
    /// The value, if it is still kept and new enough.
    fn found(&self, now: Instant, newer_than: Option<u64>) -> Option<Found<V>> {
        let (value, at, number) = self.value.as_ref()?;
        let is_kept = now.saturating_duration_since(*at) < KEPT;
        let is_wanted = newer_than.is_none_or(|other| *number > other);
        (is_kept && is_wanted).then(|| Found { value: value.clone(), number: *number, is_old: false })
    }
}

/// Whether the callers that wait would fail as well: the options of the caller that failed, such as a deadline or fewer
/// retries, do not matter.
fn is_of_all(error: &Error, deadline: Deadline<'_>) -> bool {
    use ErrorKind::{Configuration, Connection, ExperimentalOptIn, RateLimited, Server, Timeout};
    match error.kind() {
        Configuration | ExperimentalOptIn | RateLimited | Timeout => false,
        Connection | Server => !deadline.has_own_retries(),
        _ => true,
    }
}

fn lock<T>(mutex: &StdMutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
