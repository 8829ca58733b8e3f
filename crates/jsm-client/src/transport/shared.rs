//! The settings and the state that all requests of a client share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::{Clock, FOREVER};
use super::http::Http;
use super::language::Language;
use super::observer::UndecodedObserver;
use super::options::RequestOptions;
use super::rate_limit::Limits;
use super::retry::RetryPolicy;
use super::site::Site;
use crate::auth::credentials::Credentials;

/// The deadline of a call, where neither the call nor the client has one.
const CALL_DEADLINE: Duration = Duration::from_secs(300);

/// Sends requests.
pub(crate) struct Transport {
    pub(crate) http: Http,
    pub(crate) site: Site,
    pub(crate) credentials: Box<dyn Credentials>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) retry: RetryPolicy,
    /// The timeout of an attempt.
    pub(crate) timeout: Duration,
    /// The deadline of calls and workflows, where the program has set one.
    pub(crate) deadline: Option<Duration>,
    pub(crate) max_body: usize,
    pub(crate) experimental: bool,
    pub(crate) language: Option<Language>,
    /// Observes the responses that are not decoded.
    pub(crate) observer: Option<Arc<dyn UndecodedObserver>>,
}

impl Transport {
    /// The time that a call has in all. A time longer than a year is a year, so that it can be added to any moment.
    pub(crate) fn call_time(&self, options: &RequestOptions) -> Duration {
        options.deadline.or(self.deadline).unwrap_or(CALL_DEADLINE).min(FOREVER)
    }

    /// The time until a deadline.
    pub(crate) fn time_to(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.clock.now())
    }
}
