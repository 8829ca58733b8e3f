//! What holds for all attempts of one call.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use jsm_raw::{OperationInfo, RequestError};
use reqwest::Request;

use super::classify::{self, Check, Failure};
use super::options::RequestOptions;
use super::shared::Transport;
use super::site::BasePaths;
use crate::auth::credentials::BoxError;
use crate::error::{Error, ErrorKind};

/// The header that opts in to experimental operations.
pub(super) const EXPERIMENTAL: HeaderName = HeaderName::from_static("x-experimentalapi");

/// Builds the request for the API at a base.
pub(crate) type Build<'a> =
    &'a (dyn Fn(&reqwest::Client, &str) -> Result<Request, RequestError> + Send + Sync);

/// The time after which a server accepts a request that it has refused with this error for being busy.
pub(crate) type Busy<'a> = &'a (dyn Fn(&Error) -> Option<Duration> + Send + Sync);

/// A request, as the operation and the caller specify it.
#[derive(Clone, Copy)]
pub(crate) struct RequestSpec<'a> {
    pub(crate) info: &'static OperationInfo,
    /// The path with its placeholders, for traces and rate limits; empty where it is not known.
    pub(crate) template: &'static str,
    /// The path below the gateway that is in place of the API's base.
    pub(crate) gateway_path: Option<&'a str>,
    pub(crate) options: &'a RequestOptions,
    pub(crate) build: Build<'a>,
    /// Whether the request can be built once only, because it carries what is read while it is sent.
    pub(crate) single_use: bool,
    /// The object whose requests the server counts one by one.
    pub(crate) rate_limit_key: Option<&'a str>,
    /// Whether an error means that the server is busy.
    pub(crate) busy: Option<Busy<'a>>,
}

impl RequestSpec<'_> {
    /// What precedes the request's path.
    pub(super) fn base_paths(&self) -> BasePaths<'_> {
        match self.gateway_path {
            Some(path) => BasePaths { api: self.info.api, site: None, gateway: Some(path) },
            None => BasePaths::of(self.info),
        }
    }

    /// An error of this request.
    pub(super) fn name(&self, error: Error) -> Error {
        error.with_operation(self.info).with_template(self.template)
    }
}

/// How the body of a response is read.
#[derive(Clone, Copy)]
pub(super) enum Reading<'a> {
    /// Whole, within the attempt, and checked.
    Whole(Check<'a>),
    /// Not at all: the attempt ends with the head of the file, after redirects, and the caller reads the body.
    File,
}

/// A request, with the client that sends it and the deadline.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) transport: &'a Transport,
    pub(super) spec: &'a RequestSpec<'a>,
    pub(super) reading: Reading<'a>,
    /// The time from the start to the deadline.
    pub(super) time: Duration,
    pub(super) deadline: Instant,
}

impl Plan<'_> {
    /// Whether sending the request twice has the effect of sending it once.
    pub(super) fn is_idempotent(&self) -> bool {
        self.spec.options.idempotent.unwrap_or(self.spec.info.idempotent)
    }

    /// Whether the program opted in to experimental operations, for this request or for the client.
    pub(super) fn opted_in(&self) -> bool {
        self.spec.options.experimental.unwrap_or(self.transport.experimental)
    }

    /// How long an attempt may take.
    pub(super) fn time_left(&self) -> Duration {
        let timeout = self.spec.options.timeout.unwrap_or(self.transport.timeout);
        timeout.min(self.transport.time_to(self.deadline))
    }

    /// The credentials, in the time that an attempt may take.
    pub(super) async fn authorization(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, BoxError> {
        let mut value = self.transport.credentials.authorization(refused);
        // Mostly they are at hand, and a timer would cost more than they do.
        let value = match (&mut value).now_or_never() {
            Some(value) => value,
            None => tokio::time::timeout(self.time_left(), value).await.unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Timeout, "the credentials did not come in time").into())
            }),
        };
        // An implementation of the program's may not mark it.
        value.map(|mut value| {
            value.set_sensitive(true);
            value
        })
    }

    /// What an error response means to a request that had these credentials.
    pub(super) fn classify(&self, error: Error, authorization: Option<HeaderValue>) -> Failure {
        let Self { transport, spec, .. } = self;
        let Some(status) = error.status() else { return Failure::Permanent(error) };
        match (status, authorization) {
            // A token that lacks a scope still lacks it when it is renewed.
            (StatusCode::UNAUTHORIZED, Some(value)) if !error.names_scope() => {
                Failure::Unauthorized(error, value)
            }
            // The gateway refuses expired tokens with these statuses too.
            (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, Some(value))
                if transport.site.uses_gateway(spec.base_paths())
                    && matches!(error.kind(), ErrorKind::Permission | ErrorKind::NotFound)
                    && !error.names_scope()
                    && transport.credentials.may_be_expired(&value) =>
            {
                Failure::Unauthorized(error, value)
            }
            _ => match spec.busy.and_then(|busy| busy(&error)) {
                Some(wait) => Failure::NotReady(error, wait),
                None => classify::of_status(status, error, self.is_idempotent()),
            },
        }
    }
}

/// Adds the opt-in header. Servers ignore it on operations that are not experimental.
pub(super) fn opt_in(headers: &mut HeaderMap) {
    headers.insert(EXPERIMENTAL, HeaderValue::from_static("opt-in"));
}

/// The error for credentials that could not be had. An error of this crate is returned as it is.
pub(super) fn no_credentials(source: BoxError) -> Error {
    own_error(source, |source| {
        Error::new(ErrorKind::Authentication, "there are no credentials").with_source(source)
    })
}

/// The error itself if it is one of this crate, else one made from it.
pub(super) fn own_error(source: BoxError, other: impl FnOnce(BoxError) -> Error) -> Error {
    source.downcast().map(|own| *own).unwrap_or_else(other)
}
