//! What is told while calls are made: the names of OpenTelemetry, no secrets, no bodies, no ids.
//!
//! Without the feature `tracing` nothing of this is left.

use std::time::Duration;

use jsm_raw::OperationInfo;
use reqwest::{Request, StatusCode};

use crate::error::Error;

#[cfg(feature = "tracing")]
mod told {
    use super::{Duration, Error, OperationInfo, Request, StatusCode};

    pub(crate) fn sends(info: &OperationInfo, request: &Request) {
        tracing::debug!(
            operation = info.name,
            http.request.method = info.method,
            url.template = info.path,
            server.address = request.url().host_str().unwrap_or_default(),
            "sends"
        );
    }

    pub(crate) fn answered(info: &OperationInfo, status: StatusCode, attempts: u32) {
        tracing::debug!(
            operation = info.name,
            http.response.status_code = status.as_u16(),
            http.request.resend_count = attempts.saturating_sub(1),
            "answered"
        );
    }

    pub(crate) fn refused(info: &OperationInfo, error: &Error) {
        tracing::debug!(
            operation = info.name,
            http.response.status_code = error.status().map(|status| status.as_u16()),
            kind = ?error.kind(),
            request_id = error.request_id(),
            "refused"
        );
    }

    pub(crate) fn waits(info: &OperationInfo, wait: Duration, why: &str) {
        tracing::info!(operation = info.name, wait_ms = wait.as_millis() as u64, why, "waits");
    }
}

#[cfg(not(feature = "tracing"))]
mod told {
    use super::{Duration, Error, OperationInfo, Request, StatusCode};

    pub(crate) fn sends(_: &OperationInfo, _: &Request) {}
    pub(crate) fn answered(_: &OperationInfo, _: StatusCode, _: u32) {}
    pub(crate) fn refused(_: &OperationInfo, _: &Error) {}
    pub(crate) fn waits(_: &OperationInfo, _: Duration, _: &str) {}
}

pub(crate) use told::{answered, refused, sends, waits};
