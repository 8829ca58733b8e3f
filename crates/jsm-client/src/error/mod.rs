//! The one error of this crate.
//!
//! # Design
//!
//! [`Error`] is opaque and one pointer wide. Programs decide by [`Error::kind`] or by a predicate, whose documentation
//! says what to do next; people read its `Display`, one sentence with the operation, the status and the server's own
//! message. Every part of a response that explains the error can be read from it. Sources are available through
//! `std::error::Error::source` and are not repeated in the sentence.
//!
//! This is the ground floor: nothing here knows other modules of the crate.

mod body;
mod display;
mod from;
mod headers;
mod kind;
pub(crate) mod known;
pub(crate) mod printable;
mod resume_token;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderMap, LOCATION, WWW_AUTHENTICATE};
use jsm_raw::{FieldError, OperationInfo};

pub use body::FormError;
pub(crate) use body::is_html;
pub(crate) use headers::{redirect_target, request_id};
pub use kind::ErrorKind;
pub use resume_token::ResumeToken;

use body::ErrorDetails;
use headers::{INSUFFICIENT_SCOPE, bearer_error, denied};
use known::{Meaning, says};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many bytes of a response body an error keeps.
pub(crate) const MAX_KEPT_BODY: usize = 64 * 1024;

/// How many fields the sentence names whose values are not sent.
const SHOWN_FIELDS: usize = 10;

