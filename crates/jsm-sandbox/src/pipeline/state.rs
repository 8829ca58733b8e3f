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
    /// The first site.
    pub(crate) site: Site,
    others: Vec<OtherSite>,
    pub(crate) credentials: Credentials,
    pub(crate) routes: AddedRoutes,
    pub(crate) faults: Faults,
    pub(crate) violations: Violations,
    pub(crate) log: Log,
    pub(super) usage: Usage,
    pub(super) keys: Keys,
    pub(super) last_pages: LastPages,
}

/// Another site, with the idempotency keys that were sent to it.
struct OtherSite {
    site: Site,
    keys: Keys,
}

impl State {
    pub(crate) fn new(site: Site, others: Vec<Site>, credentials: Credentials) -> State {
        State {
            site,
            others: others.into_iter().map(|site| OtherSite { site, keys: Keys::default() }).collect(),
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

    /// The site with this number; the first one where there is none.
    pub(crate) fn site(&self, number: usize) -> &Site {
        let other = number.checked_sub(1).and_then(|other| self.others.get(other));
        other.map_or(&self.site, |other| &other.site)
    }

    /// The same to change it, with its idempotency keys.
    pub(super) fn site_mut(&mut self, number: usize) -> (&mut Site, &mut Keys) {
        match number.checked_sub(1).and_then(|other| self.others.get_mut(other)) {
            Some(other) => (&mut other.site, &mut other.keys),
            None => (&mut self.site, &mut self.keys),
        }
    }

    fn advance_to(&mut self, now: i64) {
        self.site.advance_to(now);
        self.others.iter_mut().for_each(|other| other.site.advance_to(now));
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
        self.lock().advance_to(self.clock.now_millis());
    }
}
