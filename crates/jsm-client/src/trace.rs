//! What is told while calls are made: a span for each call, within it one for each attempt by the names of
//! OpenTelemetry, and events for answers, failures and waits. No secrets, no bodies, no ids of objects.
//!
//! Without the feature `tracing` nothing of this is left.

#[cfg(feature = "tracing")]
mod told {
    use std::time::Duration;

    use jsm_raw::OperationInfo;
    use reqwest::header::HeaderMap;
    use reqwest::{Request, StatusCode};
    use tracing::field::Empty;
    use tracing::level_filters::LevelFilter;
    use tracing::{Instrument, debug, debug_span, info, warn};

    use crate::error::{Error, printable, request_id};
    use crate::response::Repair;

    pub(crate) use tracing::Span;

    /// What filters know this library by, whatever its modules are called.
    const TARGET: &str = "jsm_client";

    /// The span of a call, with all its attempts and waits.
    pub(crate) fn call(info: &OperationInfo) -> Span {
        debug_span!(target: TARGET, "call", operation = info.name, api = info.api)
    }

    /// The span of one request. Its URL is not told, since it holds ids; the template of its path is.
    pub(crate) fn attempt(info: &OperationInfo, number: u32, request: &Request) -> Span {
        let url = request.url();
        debug_span!(
            target: TARGET,
            "attempt",
            otel.kind = "client",
            otel.name = display(format_args!("{} {}", info.method, info.path)),
            http.request.method = info.method,
            http.request.resend_count = number.saturating_sub(1),
            url.template = info.path,
            server.address = url.host_str().unwrap_or_default(),
            server.port = url.port_or_known_default(),
            http.response.status_code = Empty,
            error.type = Empty,
            request_id = Empty,
        )
    }

    /// What is done within a span.
    pub(crate) fn within<T>(span: Span, future: impl Future<Output = T>) -> impl Future<Output = T> {
        future.instrument(span)
    }

    /// What runs elsewhere belongs to what is going on here.
    pub(crate) fn here<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
        future.in_current_span()
    }

    /// Within an attempt: its answer.
    pub(crate) fn answered(info: &OperationInfo, status: StatusCode, headers: &HeaderMap) {
        // Where nobody listens, as mostly, not even the span is asked for.
        if LevelFilter::current() < LevelFilter::DEBUG {
            return;
        }
        let (status, span) = (status.as_u16(), Span::current());
        let request_id = request_id(headers).map(printable::line);
        let request_id = request_id.as_deref();
        if !span.is_disabled() {
            span.record("http.response.status_code", status).record("request_id", request_id);
        }
        debug!(
            target: TARGET,
            operation = info.name,
            http.response.status_code = status,
            request_id,
            "answered"
        );
    }

    /// Within an attempt: it came to nothing.
    pub(crate) fn failed(info: &OperationInfo, error: &Error) {
        match error.status() {
            // OpenTelemetry wants the status here, where there is one.
            Some(status) => Span::current().record("error.type", status.as_str()),
            None => Span::current().record("error.type", tracing::field::debug(error.kind())),
        };
        debug!(target: TARGET, operation = info.name, kind = ?error.kind(), "failed");
    }

    /// Within an attempt: the response was repaired. Paths and JSON types are reported, values never.
    pub(crate) fn repaired(info: &OperationInfo, repairs: &[Repair]) {
        /// How many of them one event lists.
        const LISTED: usize = 20;
        let listed: Vec<String> = repairs.iter().take(LISTED).map(ToString::to_string).collect();
        warn!(
            target: TARGET,
            operation = info.name,
            repairs = repairs.len(),
            listed = listed.join("; "),
            "repaired"
        );
    }

    /// Within a call: it waits before it goes on.
    pub(crate) fn waits(info: &OperationInfo, wait: Duration, why: &str) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        info!(target: TARGET, operation = info.name, wait_ms, why, "waits");
    }
}

#[cfg(not(feature = "tracing"))]
mod told {
    use std::time::Duration;

    use jsm_raw::OperationInfo;
    use reqwest::header::HeaderMap;
    use reqwest::{Request, StatusCode};

    use crate::error::Error;
    use crate::response::Repair;

    pub(crate) struct Span;

    pub(crate) fn call(_: &OperationInfo) -> Span {
        Span
    }

    pub(crate) fn attempt(_: &OperationInfo, _: u32, _: &Request) -> Span {
        Span
    }

    pub(crate) fn within<T>(_: Span, future: impl Future<Output = T>) -> impl Future<Output = T> {
        future
    }

    pub(crate) fn here<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
        future
    }

    pub(crate) fn answered(_: &OperationInfo, _: StatusCode, _: &HeaderMap) {}
    pub(crate) fn failed(_: &OperationInfo, _: &Error) {}
    pub(crate) fn repaired(_: &OperationInfo, _: &[Repair]) {}
    pub(crate) fn waits(_: &OperationInfo, _: Duration, _: &str) {}
}

pub(crate) use told::{answered, attempt, call, failed, here, repaired, waits, within};
