//! Client-side throttling: when requests may be sent, so that many callers together keep the rate limits of the server.
//!
//! A request counts towards up to three limits: that of its issue, that of its operation, and that of all requests. Each
//! is a [`Lane`]: a queue, a pause and a pace. A caller queues in one after the other and keeps its place at the front of
//! each. When all let it pass, it takes a permit from each in one step and sends its request. A caller that is dropped
//! leaves all queues. `retry_loop` decides how long a call may wait in all, and what a refusal means to the call itself.

mod lane;
mod pace;
mod windows;

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use http::header::{HeaderMap, HeaderName};
use jsm_raw::OperationInfo;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::budget::{Budget, Reason};
use super::clock::Clock;
use lane::Lane;

/// The header that reports whether the limit is near.
const NEAR_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-nearlimit");

/// The pause before the next request while the server reports that the limit is near.
const NEAR_LIMIT_PAUSE: Duration = Duration::from_millis(500);

/// A pause that grows by less than this wakes no waiting caller: otherwise each refusal of many at once would wake all.
const GROWN: Duration = Duration::from_millis(100);

/// Issues without state are removed when there are this many, and twice as many as after the last removal.
const SWEEP: usize = 256;

/// Which documented limits are kept from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Throttling {
    /// None, and none are learned: a refusal only pauses what it names.
    Off,
    /// Those of single operations; the others are learned from refusals.
    Learned,
    /// All: those of single operations, of methods in general, and of writes to one issue.
    Documented,
}

/// The limits that the requests of a client count towards.
#[derive(Debug)]
pub(crate) struct Limits {
    throttling: Throttling,
    in_flight: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The ticket of the request that was sent last; each has its own, in the order of sending.
    tickets: u64,
    all: Lane,
    operations: HashMap<Endpoint, Operation>,
    issues: HashMap<Arc<str>, Lane>,
    /// How many issues were left when they were looked through.
    swept: usize,
    next_waiter: u64,
    waiting: BTreeMap<u64, Waiter>,
}

/// An operation's API and name: two APIs can have operations of one name. For a request of no API, its method and its
/// path with placeholders.
type Endpoint = (&'static str, &'static str);

#[derive(Debug)]
struct Operation {
    lane: Lane,
    budget: Budget,
}

/// A caller that waits.
#[derive(Debug)]
struct Waiter {
    subject: Subject,
    deadline: Instant,
    wake: Arc<Notify>,
    /// Its places in the queues, in the order of `LANES`.
    places: [Option<u64>; 3],
}

/// The limits of a request, in the order in which it waits for them: the one that holds the fewest others up first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Issue,
    Operation,
    All,
}

const LANES: [Scope; 3] = [Scope::Issue, Scope::Operation, Scope::All];

/// What a request counts towards.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    info: Option<&'static OperationInfo>,
    template: &'static str,
    issue: Option<Arc<str>>,
}

/// A request that may be sent now, and is in flight as long as this is kept.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    pub(crate) ticket: u64,
    pub(crate) waited: bool,
    _slot: SemaphorePermit<'a>,
}

/// Why a request may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Late {
    /// The limits let no request pass before the deadline, but after this time.
    Limited(Duration),
    /// The deadline has come.
    TimedOut,
}

/// What a caller does next.
enum Step {
    Send(u64),
    /// Needs a slot among the requests in flight.
    NeedsSlot,
    Sleep(Duration),
    /// Waits for its turn.
    Queue,
}

impl Subject {
    /// A request of an operation. `template` is its path with placeholders, and `key` names the object that it writes to,
    /// if the server counts writes by object.
    pub(crate) fn new(info: &'static OperationInfo, template: &'static str, key: Option<&str>) -> Self {
        Self { info: Some(info), template, issue: key.filter(|_| info.method != "GET").map(Arc::from) }
    }

