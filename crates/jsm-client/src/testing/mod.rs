//! What tests of programs need: errors, responses and a clock that are made by hand.
//!
//! A program that calls this crate through a trait of its own can be tested with another implementation of that trait. Such
//! an implementation returns values, which [`response`] puts into a [`Response`](crate::Response), and errors, which
//! [`error`] and [`error_response`] make. [`TestClock`] moves only when a test moves it.
//!
//! To test requests and responses, use the crate `jsm-sandbox`. The [cookbook](crate::cookbook::testing) shows both.

mod clock;
mod error;
mod response;

pub use clock::TestClock;
pub use error::{ErrorBuilder, error, error_response};
pub use response::{ResponseBuilder, response};

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Adds a header, with the value that a server would send.
#[track_caller]
fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    let named = HeaderName::try_from(name).unwrap_or_else(|_| panic!("`{name}` is not the name of a header"));
    let valued = HeaderValue::from_bytes(value.as_bytes());
    headers.append(named, valued.unwrap_or_else(|_| panic!("the value of the header `{name}` is not valid")));
}

/// A status by its number.
#[track_caller]
fn status(number: u16) -> http::StatusCode {
    http::StatusCode::from_u16(number).unwrap_or_else(|_| panic!("{number} is not a status of HTTP"))
}
