//! Tokens that renew themselves.
//!
//! Refresh tokens rotate: each renewal brings the next one, and the used one soon ends. So one renewal runs at a time, as a
//! task of its own that all callers wait for and that goes on when they leave; and the new tokens are stored before they
//! are used. Processes that share a store take turns by its lock, and use what another one has renewed. `transport` sends
//! the grants, through [`TokenEndpoint`].

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use http::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use super::credentials::{OAuth, Reload, Source, not_a_token};
use super::grant::{Cause, Grant, Granted, Refused};
use super::store::TokenStore;
use super::tokens::{Tokens, expires_at};
use crate::auth::credentials::{Authorization, BoxError, Credentials, cleaned, sensitive};
use crate::error::{Error, ErrorKind, Result};

/// How much earlier than at its end an access token is renewed.
const MARGIN: Duration = Duration::from_secs(60);

/// How long calls wait for a renewal while their token is still valid.
const WAIT_AHEAD: Duration = Duration::from_secs(5);

/// How long an access token is valid if the token endpoint does not report it, as Atlassian documents it.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// Exchanges grants for tokens, with retries, and knows the time. The layer that sends requests implements it.
pub(crate) trait TokenEndpoint: Send + Sync {
    /// Exchanges a grant.
    fn exchange<'a>(&'a self, grant: Grant<'a>) -> BoxFuture<'a, Result<Granted, Refused>>;

    /// The time passed since some fixed moment.
    fn now(&self) -> Instant;

    /// The date and time.
    fn date(&self) -> SystemTime;
}

/// Credentials that renew themselves.
pub(crate) struct Renewing(Arc<Inner>);

struct Inner {
    client_id: String,
    source: Source,
    reload: Option<Reload>,
    endpoint: Box<dyn TokenEndpoint>,
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
    /// When it began. A token endpoint that does not respond takes real time, so it is tokio's clock that counts.
    since: tokio::time::Instant,
}

/// What only the renewal may touch.
#[derive(Default)]
struct State {
    /// The token of the next renewal.
    refresh_token: Option<SecretString>,
    /// The refresh token that the store had when this process last loaded or saved.
    stored: Option<SecretString>,
    /// Tokens that came and were not stored yet.
    unstored: Option<Received>,
    /// Why the refresh token is not valid any more.
    dead: Option<Error>,
    /// Until when the token endpoint wants no requests, and the error that it responded with.
    pause: Option<(Instant, Error)>,
}

/// Tokens of a response, and when it came.
#[derive(Clone)]
struct Received {
    tokens: Tokens,
    expires_in: Option<Duration>,
    came: Instant,
    date: SystemTime,
}

impl Renewing {
    pub(crate) fn new(oauth: OAuth, endpoint: Box<dyn TokenEndpoint>) -> Result<Self> {
        let OAuth { app, source, access, reload } = oauth;
        let mut state = State::default();
        match &source {
            Source::Functions { refresh_token, .. } => {
                state.refresh_token = Some(cleaned("the refresh token", refresh_token)?);
            }
            Source::Store(_) | Source::ClientCredentials if reload.is_some() => {
                let note = "reload(..) belongs to OAuth::new(..): a token store loads by itself, and a service \
                            account has nothing to load";
                return Err(Error::configuration(note));
            }
            Source::Store(_) | Source::ClientCredentials => {}
        }
        let current = access.map(|(token, expires_in)| -> Result<Current> {
            let token = cleaned("the access token", &token)?;
            let header = bearer(&token).map_err(not_a_token)?;
            Ok(Current::new(header, endpoint.now(), endpoint.date(), expires_in, expires_in))
        });
        Ok(Self(Arc::new(Inner {
            client_id: app.client_id,
            source,
            reload,
            current: StdMutex::new(current.transpose()?),
            endpoint,
            running: StdMutex::default(),
            state: Mutex::new(state),
        })))
    }
}

impl Current {
    /// A token that was received at this moment. A token of a short life is used for most of it.
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

    /// Whether it is known that it has not expired.
    fn is_valid(&self, endpoint: &dyn TokenEndpoint) -> bool {
        self.has_ended(endpoint) == Some(false)
    }