    /// A request of no operation, such as one for tokens.
    #[cfg_attr(not(feature = "oauth"), expect(dead_code, reason = "only tokens are requested so"))]
    pub(crate) fn of_no_operation() -> Self {
        Self { info: None, template: "", issue: None }
    }

    fn endpoint(&self) -> Endpoint {
        match self.info {
            Some(info) if info.api.is_empty() => (info.method, self.template),
            Some(info) => (info.api, info.name),
            None => ("", ""),
        }
    }

    /// The limit that a refusal is about, by its reason.
    fn limited(&self, reason: Option<&str>) -> Scope {
        match reason {
            Some(reason) if reason.contains("per-issue") && self.issue.is_some() => Scope::Issue,
            Some(reason) if reason.contains("quota") => Scope::All,
            _ => Scope::Operation,
        }
    }
}

impl Limits {
    /// `in_flight` is how many requests are sent and not responded to at a time, at most.
    pub(crate) fn new(throttling: Throttling, in_flight: usize) -> Self {
        let in_flight = Semaphore::new(in_flight.clamp(1, Semaphore::MAX_PERMITS));
        Self { throttling, in_flight, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What a panicking thread leaves behind is at worst a wait too many.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the request may be sent. `queued` is called once, with the wait, when the request waits for a
    /// limit in the first place of a queue.
    pub(crate) async fn admit(
        &self,
        subject: &Subject,
        clock: &dyn Clock,
        deadline: Instant,
        queued: impl FnOnce(Duration),
    ) -> Result<Permit<'_>, Late> {
        let now = clock.now();
        if now >= deadline {
            return Err(Late::TimedOut);
        }
        // A slot is taken first, since it can be given back without a trace.
        if let Ok(slot) = self.in_flight.try_acquire()
            && let Some(ticket) = self.lock().send_at_once(self.throttling, subject, now)
        {
            return Ok(Permit { ticket, waited: false, _slot: slot });
        }
        // Those that are ahead may take longer than foreseen, and requests in flight take as long as they take.
        let queue = Box::pin(self.queue(subject, clock, deadline, queued));
        tokio::time::timeout(deadline - now, queue).await.unwrap_or(Err(Late::TimedOut))
    }

    async fn queue(
        &self,
        subject: &Subject,
        clock: &dyn Clock,
        deadline: Instant,
        queued: impl FnOnce(Duration),
    ) -> Result<Permit<'_>, Late> {
        let wake = Arc::new(Notify::new());
        let turn = Turn { limits: self, id: self.lock().enter(subject, deadline, &wake) };
        let (mut queued, mut slot) = (Some(queued), None);
        loop {
            let now = clock.now();
            let step = self.lock().step(self.throttling, turn.id, slot.is_some(), now);
            let (step, expected) = step?;
            if let Step::Sleep(time) = step
                && let Some(queued) = queued.take()
            {
                queued(time.max(expected));
            }
            if !matches!(step, Step::Send(_)) {
                // A caller that has to wait for a limit leaves the slot to those that do not.
                slot = None;
            }
            match step {
                Step::Send(ticket) => {
                    let Some(slot) = slot else { continue };
                    return Ok(Permit { ticket, waited: true, _slot: slot });
                }
                Step::NeedsSlot => slot = self.in_flight.acquire().await.ok(),
                // Woken up where the outlook has become worse than the deadline allows.
                Step::Sleep(time) => match select(pin!(wake.notified()), clock.sleep(time)).await {
                    Either::Left(_) | Either::Right(_) => {}
                },
                Step::Queue => wake.notified().await,
            }
        }
    }

    /// A request got a response that is no refusal; `paid` names what a retry before it was paid from.
    pub(crate) fn accepted(&self, subject: &Subject, ticket: u64, paid: Option<Reason>, now: Instant) {
        let mut state = self.lock();
        if let Some(operation) = state.operations.get_mut(&subject.endpoint()) {
            operation.lane.accepted(ticket, now);
            operation.budget.earn(paid);
        }
        state.all.accepted(ticket, now);
        if let Some(lane) = subject.issue.as_ref().and_then(|issue| state.issues.get_mut(issue)) {
            lane.accepted(ticket, now);
        }
    }

