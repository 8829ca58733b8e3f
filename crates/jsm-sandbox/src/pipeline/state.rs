//! All that the steps work on: settings that never change, and the state behind one lock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::added_routes::AddedRoutes;
use super::fault::{Faults, LastPages};
use super::idempotency::Keys;
use super::log::Log;
use super::quirk::Quirk;
use super::rate_limits::{RateLimits, Usage};
use super::violation::Violations;
use crate::clock::Clock;
use crate::domain::credentials::Credentials;
use crate::domain::site::Site;
use crate::message::origin::Origins;

/// A running sandbox, as its servers share it.
pub(crate) struct Service {
    pub(crate) origins: Origins,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) state: Mutex<State>,
}

/// What was chosen before the sandbox started.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The most items of a page.
    pub(crate) page_cap: usize,
    pub(crate) limits: RateLimits,
    pub(crate) quirks: Vec<Quirk>,
    /// How far each request moves the clock.
    pub(crate) tick: Duration,
}

/// All that changes while the sandbox runs.
pub(crate) struct State {
    pub(crate) site: Site,
    pub(crate) credentials: Credentials,
    pub(crate) routes: AddedRoutes,
    pub(crate) faults: Faults,
    pub(crate) violations: Violations,
    pub(crate) log: Log,
    pub(super) usage: Usage,
    pub(super) keys: Keys,
    pub(super) last_pages: LastPages,
}

impl State {
    pub(crate) fn new(site: Site, credentials: Credentials) -> State {
        State {
            site,
            credentials,
            routes: AddedRoutes::default(),
            faults: Faults::default(),
            violations: Violations::default(),
            log: Log::default(),
            usage: Usage::default(),
            keys: Keys::default(),
            last_pages: LastPages::default(),
        }
    }
}

impl Service {
    /// The state. A panic in one request must not end the others, so that a poisoned lock stays in use.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the state to the time of a new request.
    pub(super) fn begin_request(&self) {
        self.clock.advance(self.settings.tick);
        self.lock().site.advance_to(self.clock.now_millis());
    }
}
