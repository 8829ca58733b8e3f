//! Errors made by hand.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;
use jsm_raw::OperationInfo;
use serde_json::{Map, Value};

use super::{append, status};
use crate::auth::credentials::BoxError;
use crate::error::{Error, ErrorKind, ResumeToken};
use crate::transport::retry_after;

/// The message of an error that has no response and was given none.
const MESSAGE: &str = "made by a test";

/// Starts an error of a kind.
///
/// A kind that comes from a response has one, with the usual status: [`Conflict`](ErrorKind::Conflict) has 409, for
/// example. The others, such as [`Timeout`](ErrorKind::Timeout) and [`Connection`](ErrorKind::Connection), have none.
///
/// ```
/// use jsm_client::{ErrorKind, testing};
///
/// let error = testing::error(ErrorKind::Conflict).message("The address is taken").build();
/// assert!(error.is_conflict());
/// assert_eq!(error.to_string(), "409 Conflict: The address is taken");
///
/// let error = testing::error(ErrorKind::Timeout).build();
/// assert!(error.is_timeout() && error.status().is_none());
/// ```
pub fn error(kind: ErrorKind) -> ErrorBuilder {
    ErrorBuilder::new(Some(kind), None)
}

/// Starts the error that a response of this status is.
///
/// The response is read as the client reads one: its status, headers and body decide on the kind of the error.
///
/// ```
/// use std::time::Duration;
///
/// use jsm_client::{Operation, servicedesk::request::GetRequest, testing};
///
/// let refused = testing::error_response(429).header("Retry-After", "7").build();
/// assert!(refused.is_rate_limited());
/// assert_eq!(refused.retry_after(), Some(Duration::from_secs(7)));
///
/// let body = r#"{"errorMessages": [], "errors": {"summary": "A summary is required."}}"#;
/// let invalid = testing::error_response(400).operation(GetRequest::INFO).body(body).build();
/// assert!(invalid.is_invalid_request());
/// assert_eq!(invalid.field_errors().collect::<Vec<_>>(), [("summary", "A summary is required.")]);
/// ```
///
/// # Panics
///
/// If the number is not a status of HTTP.
#[track_caller]
pub fn error_response(number: u16) -> ErrorBuilder {
    ErrorBuilder::new(None, Some(status(number)))
}

/// An error in the making. [`error`] and [`error_response`] start one.
#[derive(Debug)]
#[must_use = "it is an error once build is called"]
pub struct ErrorBuilder {
    kind: Option<ErrorKind>,
    status: Option<StatusCode>,
    headers: HeaderMap,
    body: Option<Bytes>,
    message: Option<String>,
    fields: Map<String, Value>,
    operation: Option<&'static OperationInfo>,
    retry_after: Option<Duration>,
    attempts: Option<u32>,
    resume: Option<ResumeToken>,
    source: Option<BoxError>,
}

impl ErrorBuilder {
    fn new(kind: Option<ErrorKind>, status: Option<StatusCode>) -> Self {
        Self {
            kind,
            status,
            headers: HeaderMap::new(),
            body: None,
            message: None,
            fields: Map::new(),
            operation: None,
            retry_after: None,
            attempts: None,
            resume: None,
            source: None,
        }
    }

    /// Sets the status of the response. An error that was started with a kind keeps its kind.
    ///
    /// # Panics
    ///
    /// If the number is not a status of HTTP.
    #[track_caller]
    pub fn status(mut self, number: u16) -> Self {
        self.status = Some(status(number));
        self
    }

    /// Adds a header of the response, such as `Retry-After` or `atl-request-id`. A date in `Retry-After` is compared with
    /// the header `Date`, or with the system's date where there is none.
    ///
    /// # Panics
    ///
    /// If the name or the value is not valid in HTTP.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        append(&mut self.headers, name, value);
        self
    }

    /// Sets the message: the server's, in a body as the APIs send it. Where there is no error response, it is the message
    /// of the client.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds an error of one field, in a body as the APIs send it.
    pub fn field_error(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.insert(field.into(), Value::String(message.into()));
        self
    }

    /// Sets the body of the response, in place of the one that [`message`](Self::message) and
    /// [`field_error`](Self::field_error) make.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the operation that failed, for example `GetRequest::INFO`.
    pub fn operation(mut self, info: &'static OperationInfo) -> Self {
        self.operation = Some(info);
        self
    }

    /// Sets how long to wait before the next request, whatever the headers ask for.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets how many times the request was sent. By default once, and not at all where the error comes before sending.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Sets the place from which a list can be read on.
    pub fn resume_token(mut self, token: ResumeToken) -> Self {
        self.resume = Some(token);
        self
    }

    /// Sets the cause.
    pub fn source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Makes the error.
    pub fn build(self) -> Error {
        let status = self.status.or_else(|| self.usual_status());
        let mut error = match status {
            Some(status) if !status.is_success() => {
                let asked = retry_after::pause(status, &self.headers, SystemTime::now);
                let body = self.body.clone().unwrap_or_else(|| self.made_body());
                Error::of_response(status, &self.headers, body).with_retry_after(asked)
            }
            // Of a response that has no value the client says what is wrong, not the server.
            _ => {
                let kind = self.kind.unwrap_or(ErrorKind::Decode);
                let error = Error::new(kind, self.message.as_deref().unwrap_or(MESSAGE));
                match status {
                    Some(status) => error.with_response(status, &self.headers, self.body.unwrap_or_default()),
                    None => error,
                }
            }
        };
        if let Some(kind) = self.kind.filter(|kind| *kind != error.kind()) {
            error = error.with_kind(kind);
        }
        let unsent = matches!(error.kind(), ErrorKind::Configuration | ErrorKind::ExperimentalOptIn);
        let attempts = self.attempts.unwrap_or(u32::from(status.is_some() || !unsent));
        error = error.with_attempts(attempts).with_retry_after(self.retry_after);
        if let Some(info) = self.operation {
            error = error.with_operation(info);
        }
        if let Some(token) = self.resume {
            error = error.with_resume(token);
        }
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }

    /// The status that errors of the kind have, where they come from a response.
    fn usual_status(&self) -> Option<StatusCode> {
        Some(match self.kind? {
            ErrorKind::Authentication => StatusCode::UNAUTHORIZED,
            ErrorKind::Permission => StatusCode::FORBIDDEN,
            ErrorKind::NotFound | ErrorKind::SiteUnavailable => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Validation if self.fields.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::InvalidRequest | ErrorKind::Validation => StatusCode::BAD_REQUEST,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Server => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Decode | ErrorKind::Html => StatusCode::OK,
            ErrorKind::Other => StatusCode::FOUND,
            ErrorKind::ExperimentalOptIn
            | ErrorKind::Timeout
            | ErrorKind::Connection
            | ErrorKind::TokenStore
            | ErrorKind::Pagination
            | ErrorKind::Configuration => return None,
        })
    }

    /// The body with the message and the errors of fields.
    fn made_body(&self) -> Bytes {
        let mut body = Map::new();
        if let Some(message) = &self.message {
            body.insert("errorMessage".to_owned(), message.as_str().into());
        }
        if !self.fields.is_empty() {
            body.insert("errors".to_owned(), self.fields.clone().into());
        }
        if self.kind == Some(ErrorKind::SiteUnavailable) {
            body.insert("errorCode".to_owned(), "OTHER".into());
        }
        if body.is_empty() { Bytes::new() } else { Value::Object(body).to_string().into() }
    }
}

impl From<ErrorBuilder> for Error {
    fn from(builder: ErrorBuilder) -> Self {
        builder.build()
    }
}
