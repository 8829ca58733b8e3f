//! One call as requests: when each is sent, and whether it is sent again.
//!
//! `send` is the loop of one call, and `attempt` is one request. `retry`, `budget` and `rate_limit` decide when to send,
//! `fault` and `retry_after` read what went wrong and what the server asks for, `check` lets the caller look at a response
//! while its request can still be sent again, and `clock` is the time they go by. What a response means to its operation
//! is not decided here.

mod attempt;
mod budget;
mod check;
pub(crate) mod clock;
mod fault;
mod rate_limit;
pub(crate) mod retry;
mod retry_after;
mod send;
#[cfg(test)]
mod simulation;

pub(crate) use attempt::{
    Build, Content, Head, Options, Reading, Received, no_credentials, opt_in, read_body, read_start,
    transport,
};
pub(crate) use check::NoValue;
pub(crate) use fault::is_permanent;
pub(crate) use rate_limit::{Limits, Throttling};
pub(crate) use send::{attempts, send};
