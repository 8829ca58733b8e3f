//! One request with everything that belongs to it: credentials, rate limits, retries, timeouts and a deadline.
//!
//! `retry_loop` is the loop that every request goes through, `attempt` sends one request of an operation, and `classify`
//! decides what the end of an attempt means. What a response means to its operation is decided in `response`.

mod attempt;
mod body;
mod budget;
pub(crate) mod classify;
pub(crate) mod clock;
pub(crate) mod http;
pub(crate) mod idempotency_key;
pub(crate) mod language;
mod network_error;
mod observer;
pub(crate) mod options;
mod plan;
pub(crate) mod rate_limit;
mod redirects;
pub(crate) mod retry;
pub(crate) mod retry_after;
mod retry_loop;
mod send;
mod shared;
#[cfg(all(test, feature = "servicedesk"))]
mod simulation;
pub(crate) mod site;
mod tls;
#[cfg(feature = "oauth")]
pub(crate) mod token_endpoint;
pub(crate) mod trace;

pub(crate) use body::{Content, Head, read_start};
pub(crate) use budget::Reason;
pub(crate) use network_error::describe;
pub(crate) use observer::UndecodedObserver;
pub(crate) use plan::{Build, Busy, RequestSpec};
pub(crate) use retry_loop::Broken;
pub(crate) use send::{Opened, Received, back_off, open, send};
pub(crate) use shared::Transport;