    /// Whether it may have expired; none where its age is unknown.
    fn has_ended(&self, endpoint: &dyn TokenEndpoint) -> Option<bool> {
        let (at, date) = self.ends?;
        Some(endpoint.now() >= at || date.is_some_and(|date| endpoint.date() >= date))
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
                let renewed = match inner.is_valid(refused.as_ref()) {
                    // It is renewed ahead of its end.
                    true => timeout_at(running.since + WAIT_AHEAD, running.result).await.ok(),
                    false => Some(running.result.await),
                };
                let current = inner.current.lock().unwrap_or_else(PoisonError::into_inner);
                let other = current.as_ref().filter(|current| Some(&current.header) != refused.as_ref());
                match (renewed, other) {
                    (Some(Ok(())), Some(other)) => return Ok(other.header.clone()),
                    // The renewal that was joined knew nothing of the refusal.
                    (Some(Ok(())), None) if !is_own => {}
                    (Some(Ok(())), None) => {
                        let current = current.as_ref().map(|current| current.header.clone());
                        return current.ok_or_else(|| "the renewal brought no token".into());
                    }
                    (Some(Err(_)) | None, Some(other)) if other.is_valid(&*inner.endpoint) => {
                        return Ok(other.header.clone());
                    }
                    (Some(Err(error)), _) => return Err(BoxError::from(error.duplicate())),
                    // It has ended while this call waited.
                    (None, _) => {}
                }
            }
        })
    }

    fn may_be_expired(&self, refused: &HeaderValue) -> bool {
        let current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref().filter(|current| current.header == *refused) {
            Some(current) => current.has_ended(&*self.0.endpoint).unwrap_or(true),
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
        f.debug_struct("OAuth").field("client_id", &self.0.client_id).finish_non_exhaustive()
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
        let ends = current.renew_at.is_some_and(|at| self.endpoint.now() >= at);
        (!ends && refused != Some(&current.header)).then(|| current.header.clone())
    }

    /// Whether there is an access token that was not refused and has not ended.
    fn is_valid(&self, refused: Option<&HeaderValue>) -> bool {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let current = current.as_ref().filter(|current| Some(&current.header) != refused);
        current.is_some_and(|current| current.is_valid(&*self.endpoint))
    }

    /// The renewal that is running, or a new one, and whether it is new. A caller that leaves leaves nothing behind.
    fn renewal(self: &Arc<Self>, refused: Option<&HeaderValue>) -> (Running, bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref().filter(|running| !running.finished.load(Ordering::Acquire)) {
            return (running.clone(), false);
        }
        let finished = Arc::<AtomicBool>::default();
        let (inner, refused, finish) = (Arc::clone(self), refused.cloned(), Finish(Arc::clone(&finished)));
        // As a task of its own: if all callers leave, the next refresh token must not be lost.
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
        let since = tokio::time::Instant::now();
        let new = Running { result: result.boxed().shared(), finished, since };
        *running = Some(new.clone());
        (new, true)
    }

    async fn renew(&self, refused: Option<&HeaderValue>) -> Result<()> {
        let mut state = self.state.lock().await;
        if self.fresh(refused).is_some() {
            return Ok(());
        }
        // Held to the end, so that the next process loads what this one has saved.
        let mut _lock = None;
        if let Source::Store(store) = &self.source {
            let lock = store.lock().await;
            _lock = Some(lock.map_err(|source| of_store("the token store could not be locked", source))?);
            if self.load(&mut state, &**store, refused).await? {
                return Ok(());
            }
        }
        let received = match state.unstored.clone() {
            Some(received) => received,
            None => self.receive(&mut state).await?,
        };
        let Received { tokens, expires_in, came, date } = received;
        self.save(&tokens).await.map_err(|source| {
            let note = "the renewed tokens could not be stored; they are kept, and the next call stores them";
            of_store(note, source)
        })?;
        state.unstored = None;
        state.stored = tokens.refresh_token;
        if tokens.access_token.expose_secret().is_empty() {
            let note = "the token endpoint's response has no access token; the next call asks with the refresh \
                        token that came";
            return Err(Error::new(ErrorKind::Decode, note));
        }
        let header = bearer(&tokens.access_token).map_err(|source| {
            Error::new(ErrorKind::Decode, "the token endpoint's access token is not a valid token")
                .with_source(source)
        })?;
        let life = Some(expires_in.unwrap_or(LIFE));
        self.use_from_now_on(Current::new(header, came, date, expires_in, life));
        Ok(())
    }

    fn use_from_now_on(&self, current: Current) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }

    /// Requests new tokens, and keeps them until they are stored.
    async fn receive(&self, state: &mut State) -> Result<Received> {
        let granted = self.exchange(state).await?;
        if let Some(next) =
            granted.refresh_token.filter(|_| !matches!(self.source, Source::ClientCredentials))
        {
            state.refresh_token = Some(next);
        }
        let (came, date) = (self.endpoint.now(), self.endpoint.date());
        let tokens = Tokens {
            access_token: granted.access_token.unwrap_or_default(),
            // Where none came, the one before stays valid.
            refresh_token: state.refresh_token.clone(),
            expires_at: expires_at(date, granted.expires_in),
            scopes: granted.scopes,
        };
        let received = Received { tokens, expires_in: granted.expires_in, came, date };
        state.unstored = Some(received.clone());
        Ok(received)
    }

    async fn save(&self, tokens: &Tokens) -> Result<(), BoxError> {
        match &self.source {
            Source::Functions { save, .. } => save(tokens.clone()).await,
            Source::Store(store) => store.save(tokens).await,
            Source::ClientCredentials => Ok(()),
        }
    }

    /// Loads the tokens of the store, and returns whether its access token serves this renewal.
    async fn load(
        &self,
        state: &mut State,
        store: &dyn TokenStore,
        refused: Option<&HeaderValue>,
    ) -> Result<bool> {
        let loaded = store.load().await.map_err(|source| of_store(UNREADABLE, source))?;
        let refresh_token = loaded
            .as_ref()
            .and_then(|loaded| cleaned("the refresh token", loaded.refresh_token.as_ref()?).ok());
        // A store that has lost its tokens has none that are newer than those that wait to be stored.
        let is_lost = refresh_token.is_none() && state.unstored.is_some();
        if !is_lost && !is_same(refresh_token.as_ref(), state.stored.as_ref()) {
            // Another process has renewed the tokens, or an account has authorised the app again: those are newer.
            (state.refresh_token, state.stored) = (refresh_token.clone(), refresh_token);
            (state.unstored, state.dead) = (None, None);
        }
        if state.unstored.is_some() {
            return Ok(false);
        }
        let Some(loaded) = loaded else {
            let note = "the token store has no tokens; let an account authorise the app, and save its tokens";
            return Err(Error::new(ErrorKind::Authentication, note));
        };
        let token = cleaned("the access token", &loaded.access_token).ok();
        let Some(header) = token.and_then(|token| bearer(&token).ok()) else { return Ok(false) };
        let (now, date) = (self.endpoint.now(), self.endpoint.date());
        let left =
            loaded.expires_at.map(|end| SystemTime::from(end).duration_since(date).unwrap_or_default());
        if Some(&header) == refused || left.is_some_and(|left| left.is_zero()) {
            return Ok(false);
        }
        // Close to its end it is renewed at once, and is valid where that fails.
        self.use_from_now_on(Current::new(header, now, date, left, left));
        Ok(left.is_none_or(|left| left > MARGIN))
    }

    /// Exchanges the grant for tokens. If a refresh token is not valid, the stored one is used if it is newer.
    async fn exchange(&self, state: &mut State) -> Result<Granted> {
        if let Some((until, error)) = &state.pause {
            let left = until.saturating_duration_since(self.endpoint.now());
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
            let grant = match (&self.source, &state.refresh_token) {
                (Source::ClientCredentials, _) => Grant::ClientCredentials,
                (_, Some(refresh_token)) => Grant::Refresh(refresh_token),
                (_, None) => {
                    let note = "the access token has expired, and there is no refresh token; let the account \
                                authorise the app again, with the scope offline_access";
                    return Err(Error::new(ErrorKind::Authentication, note));
                }
            };
            match self.endpoint.exchange(grant).await {
                Ok(granted) => return Ok(granted),
                Err(Refused { error, cause: Cause::Grant }) => {
                    if !reloaded && self.reload(state).await? {
                        reloaded = true;
                        continue;
                    }
                    state.dead = Some(error.duplicate());
                    return Err(error);
                }
                Err(Refused { error, .. }) => {
                    let until = error.retry_after().and_then(|wait| self.endpoint.now().checked_add(wait));
                    state.pause = until.map(|until| (until, error.duplicate()));
                    return Err(error);
                }
            }
        }
    }

    /// Whether the program has another refresh token than the one that was refused, which is then taken.
    async fn reload(&self, state: &mut State) -> Result<bool> {
        let loaded = match (&self.source, &self.reload) {
            (Source::Functions { .. }, Some(reload)) => reload().await,
            // A store without a lock may have a newer one than before the request.
            (Source::Store(store), _) => {
                store.load().await.map(|loaded| loaded.and_then(|loaded| loaded.refresh_token))
            }
            _ => return Ok(false),
        };
        let loaded = loaded.map_err(|source| of_store(UNREADABLE, source))?;
        let loaded = loaded.and_then(|loaded| cleaned("the refresh token", &loaded).ok());
        if loaded.is_none() || is_same(loaded.as_ref(), state.refresh_token.as_ref()) {
            return Ok(false);
        }
        (state.refresh_token, state.stored) = (loaded.clone(), loaded);
        Ok(true)
    }
}

const UNREADABLE: &str = "the stored tokens could not be read";

fn of_store(note: &str, source: BoxError) -> Error {
    Error::new(ErrorKind::TokenStore, note).with_source(source)
}

fn is_same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    one.map(|secret| secret.expose_secret()) == other.map(|secret| secret.expose_secret())
}

/// The `Authorization` header of an access token.
pub(crate) fn bearer(token: &SecretString) -> Result<HeaderValue, BoxError> {
    sensitive(&SecretString::from(format!("Bearer {}", token.expose_secret())))
}
