//! Tokens that renew themselves.
//!
//! Refresh tokens rotate: each is good for one renewal, which brings the next one. So one renewal runs at a time, as a
//! task of its own that all callers wait for and that goes on when they leave; and the program stores the new tokens
//! before they are used.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::endpoint::{Grant, Granted, Refused, ask};
use super::{App, Reload, Store, Tokens};
use crate::clock::Clock;
use crate::credentials::{Authorization, BoxError, Credentials, cleaned, sensitive};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::RetryPolicy;

/// How much earlier than at its end an access token is renewed.
const MARGIN: Duration = Duration::from_secs(60);

/// How long an access token lives where the token endpoint does not say, as Atlassian documents it.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// The longest pause that a renewal waits for. After a longer one, the calls fail with the time.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Credentials at work.
pub(super) struct Renewing(Arc<Inner>);

struct Inner {
    app: App,
    store: Store,
    reload: Option<Reload>,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    current: StdMutex<Option<Current>>,
    running: StdMutex<Option<Running>>,
    state: Mutex<State>,
}

/// What calls are made with.
struct Current {
    header: HeaderValue,
    renew_at: Option<Instant>,
    /// When it expires, by the clock that stops while the machine sleeps and by the one that does not.
    ends: Option<(Instant, Option<SystemTime>)>,
}

/// The renewal that callers wait for.
#[derive(Clone)]
struct Running {
    result: Shared<BoxFuture<'static, Result<(), Arc<Error>>>>,
    finished: Arc<AtomicBool>,
}

/// What only the renewal may touch.
struct State {
    refresh_token: SecretString,
    /// Tokens that came and were not stored yet, and when they came.
    unstored: Option<(Tokens, Instant, SystemTime)>,
    /// Why the refresh token is not valid any more.
    dead: Option<Error>,
    /// Until when the token endpoint asked not to be asked, and how it did.
    pause: Option<(Instant, Error)>,
}

impl Renewing {
    pub(super) fn new(
        (app, store, reload): (App, Store, Option<Reload>),
        refresh_token: SecretString,
        access: Option<(HeaderValue, Option<Duration>)>,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let current = access.map(|(header, expires_in)| {
            let (now, date) = (clock.now(), clock.date());
            Current::new(header, now, date, expires_in, expires_in)
        });
        Self(Arc::new(Inner {
            app,
            store,
            reload,
            http,
            clock,
            current: StdMutex::new(current),
            running: StdMutex::default(),
            state: Mutex::new(State { refresh_token, unstored: None, dead: None, pause: None }),
        }))
    }
}

impl Current {
    /// A token that came at this moment. One that lives little longer than the margin is used for most of its life.
    fn new(
        header: HeaderValue,
        came: Instant,
        date: SystemTime,
        expires_in: Option<Duration>,
        life: Option<Duration>,
    ) -> Self {
        Self {
            header,
            renew_at: expires_in.and_then(|time| came.checked_add(time - MARGIN.min(time / 10))),
            ends: life.and_then(|life| Some((came.checked_add(life)?, date.checked_add(life)))),
        }
    }

    /// Whether it may have expired; none where its age is unknown.
    fn has_ended(&self, clock: &dyn Clock) -> Option<bool> {
        let (at, date) = self.ends?;
        Some(clock.now() >= at || date.is_some_and(|date| clock.date() >= date))
    }
}

impl Credentials for Renewing {
    fn authorization(&self, refused: Option<&HeaderValue>) -> Authorization<'_> {
        if let Some(header) = self.0.fresh(refused) {
            return Box::pin(std::future::ready(Ok(header)));
        }
        let (inner, refused) = (Arc::clone(&self.0), refused.cloned());
        Box::pin(async move {
            loop {
                let (running, is_own) = inner.renewal(refused.as_ref());
                let renewed = running.result.await;
                let current = inner.current.lock().unwrap_or_else(PoisonError::into_inner);
                let other = current.as_ref().filter(|current| Some(&current.header) != refused.as_ref());
                match (renewed, other) {
                    (Ok(()), Some(other)) => return Ok(other.header.clone()),
                    // The renewal that was joined knew nothing of the refusal.
                    (Ok(()), None) if !is_own => {}
                    (Ok(()), None) => {
                        let current = current.as_ref().map(|current| current.header.clone());
                        return current.ok_or_else(|| "the renewal brought no token".into());
                    }
                    // It was to be renewed ahead of its end, which is not there yet.
                    (Err(_), Some(other)) if other.has_ended(&*inner.clock) == Some(false) => {
                        return Ok(other.header.clone());
                    }
                    (Err(error), _) => return Err(BoxError::from(error.duplicate())),
                }
            }
        })
    }

    fn may_be_expired(&self, refused: &HeaderValue) -> bool {
        let current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref().filter(|current| current.header == *refused) {
            Some(current) => current.has_ended(&*self.0.clock).unwrap_or(true),
            // Another call has renewed it meanwhile.
            None => true,
        }
    }

    fn needs_gateway(&self) -> bool {
        true
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("app", &self.0.app).finish_non_exhaustive()
    }
}

