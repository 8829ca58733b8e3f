//! One call as requests: when each is sent, and whether it is sent again.
//!
//! Arrows run down: `send` is the loop of one call, `attempt` is one request, `retry`, `budget` and `rate_limit` decide
//! when to send, and `clock` is the time they go by. What a response means to its operation is not decided here.

mod attempt;
mod budget;
pub(crate) mod clock;
mod rate_limit;
pub(crate) mod retry;
mod send;

pub(crate) use attempt::{
    Content, Options, Reading, Received, no_credentials, read_body, read_start, transport,
};
pub(crate) use budget::Budget;
pub(crate) use rate_limit::Limits;
pub(crate) use send::{attempts, send};
