//! Log: the requests that arrived, without their secrets.

use std::collections::VecDeque;
use std::fmt;

use http::HeaderMap;

use crate::message::raw::RawRequest;
use crate::message::response::Response;

/// How many requests are kept. Older ones are forgotten.
const KEPT: usize = 10_000;
/// The longest body that is kept, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// A request that arrived at the sandbox.
///
/// Its `Display` is a line such as `POST /rest/servicedeskapi/customer 201`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query as it was sent, without the question mark; empty where there is none. The `state` of an authorization is
    /// `[redacted]`.
    pub query: String,
    /// The headers in alphabetical order, with names in lower case. Credentials are replaced by `[redacted]`.
    pub headers: Vec<(String, String)>,
    /// The body where it is text of at most 64 KiB, otherwise its length, such as `[70000 bytes]`. The body of a request
    /// for tokens is `[redacted]`.
    pub body: String,
    /// The name of the operation, such as `CreateCustomer`; none where the request found no operation.
    pub operation: Option<&'static str>,
    /// The status of the response; none where the connection was dropped, and as long as there is no response.
    pub status: Option<u16>,
}

impl RecordedRequest {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for RecordedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.query.is_empty() { "" } else { "?" };
        write!(formatter, "{} {}{mark}{}", self.method, self.path, self.query)?;
        match self.status {
            Some(status) => write!(formatter, " {status}"),
            None => formatter.write_str(" dropped"),
        }
    }
}

/// The requests that arrived, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    requests: VecDeque<RecordedRequest>,
    /// How many there were in all.
    count: u64,
}

impl Log {
    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    /// Records a request when it arrives, so that one whose client goes away is recorded too. Returns its number.
    pub(super) fn arrived(&mut self, request: RecordedRequest) -> u64 {
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
        self.count += 1;
        self.count
    }

    /// Records how a request was responded to, and numbers the response. One that is dropped has no status.
    pub(super) fn responded(&mut self, number: u64, response: &mut Response, is_dropped: bool) {
        response.headers.push(("ATL-TraceId".to_owned(), format!("{number:032x}")));
        let later = usize::try_from(self.count - number).unwrap_or(usize::MAX);
        if let Some(request) = self.requests.iter_mut().rev().nth(later) {
            request.status = (!is_dropped).then_some(response.status);
        }
    }
}

/// A request as it is recorded. It has no status yet.
pub(super) fn recorded(raw: &RawRequest, operation: Option<&'static str>) -> RecordedRequest {
    RecordedRequest {
        method: raw.method.clone(),
        path: raw.path.clone(),
        query: match raw.path.as_str() {
            "/authorize" => without_state(raw),
            _ => raw.query.clone(),
        },
        headers: without_credentials(&raw.headers),
        body: match raw.path.as_str() {
            "/oauth/token" => "[redacted]".to_owned(),
            _ => text(&raw.body),
        },
        operation,
        status: None,
    }
}

/// The query of an authorization without the value that only one browser has.
fn without_state(raw: &RawRequest) -> String {
    let shown = |(name, value): (String, String)| match name.as_str() {
        "state" => (name, "[redacted]".to_owned()),
        _ => (name, value),
    };
    let pairs = raw.query_pairs().into_iter().map(shown);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The headers in alphabetical order, without credentials.
pub(super) fn without_credentials(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |name: &str, value: &[u8]| match name {
        "authorization" | "cookie" | "proxy-authorization" => "[redacted]".to_owned(),
        _ => String::from_utf8_lossy(value).into_owned(),
    };
    let headers =
        headers.iter().map(|(name, value)| (name.to_string(), shown(name.as_str(), value.as_bytes())));
    let mut headers: Vec<(String, String)> = headers.collect();
    headers.sort();
    headers
}

fn text(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) if text.len() <= LONGEST_BODY => text.to_owned(),
        _ => format!("[{} bytes]", body.len()),
    }
}
