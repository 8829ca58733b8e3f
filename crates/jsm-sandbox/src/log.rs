//! What arrived: a line for every request, without its secrets.
//!
//! Nothing is judged here.

use std::collections::VecDeque;
use std::fmt;

use http::HeaderMap;

/// How many requests are kept; older ones are forgotten.
const KEPT: usize = 10_000;
/// How much of a body is kept.
const LONGEST_BODY: usize = 64 * 1024;

/// A request that arrived, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The method, in capitals.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query, as it was sent.
    pub query: String,
    /// The headers in the order of their names, in small letters. Credentials are replaced by `[redacted]`.
    pub headers: Vec<(String, String)>,
    /// The body as far as it is text; secrets of the token endpoint are left out with the rest of it.
    pub body: String,
    /// The name of the operation, such as `CreateCustomer`, when it was one.
    pub operation: Option<&'static str>,
    /// The status of the answer; none when the connection was dropped.
    pub status: Option<u16>,
}

impl Received {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Received {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.query.is_empty() { "" } else { "?" };
        write!(formatter, "{} {}{mark}{}", self.method, self.path, self.query)?;
        match self.status {
            Some(status) => write!(formatter, " {status}"),
            None => formatter.write_str(" dropped"),
        }
    }
}

/// The requests that arrived, in their order.
#[derive(Debug, Default)]
pub(crate) struct Log {
    requests: VecDeque<Received>,
}

impl Log {
    pub(crate) fn add(&mut self, received: Received) {
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(received);
    }

    pub(crate) fn all(&self) -> Vec<Received> {
        self.requests.iter().cloned().collect()
    }
}

/// Headers that can be shown to anybody.
pub(crate) fn redacted(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| match name.as_str() {
            "authorization" | "cookie" | "proxy-authorization" => (name.to_string(), "[redacted]".to_owned()),
            _ => (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()),
        })
        .collect();
    shown.sort();
    shown
}

/// A body as text, as far as it is one.
pub(crate) fn shown(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) if text.len() <= LONGEST_BODY => text.to_owned(),
        _ => format!("[{} bytes]", body.len()),
    }
}