    /// A request was refused by a limit. Says how long nothing is sent that counts towards it.
    ///
    /// `pause` makes the pause of the number of refusals in a row.
    pub(crate) fn refused(
        &self,
        subject: &Subject,
        ticket: u64,
        reason: Option<&str>,
        pause: impl FnOnce(u32) -> Duration,
        now: Instant,
    ) -> Duration {
        let learn = self.throttling != Throttling::Off;
        let mut state = self.lock();
        let (last, scope) = (state.tickets, subject.limited(reason));
        let lane = state.lane(self.throttling, subject, scope);
        let before = lane.wait(0, now);
        let pause = pause(lane.refusals(ticket));
        lane.refused(ticket, last, now + pause, now, learn);
        if lane.wait(0, now) > before + GROWN {
            state.wake_late(self.throttling, now);
        }
        pause
    }

    /// Whether a retry may be paid for.
    pub(crate) fn spend(&self, subject: &Subject, ticket: u64, reason: Reason) -> bool {
        let mut state = self.lock();
        let last = state.tickets;
        let operation = state.operations.get_mut(&subject.endpoint());
        operation.is_none_or(|operation| operation.budget.spend(reason, ticket, last))
    }

    /// Learns from any response whether the quota is near its end, which all operations share.
    pub(crate) fn learn(&self, headers: &HeaderMap, now: impl FnOnce() -> Instant) {
        let near = headers.get(NEAR_LIMIT).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"true"));
        if near {
            self.lock().all.pause(now() + NEAR_LIMIT_PAUSE);
        }
    }
}

impl State {
    fn lane(&mut self, throttling: Throttling, subject: &Subject, scope: Scope) -> &mut Lane {
        match (scope, &subject.issue) {
            (Scope::All, _) => &mut self.all,
            (Scope::Issue, Some(issue)) => self.issues.entry(Arc::clone(issue)).or_insert_with(|| {
                let known = throttling == Throttling::Documented;
                let limits = subject.info.filter(|_| known).map(|info| info.base.write_rate_limits);
                Lane::with_windows(limits.unwrap_or_default())
            }),
            _ => {
                let operation = self.operations.entry(subject.endpoint()).or_insert_with(|| Operation {
                    lane: Lane::with_rate(subject.info.and_then(|info| documented(throttling, info))),
                    budget: Budget::default(),
                });
                &mut operation.lane
            }
        }
    }