/// Why a call failed.
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static OperationInfo>,
    /// The path with its placeholders; empty where it is not known.
    template: &'static str,
    status: Option<StatusCode>,
    /// The message of this crate; the server's is in `details`.
    note: Option<String>,
    details: ErrorDetails,
    body: Bytes,
    headers: HeaderMap,
    retry_after: Option<Duration>,
    attempts: u32,
    resume: Option<ResumeToken>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, note: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            template: "",
            status: None,
            note: Some(note.into()),
            details: ErrorDetails::default(),
            body: Bytes::new(),
            headers: HeaderMap::new(),
            retry_after: None,
            attempts: 0,
            resume: None,
            source: None,
        }))
    }

    pub(crate) fn configuration(note: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, note)
    }

    /// The error that a response reports, whatever was requested.
    pub(crate) fn of_response(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let details = body::read(&body);
        let mut kind = ErrorKind::of_status(status.as_u16());
        let mut note = None;
        if kind == ErrorKind::InvalidRequest && !(details.fields.is_empty() && details.forms.is_empty()) {
            kind = ErrorKind::Validation;
        }
        if kind == ErrorKind::NotFound && is_of_whole_site(&details, &body, headers) {
            kind = ErrorKind::SiteUnavailable;
            note =
                Some("the whole site is unavailable; check its address, and whether it is suspended".into());
        }
        if let Some(denied) = denied(headers).filter(|_| matches!(status.as_u16(), 401 | 403)) {
            kind = ErrorKind::Authentication;
            note = Some(denied);
        }
        if status.is_redirection() && headers.contains_key(LOCATION) {
            kind = ErrorKind::Authentication;
            note = Some(format!(
                "redirected to {}, which is not followed; check the site's address and the credentials",
                redirect_target(headers)
            ));
        }
        let mut error = Self::new(kind, "");
        (error.0.note, error.0.details) = (note, details);
        error.with_response(status, headers, body)
    }

    /// The error of values that fields do not take.
    pub(crate) fn of_fields(errors: &[FieldError]) -> Self {
        let mut note =
            errors.iter().take(SHOWN_FIELDS).map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if let Some(more) = errors.len().checked_sub(SHOWN_FIELDS).filter(|more| *more > 0) {
            note += &format!("; and {more} more");
        }
        let mut error = Self::new(ErrorKind::Validation, note);
        let fields = errors.iter().map(|error| (error.field.clone(), error.message.clone()));
        error.0.details.fields = fields.collect();
        error
    }

    /// A copy of the error, for another caller or another request that it concerns.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Sets the server's message, where it is not read from a body that is kept.
    #[cfg_attr(
        not(feature = "oauth"),
        expect(dead_code, reason = "only the token endpoint's body is not kept")
    )]
    pub(crate) fn with_message(mut self, message: Option<String>) -> Self {
        self.0.details.message = message;
        self
    }

    pub(crate) fn with_operation(mut self, info: &'static OperationInfo) -> Self {
        self.0.operation = Some(info);
        self
    }

    pub(crate) fn with_template(mut self, template: &'static str) -> Self {
        self.0.template = template;
        self
    }

    pub(crate) fn with_response(mut self, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        self.0.status = Some(status);
        self.0.headers = headers.clone();
        // A slice would keep all of it alive.
        self.0.body =
            if body.len() > MAX_KEPT_BODY { Bytes::copy_from_slice(&body[..MAX_KEPT_BODY]) } else { body };
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.0.note = Some(note.into());
        self
    }

    /// Changes the message of this crate.
    pub(crate) fn map_note(mut self, around: impl FnOnce(&str) -> String) -> Self {
        self.0.note = self.0.note.as_deref().map(around);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait.or(self.0.retry_after);
        self
    }

    pub(crate) fn with_resume(mut self, token: ResumeToken) -> Self {
        self.0.resume = Some(token);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// The kind of failure, by which a program decides what to do next.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status of the response; `None` when there was no response.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The facts of the operation that failed; `None` when a client could not be built.
    ///
    /// A request of [`Client::request`](crate::Client::request) has the name `HttpRequest`, its method, and no path.
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.0.operation
    }

    /// The server's message as it was sent, in the language of the account or of the request. It can hold line breaks
    /// and control characters, which `Display` leaves out.
    pub fn message(&self) -> Option<&str> {
        self.0.details.message.as_deref()
    }

    /// Errors of single fields: the name of the field and what is wrong with it.
    pub fn field_errors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.details.fields.iter().map(|(field, why)| (field.as_str(), why.as_str()))
    }

    /// Errors of the fields of a form.
    pub fn form_errors(&self) -> &[FormError] {
        &self.0.details.forms
    }

    /// The key of the server's message, which is the same in every language.
    pub fn i18n_key(&self) -> Option<&str> {
        self.0.details.i18n_key.as_deref()
    }

    /// The id under which the server logged the request. Atlassian's support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.0.headers)
    }

    /// How long to wait before the next request, where the server or a rate limit requires it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The rate limit that refused the request, by the server's name, for example `jira-burst-based`.
    pub fn rate_limit_reason(&self) -> Option<&str> {
        self.0.headers.get("ratelimit-reason")?.to_str().ok()
    }

    /// The OAuth scopes of the operation, when the server reports that the token lacks one. Any one of the outer
    /// entries is enough; all scopes within it are needed.
    pub fn required_scopes(&self) -> Option<&'static [&'static [&'static str]]> {
        self.operation()
            .filter(|_| self.names_scope())
            .map(|info| info.scopes)
            .filter(|scopes| !scopes.is_empty())
    }

    /// Whether the server reports that the token lacks a scope: by `WWW-Authenticate`, by a code, else by known texts.
    pub(crate) fn names_scope(&self) -> bool {
        if !matches!(self.status().map(|status| status.as_u16()), Some(401 | 403)) {
            return false;
        }
        let challenges = self.0.headers.get_all(WWW_AUTHENTICATE);
        let mut challenges = challenges.iter().filter_map(|value| value.to_str().ok());
        if let Some(code) = challenges.find_map(bearer_error) {
            return code.eq_ignore_ascii_case(INSUFFICIENT_SCOPE);
        }
        self.0.details.code.as_deref() == Some(INSUFFICIENT_SCOPE)
            || self.message().is_some_and(|message| says(message, Meaning::MissingScope))
    }

    /// What the status means for the operation, as its documentation has it.
    pub fn documented(&self) -> Option<&'static str> {
        let status = self.status().filter(|status| !status.is_success())?.as_u16();
        self.operation()?.statuses.iter().find(|(known, _)| *known == status).map(|(_, text)| *text)
    }

    /// The headers of the response; empty when there was no response.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The body of the response as it was received, at most its first 64 KiB.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// How many times the request was sent; 0 when it was not.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The place from which a list can be read on, when reading it failed. Give it to
    /// [`Items::resume`](crate::Items::resume) or [`Pages::resume`](crate::Pages::resume).
    pub fn resume_token(&self) -> Option<&ResumeToken> {
        self.0.resume.as_ref()
    }

    /// Whether the credentials were refused. Replace them; the same call fails again as it is.
    pub fn is_authentication(&self) -> bool {
        self.kind() == ErrorKind::Authentication
    }

    /// Whether the account may not do this. Give it the permission that [`documented`](Self::documented) names.
    pub fn is_permission(&self) -> bool {
        self.kind() == ErrorKind::Permission
    }

    /// Whether the object does not exist or the account may not see it. Check the id, then the permissions.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether the whole site is suspended, moved or unknown. The object may well exist: delete nothing, check the
    /// site's address, and try again later.
    pub fn is_site_unavailable(&self) -> bool {
        self.kind() == ErrorKind::SiteUnavailable
    }

    /// Whether the program's own store of OAuth tokens failed; [`source`](StdError::source) is its error. The tokens
    /// are kept, and the next call stores them again.
    pub fn is_token_store(&self) -> bool {
        self.kind() == ErrorKind::TokenStore
    }

    /// Whether the state on the server forbids it. Read the object that is there and decide whether it will do.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Whether the request itself is wrong. Fix what [`message`](Self::message), [`field_errors`](Self::field_errors)
    /// and [`form_errors`](Self::form_errors) name; the same request fails again as it is.
    pub fn is_invalid_request(&self) -> bool {
        matches!(self.kind(), ErrorKind::InvalidRequest | ErrorKind::Validation)
    }

    /// Whether the request, a file, or the response is too large. Send less, ask for smaller pages, or raise
    /// [`ClientBuilder::max_body`](crate::ClientBuilder::max_body) or
    /// [`ClientBuilder::max_page_items`](crate::ClientBuilder::max_page_items).
    pub fn is_too_large(&self) -> bool {
        self.kind() == ErrorKind::TooLarge
    }

    /// Whether a rate limit refused the request and the deadline left no time to wait. Call again after
    /// [`retry_after`](Self::retry_after).
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Whether the operation is experimental and the program did not opt in. Call `experimental(true)` on the
    /// [`ClientBuilder`](crate::ClientBuilder) or on the call.
    pub fn is_experimental_opt_in(&self) -> bool {
        self.kind() == ErrorKind::ExperimentalOptIn
    }

    /// Whether the call took longer than its timeout or deadline. The server may have done it: check before you repeat
    /// the call.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether the connection could not be made or broke. The server may have done it: check before you repeat the
    /// call.
    pub fn is_connection(&self) -> bool {
        self.kind() == ErrorKind::Connection
    }

    /// Whether the server failed. Repeat the call later, and report the [`request_id`](Self::request_id) to Atlassian if
    /// the failure persists.
    pub fn is_server(&self) -> bool {
        self.kind() == ErrorKind::Server
    }

    /// Whether the response could not be decoded. The server has done it: check, do not repeat the call, and please
    /// report it. With [`ErrorKind::Html`], something in front of the API has responded: check the site's address and
    /// the credentials.
    pub fn is_decode(&self) -> bool {
        matches!(self.kind(), ErrorKind::Decode | ErrorKind::Html)
    }

    /// Whether a list did not advance from page to page. Read it again from
    /// [`resume_token`](Self::resume_token) later, or with another page size.
    pub fn is_pagination(&self) -> bool {
        self.kind() == ErrorKind::Pagination
    }

    /// Whether the client or the call is configured wrongly. Nothing was sent; fix what the message names.
    pub fn is_configuration(&self) -> bool {
        self.kind() == ErrorKind::Configuration
    }
}

/// Whether a 404 is about the whole site rather than about what was requested.
fn is_of_whole_site(details: &ErrorDetails, body: &[u8], headers: &HeaderMap) -> bool {
    let message = details.message.as_deref().unwrap_or_default();
    if is_html(body, headers) {
        return says(message, Meaning::SiteUnavailablePage);
    }
    // An operation's own 404 has a key for translations and no `errorCode`.
    let coded = details.code.as_deref() == Some("OTHER") && details.i18n_key.is_none();
    coded || says(message, Meaning::SiteUnavailable)
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation.map(|info| info.name))
            .field("status", &self.0.status)
            .field("message", &self.to_string())
            .field("request_id", &self.request_id())
            .field("attempts", &self.0.attempts)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
