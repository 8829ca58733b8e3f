//! Responses made by hand.

use http::StatusCode;
use http::header::HeaderMap;

use super::{append, status};
use crate::error::request_id;
use crate::response::{Repair, RepairAction, Response};

/// Starts a response with this value: status 200, no headers, sent once, nothing repaired.
///
/// ```
/// use jsm_client::{Response, servicedesk::types::User, testing};
///
/// let fred: User = serde_json::from_str(r#"{"accountId": "qm:1", "displayName": "Fred F. User"}"#)?;
/// let response: Response<User> = testing::response(fred).status(201).header("atl-request-id", "a7c").build();
/// assert_eq!(response.value.display_name, "Fred F. User");
/// assert_eq!(response.request_id.as_deref(), Some("a7c"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn response<T>(value: T) -> ResponseBuilder<T> {
    ResponseBuilder(Response {
        value,
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        request_id: None,
        attempts: 1,
        repairs: Vec::new(),
    })
}

/// A response in the making. [`response`] starts one.
#[derive(Debug)]
#[must_use = "it is a response once build is called"]
pub struct ResponseBuilder<T>(Response<T>);

impl<T> ResponseBuilder<T> {
    /// Sets the status.
    ///
    /// # Panics
    ///
    /// If the number is not a status of HTTP.
    #[track_caller]
    pub fn status(mut self, number: u16) -> Self {
        self.0.status = status(number);
        self
    }

    /// Adds a header. The id of the request is read from the headers in which servers send it.
    ///
    /// # Panics
    ///
    /// If the name or the value is not valid in HTTP.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        append(&mut self.0.headers, name, value);
        self
    }

    /// Sets how many times the request was sent.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Adds a repair of the value at a JSON path such as `$.values[3].active`.
    pub fn repair(mut self, path: impl Into<String>, action: RepairAction) -> Self {
        self.0.repairs.push(Repair { path: path.into(), action });
        self
    }

    /// Makes the response.
    pub fn build(mut self) -> Response<T> {
        self.0.request_id = request_id(&self.0.headers).map(str::to_owned);
        self.0
    }
}