    /// The limits that a request counts towards.
    fn scopes(subject: &Subject) -> &'static [Scope] {
        if subject.issue.is_some() { &LANES } else { &LANES[1..] }
    }

    /// Sends at once, if no caller waits and no limit is reached.
    fn send_at_once(&mut self, throttling: Throttling, subject: &Subject, now: Instant) -> Option<u64> {
        if subject.issue.is_some() && self.issues.len() >= SWEEP.max(2 * self.swept) {
            self.issues.retain(|_, lane| !lane.is_idle(now));
            self.swept = self.issues.len();
        }
        for scope in Self::scopes(subject) {
            let lane = self.lane(throttling, subject, *scope);
            if lane.waiting() > 0 || !lane.wait(0, now).is_zero() {
                return None;
            }
        }
        Some(self.send(throttling, subject, now))
    }

    /// Takes a permit from each limit.
    fn send(&mut self, throttling: Throttling, subject: &Subject, now: Instant) -> u64 {
        for scope in Self::scopes(subject) {
            self.lane(throttling, subject, *scope).sent(now);
        }
        self.tickets += 1;
        self.tickets
    }

    fn enter(&mut self, subject: &Subject, deadline: Instant, wake: &Arc<Notify>) -> u64 {
        self.next_waiter += 1;
        let waiter = Waiter { subject: subject.clone(), deadline, wake: Arc::clone(wake), places: [None; 3] };
        self.waiting.insert(self.next_waiter, waiter);
        self.next_waiter
    }

    /// What a caller does next, and how long it is expected to wait.
    fn step(
        &mut self,
        throttling: Throttling,
        id: u64,
        has_slot: bool,
        now: Instant,
    ) -> Result<(Step, Duration), Late> {
        // It is there as long as the caller is.
        let Some(mut waiter) = self.waiting.remove(&id) else { return Err(Late::TimedOut) };
        let step = self.step_of(throttling, &mut waiter, has_slot, now);
        self.waiting.insert(id, waiter);
        step
    }

    fn step_of(
        &mut self,
        throttling: Throttling,
        waiter: &mut Waiter,
        has_slot: bool,
        now: Instant,
    ) -> Result<(Step, Duration), Late> {
        let expected = self.expected(throttling, waiter, now);
        if now >= waiter.deadline {
            return Err(Late::TimedOut);
        }
        if now + expected >= waiter.deadline {
            return Err(Late::Limited(expected));
        }
        for scope in Self::scopes(&waiter.subject) {
            let lane = self.lane(throttling, &waiter.subject, *scope);
            let place = *waiter.places[*scope as usize].get_or_insert_with(|| lane.join(&waiter.wake));
            if lane.position(place).is_some_and(|ahead| ahead > 0) {
                return Ok((Step::Queue, expected));
            }
            let wait = lane.wait(0, now);
            if !wait.is_zero() {
                // Those behind it in the other queues need not wait for this limit.
                self.leave(throttling, waiter, *scope as usize + 1);
                return Ok((Step::Sleep(wait), expected));
            }
        }
        if !has_slot {
            return Ok((Step::NeedsSlot, expected));
        }
        Ok((Step::Send(self.send(throttling, &waiter.subject, now)), expected))
    }

    /// How long a caller waits still, at the least.
    fn expected(&mut self, throttling: Throttling, waiter: &Waiter, now: Instant) -> Duration {
        let waits = Self::scopes(&waiter.subject).iter().map(|scope| {
            let lane = self.lane(throttling, &waiter.subject, *scope);
            let place = waiter.places[*scope as usize].and_then(|place| lane.position(place));
            let ahead = place.unwrap_or(lane.waiting());
            lane.least_wait(ahead, now)
        });
        waits.max().unwrap_or_default()
    }

    /// Gives back the places in the queues from a number on.
    fn leave(&mut self, throttling: Throttling, waiter: &mut Waiter, from: usize) {
        for scope in &LANES[from..] {
            if let Some(place) = waiter.places[*scope as usize].take() {
                self.lane(throttling, &waiter.subject, *scope).leave(place);
            }
        }
    }

    /// Wakes up those that can no longer be sent in time, so that they fail now.
    fn wake_late(&mut self, throttling: Throttling, now: Instant) {
        let waiting = std::mem::take(&mut self.waiting);
        for waiter in waiting.values() {
            if now + self.expected(throttling, waiter, now) >= waiter.deadline {
                waiter.wake.notify_one();
            }
        }
        self.waiting = waiting;
    }
}

/// The requests per second that an operation's server is documented to take.
fn documented(throttling: Throttling, info: &OperationInfo) -> Option<f64> {
    let general = || {
        let rates = info.base.rate_limits.iter();
        rates.filter(|(method, _)| *method == info.method).map(|(_, rate)| *rate).next()
    };
    let rate = match throttling {
        Throttling::Off => None,
        Throttling::Learned => info.rate_limit,
        Throttling::Documented => info.rate_limit.or_else(general),
    };
    rate.filter(|rate| *rate > 0).map(f64::from)
}

/// A caller among those that wait, until it is sent or goes away.
struct Turn<'a> {
    limits: &'a Limits,
    id: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.limits.lock();
        if let Some(mut waiter) = state.waiting.remove(&self.id) {
            state.leave(self.limits.throttling, &mut waiter, 0);
        }
    }
}