/// Marks a renewal as finished when it ends, however it ends.
struct Finish(Arc<AtomicBool>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Inner {
    /// The access token, unless it was refused or is about to expire.
    fn fresh(&self, refused: Option<&HeaderValue>) -> Option<HeaderValue> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let current = current.as_ref()?;
        let ends = current.renew_at.is_some_and(|at| self.clock.now() >= at);
        (!ends && refused != Some(&current.header)).then(|| current.header.clone())
    }

    /// The renewal that is running, or a new one, and whether it is new. A caller that leaves leaves nothing behind.
    fn renewal(self: &Arc<Self>, refused: Option<&HeaderValue>) -> (Running, bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref().filter(|running| !running.finished.load(Ordering::Acquire)) {
            return (running.clone(), false);
        }
        let finished = Arc::<AtomicBool>::default();
        let (inner, refused, finish) = (Arc::clone(self), refused.cloned(), Finish(Arc::clone(&finished)));
        // As a task of its own, because the refresh token is lost if nobody waits for the one that follows it.
        let task = tokio::spawn(async move {
            let _finish = finish;
            inner.renew(refused.as_ref()).await.map_err(Arc::new)
        });
        let result = async move {
            task.await.unwrap_or_else(|stopped| {
                let note = match stopped.is_panic() {
                    true => "the program's store of tokens panicked",
                    false => "the renewal of the tokens was stopped with its runtime",
                };
                Err(Arc::new(Error::new(ErrorKind::TokenStore, note).with_source(stopped)))
            })
        };
        let new = Running { result: result.boxed().shared(), finished };
        *running = Some(new.clone());
        (new, true)
    }

    async fn renew(&self, refused: Option<&HeaderValue>) -> Result<()> {
        let mut state = self.state.lock().await;
        if self.fresh(refused).is_some() {
            return Ok(());
        }
        if state.unstored.is_none() {
            let granted = self.ask(&mut state).await?;
            if let Some(next) = granted.refresh_token {
                state.refresh_token = next;
            }
            let tokens = Tokens {
                access_token: granted.access_token.unwrap_or_default(),
                // Where none came, the one before stays valid.
                refresh_token: Some(state.refresh_token.clone()),
                expires_in: granted.expires_in,
                scopes: granted.scopes,
            };
            state.unstored = Some((tokens, self.clock.now(), self.clock.date()));
        }
        let Some((tokens, came, date)) = state.unstored.clone() else { return Ok(()) };
        (self.store)(tokens.clone()).await.map_err(|source| {
            let note = "the renewed tokens could not be stored; they are kept, and the next call stores them";
            Error::new(ErrorKind::TokenStore, note).with_source(source)
        })?;
        state.unstored = None;
        if tokens.access_token.expose_secret().is_empty() {
            let note = "the token endpoint's response has no access token; the next call asks with the refresh \
                        token that came";
            return Err(Error::new(ErrorKind::Decode, note));
        }
        let header = bearer(&tokens.access_token).map_err(|source| {
            Error::new(ErrorKind::Decode, "the token endpoint's access token is not a valid token")
                .with_source(source)
        })?;
        let life = Some(tokens.expires_in.unwrap_or(LIFE));
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Current::new(header, came, date, tokens.expires_in, life));
        Ok(())
    }

    /// Asks for tokens, and before giving up the refresh token, asks the program for a newer one.
    async fn ask(&self, state: &mut State) -> Result<Granted> {
        if let Some((until, error)) = &state.pause {
            let left = until.saturating_duration_since(self.clock.now());
            if !left.is_zero() {
                return Err(error.duplicate().with_retry_after(Some(left)));
            }
            state.pause = None;
        }
        let mut reloaded = false;
        if let Some(dead) = &state.dead {
            let dead = dead.duplicate();
            reloaded = true;
            if !self.reload(state).await? {
                return Err(dead);
            }
            state.dead = None;
        }
        loop {
            match self.ask_with_retries(&state.refresh_token).await {
                Ok(granted) => return Ok(granted),
                Err(Refused { error, is_dead: true, .. }) => {
                    if !reloaded && self.reload(state).await? {
                        reloaded = true;
                        continue;
                    }
                    state.dead = Some(error.duplicate());
                    return Err(error);
                }
                Err(Refused { error, .. }) => {
                    let until = error.retry_after().and_then(|wait| self.clock.now().checked_add(wait));
                    state.pause = until.map(|until| (until, error.duplicate()));
                    return Err(error);
                }
            }
        }
    }

    /// Asks, and asks again after failures that pass soon.
    async fn ask_with_retries(&self, refresh_token: &SecretString) -> Result<Granted, Refused> {
        let policy = RetryPolicy::default().max_retries(2);
        let mut retries = 0;
        loop {
            // A token that may have been used up by a lost response is all there is to ask with.
            let asked = ask(&self.app, &self.http, &Grant::Refresh(refresh_token), self.clock.date()).await;
            let error = match asked {
                Err(refused) if passes_soon(&refused) && retries < policy.max_retries => refused.error,
                other => return other,
            };
            retries += 1;
            self.clock.sleep(policy.wait(retries, error.retry_after(), self.clock.random())).await;
        }
    }

    /// Whether the program has another refresh token than the one that was refused, which is then taken.
    async fn reload(&self, state: &mut State) -> Result<bool> {
        let Some(reload) = &self.reload else { return Ok(false) };
        let stored = reload().await.map_err(|source| {
            let note = "the refresh token was refused, and the stored one could not be read";
            Error::new(ErrorKind::TokenStore, note).with_source(source)
        })?;
        let stored = stored.and_then(|stored| cleaned("the refresh token", &stored).ok());
        match stored.filter(|stored| stored.expose_secret() != state.refresh_token.expose_secret()) {
            Some(stored) => {
                state.refresh_token = stored;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

fn passes_soon(refused: &Refused) -> bool {
    refused.passes && refused.error.retry_after().is_none_or(|wait| wait <= LONGEST_WAIT)
}

/// The `Authorization` header of an access token.
pub(super) fn bearer(token: &SecretString) -> Result<HeaderValue, BoxError> {
    sensitive(&SecretString::from(format!("Bearer {}", token.expose_secret())))
}
