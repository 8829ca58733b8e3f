//! Spans and events: a span for each call, within it one for each attempt with the names of OpenTelemetry, and events
//! for responses, failures, repairs and waits. They hold no secrets, no bodies and no ids of objects.
//!
//! Without the feature `tracing`, these functions do nothing.

#[cfg(feature = "tracing")]
mod enabled {
    use std::fmt::Display;
    use std::time::Duration;

    use http::StatusCode;
    use http::header::HeaderMap;
    use jsm_raw::OperationInfo;
    use reqwest::Request;
    use tracing::field::Empty;
    use tracing::level_filters::LevelFilter;
    use tracing::{Instrument, debug, debug_span, info, warn};

    use crate::error::{Error, printable, request_id};

    pub(crate) use tracing::Span;

    /// The target by which filters select this library.
    const TARGET: &str = "jsm_client";

    /// The span of a call, with all its attempts and waits.
    pub(crate) fn call(info: &OperationInfo) -> Span {
        debug_span!(target: TARGET, "call", operation = info.name, api = info.api)
    }

    /// The span of one request. It has the template of the path and not the URL, which holds ids.
    ///
    /// The template is empty for a request of the program's own whose path is not known as a template.
    pub(crate) fn attempt(
        info: &OperationInfo,
        template: &'static str,
        number: u32,
        request: &Request,
    ) -> Span {
        let url = request.url();
        let space = if template.is_empty() { "" } else { " " };
        debug_span!(
            target: TARGET,
            "attempt",
            otel.kind = "client",
            otel.name = display(format_args!("{}{space}{template}", info.method)),
            http.request.method = info.method,
            http.request.resend_count = number.saturating_sub(1),
            url.template = Some(template).filter(|template| !template.is_empty()),
            server.address = url.host_str().unwrap_or_default(),
            server.port = url.port_or_known_default(),
            http.response.status_code = Empty,
            error.type = Empty,
            request_id = Empty,
        )
    }

    /// Runs a future within a span.
    pub(crate) fn within<T>(span: Span, future: impl Future<Output = T>) -> impl Future<Output = T> {
        future.instrument(span)
    }

    /// Lets a future that runs as a task of its own belong to the current span.
    pub(crate) fn in_current_span<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
        future.in_current_span()
    }

    /// Within an attempt: its response.
    pub(crate) fn response(info: &OperationInfo, status: StatusCode, headers: &HeaderMap) {
        // Mostly there is no subscriber of this level, and then not even the span is looked up.
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
            "response"
        );
    }

    /// Within an attempt: it failed.
    pub(crate) fn failed(info: &OperationInfo, error: &Error) {
        match error.status() {
            // OpenTelemetry wants the status here, where there is one.
            Some(status) => Span::current().record("error.type", status.as_str()),
            None => Span::current().record("error.type", tracing::field::debug(error.kind())),
        };
        debug!(target: TARGET, operation = info.name, kind = ?error.kind(), "failed");
    }

    /// Within an attempt: the response was repaired. Paths and JSON types are reported, values never.
    pub(crate) fn repaired(info: &OperationInfo, repairs: &[impl Display]) {
        /// How many repairs one event lists.
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

    /// Within a call: it waits, and why.
    pub(crate) fn waiting(operation: &str, wait: Duration, why: &str) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        info!(target: TARGET, operation, wait_ms, why, "waiting");
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use std::fmt::Display;
    use std::time::Duration;

    use http::StatusCode;
    use http::header::HeaderMap;
    use jsm_raw::OperationInfo;
    use reqwest::Request;

    use crate::error::Error;

    pub(crate) struct Span;

    pub(crate) fn call(_: &OperationInfo) -> Span {
        Span
    }

    pub(crate) fn attempt(_: &OperationInfo, _: &'static str, _: u32, _: &Request) -> Span {
        Span
    }

    pub(crate) fn within<T>(_: Span, future: impl Future<Output = T>) -> impl Future<Output = T> {
        future
    }

    pub(crate) fn in_current_span<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
        future
    }

    pub(crate) fn response(_: &OperationInfo, _: StatusCode, _: &HeaderMap) {}
    pub(crate) fn failed(_: &OperationInfo, _: &Error) {}
    pub(crate) fn repaired(_: &OperationInfo, _: &[impl Display]) {}
    pub(crate) fn waiting(_: &str, _: Duration, _: &str) {}
}

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{attempt, call, failed, in_current_span, repaired, response, waiting, within};
#[cfg(feature = "tracing")]
pub(crate) use enabled::{attempt, call, failed, in_current_span, repaired, response, waiting, within};
