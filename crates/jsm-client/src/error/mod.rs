//! The one error of this crate.
//!
//! # Design
//!
//! [`Error`] is opaque and one pointer wide. Programs decide by [`Error::kind`] or by the predicates, each of which
//! says what to do next; people read its `Display`, one sentence with the operation, the status and the server's own
//! message. Everything a server sent to explain itself can be asked for. Sources are reachable through
//! `std::error::Error::source` and not repeated in the sentence.

mod body;
mod display;
mod kind;
pub(crate) mod known;
pub(crate) mod printable;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jsm_raw::OperationInfo;
use reqwest::header::{HeaderMap, HeaderName, LOCATION, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url};

pub(crate) use body::is_html;
pub use kind::ErrorKind;
use known::{Meaning, says};

use crate::pagination::ResumeToken;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How much of a body an error keeps.
pub(crate) const KEPT: usize = 64 * 1024;

/// Why a call failed.
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static OperationInfo>,
    status: Option<StatusCode>,
    /// What this crate has to say; the server's message stands in `said`.
    note: Option<String>,
    said: body::ErrorDetails,
    body: Bytes,
    headers: HeaderMap,
    retry_after: Option<Duration>,
    attempts: u32,
    resume: Option<ResumeToken>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// One complaint about the answers of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormError {
    /// A code that programs can tell apart.
    pub code: Option<String>,
    /// The complaint in short.
    pub title: Option<String>,
    /// The complaint in full.
    pub detail: Option<String>,
    /// The questions that it is about, by id.
    pub questions: Vec<String>,
}

/// The headers in which a server names the request, the most telling first.
const REQUEST_IDS: [&str; 4] = ["atl-request-id", "atl-traceid", "x-arequestid", "x-request-id"];

/// The id under which the server keeps a request in its logs.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_IDS.iter().find_map(|name| {
        let value = headers.get(HeaderName::from_static(name))?.to_str().ok()?.trim();
        (!value.is_empty()).then_some(value)
    })
}

/// The code of RFC 6750 for a token that lacks a scope.
const INSUFFICIENT_SCOPE: &str = "insufficient_scope";

/// The header with which a site says why it does not even look at the credentials.
const DENIED_REASON: HeaderName = HeaderName::from_static("x-authentication-denied-reason");

/// The `error` of a challenge of the scheme Bearer.
fn bearer_error(challenge: &str) -> Option<&str> {
    if !challenge.to_ascii_lowercase().contains("bearer") {
        return None;
    }
    challenge.split([',', ' ']).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("error").then(|| value.trim().trim_matches('"'))
    })
}

/// Why the site denies authentication, and what a person can do about it.
fn denied(headers: &HeaderMap) -> Option<String> {
    let reason = String::from_utf8_lossy(headers.get(DENIED_REASON)?.as_bytes()).into_owned();
    let mut parts = reason.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty()).unwrap_or("no reason given");
    let login = parts.find_map(|part| part.strip_prefix("login-url=")).map(shown_address);
    Some(match login {
        Some(login) => format!("authentication is denied ({name}); log in once with a browser at {login}"),
        None => format!("authentication is denied ({name}); log in once with a browser"),
    })
}

/// Whether a 404 is about the whole site rather than about what was asked for.
fn is_of_whole_site(said: &body::ErrorDetails, body: &[u8], headers: &HeaderMap) -> bool {
    let message = said.message.as_deref().unwrap_or_default();
    if is_html(body, headers) {
        return says(message, Meaning::SiteUnavailablePage);
    }
    // An operation's own 404 has a key for translations and no `errorCode`.
    let coded = said.code.as_deref() == Some("OTHER") && said.i18n_key.is_none();
    coded || says(message, Meaning::SiteUnavailable)
}

/// Where a redirect leads, without what can be secret.
pub(crate) fn target(headers: &HeaderMap) -> String {
    match headers.get(LOCATION) {
        Some(location) => shown_address(&String::from_utf8_lossy(location.as_bytes())),
        None => "an address that it does not name".to_owned(),
    }
}

/// An address without user info, query and fragment, which can be secret.
fn shown_address(text: &str) -> String {
    const LONGEST: usize = 200;
    const RELATIVE: &str = "relative.invalid";
    let Ok(url) = Url::parse(&format!("https://{RELATIVE}")).and_then(|base| base.join(text.trim())) else {
        return "an address that cannot be read".to_owned();
    };
    let shown = match (url.host_str(), url.port()) {
        (Some(RELATIVE), _) => url.path().to_owned(),
        (Some(host), None) => format!("{}://{host}{}", url.scheme(), url.path()),
        (Some(host), Some(port)) => format!("{}://{host}:{port}{}", url.scheme(), url.path()),
        (None, _) => format!("an address of the scheme {}", url.scheme()),
    };
    printable::excerpt(&shown, LONGEST)
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, note: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            note: Some(note.into()),
            said: body::ErrorDetails::default(),
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

    /// The error that a response to an operation is.
    pub(crate) fn answered(
        info: &'static OperationInfo,
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Self {
        Self::of_response(status, headers, body).with_operation(info)
    }

    /// The error that a response is, whatever was asked.
    pub(crate) fn of_response(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let said = body::read(&body);
        let mut kind = ErrorKind::of_status(status.as_u16());
        let mut note = None;
        if kind == ErrorKind::InvalidRequest && !(said.fields.is_empty() && said.forms.is_empty()) {
            kind = ErrorKind::Validation;
        }
        if kind == ErrorKind::NotFound && is_of_whole_site(&said, &body, headers) {
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
                target(headers)
            ));
        }
        let mut error = Self::new(kind, "");
        (error.0.note, error.0.said) = (note, said);
        error.with_answer(status, headers, body)
    }

    /// The same error once more, for another caller that waited for the same.
    #[cfg_attr(not(feature = "oauth"), expect(dead_code, reason = "only renewals are shared"))]
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// What the server says, where it is not read from a body that is kept.
    #[cfg_attr(
        not(feature = "oauth"),
        expect(dead_code, reason = "only the token endpoint's body is not kept")
    )]
    pub(crate) fn with_message(mut self, message: Option<String>) -> Self {
        self.0.said.message = message;
        self
    }

    pub(crate) fn with_operation(mut self, info: &'static OperationInfo) -> Self {
        self.0.operation = Some(info);
        self
    }

    pub(crate) fn with_answer(mut self, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        self.0.status = Some(status);
        self.0.headers = headers.clone();
        // A slice would keep all of it alive.
        self.0.body = if body.len() > KEPT { Bytes::copy_from_slice(&body[..KEPT]) } else { body };
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

    /// Says more around what is said already.
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

    /// What went wrong, to decide what to do next.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The facts of the operation that failed; absent when a client could not be built.
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.0.operation
    }

    /// What the server says, in the language of the account, as it was sent: it can hold line breaks and control
    /// characters, which `Display` leaves out.
    pub fn message(&self) -> Option<&str> {
        self.0.said.message.as_deref()
    }

    /// Complaints about single fields: the field and what is wrong with it.
    pub fn field_errors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.said.fields.iter().map(|(field, why)| (field.as_str(), why.as_str()))
    }

    /// Complaints about the answers of a form.
    pub fn form_errors(&self) -> &[FormError] {
        &self.0.said.forms
    }

    /// The key of the message, which is the same in every language.
    pub fn i18n_key(&self) -> Option<&str> {
        self.0.said.i18n_key.as_deref()
    }

    /// The id under which the server logged the request: what Atlassian's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.0.headers)
    }

    /// How long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Which limit was met, as the server calls it, for example `jira-burst-based`.
    pub fn rate_limit_reason(&self) -> Option<&str> {
        self.0.headers.get("ratelimit-reason")?.to_str().ok()
    }

    /// The OAuth scopes that the operation needs, when the server says that the token's do not match: any one of the
    /// outer entries suffices, all scopes within it are needed.
    pub fn required_scopes(&self) -> Option<&'static [&'static [&'static str]]> {
        self.operation()
            .filter(|_| self.names_scope())
            .map(|info| info.scopes)
            .filter(|scopes| !scopes.is_empty())
    }

    /// Whether the server says that the token lacks a scope: by `WWW-Authenticate`, by a code, else by known words.
    pub(crate) fn names_scope(&self) -> bool {
        if !matches!(self.status().map(|status| status.as_u16()), Some(401 | 403)) {
            return false;
        }
        let challenges = self.0.headers.get_all(WWW_AUTHENTICATE);
        let mut challenges = challenges.iter().filter_map(|value| value.to_str().ok());
        if let Some(code) = challenges.find_map(bearer_error) {
            return code.eq_ignore_ascii_case(INSUFFICIENT_SCOPE);
        }
        self.0.said.code.as_deref() == Some(INSUFFICIENT_SCOPE)
            || self.message().is_some_and(|message| says(message, Meaning::MissingScope))
    }

    /// What this status means for this operation, in our words.
    pub fn documented(&self) -> Option<&'static str> {
        let status = self.status().filter(|status| !status.is_success())?.as_u16();
        self.operation()?.statuses.iter().find(|(known, _)| *known == status).map(|(_, text)| *text)
    }

    /// The headers of the answer; none when there was no answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The body of the answer, as it came, up to 64 KiB of it.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Where a list can be taken up again, when it broke off while it was read.
    pub fn resume_token(&self) -> Option<&ResumeToken> {
        self.0.resume.as_ref()
    }

    /// Whether the credentials were refused. Renew them; repeating the call as it is will fail again.
    pub fn is_authentication(&self) -> bool {
        self.kind() == ErrorKind::Authentication
    }

    /// Whether the account may not do this. Give it the permission that [`documented`](Self::documented) names.
    pub fn is_permission(&self) -> bool {
        self.kind() == ErrorKind::Permission
    }

    /// Whether the thing is not there, or hidden from the account. Check the id, then the permissions.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether the whole site is suspended, moved or unknown. What was asked for may well exist: delete nothing, check
    /// the site's address, and try again later.
    pub fn is_site_unavailable(&self) -> bool {
        self.kind() == ErrorKind::SiteUnavailable
    }

    /// Whether the program's own store of OAuth tokens failed; [`source`](StdError::source) is its error. The tokens
    /// are kept, and the next call stores them again.
    pub fn is_token_store(&self) -> bool {
        self.kind() == ErrorKind::TokenStore
    }

    /// Whether the state of things forbids it. Read what is there and decide whether that will do.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Whether the request itself is at fault. Mend what [`message`](Self::message), [`field_errors`](Self::field_errors)
    /// and [`form_errors`](Self::form_errors) name; it fails again as it is.
    pub fn is_invalid_request(&self) -> bool {
        matches!(self.kind(), ErrorKind::InvalidRequest | ErrorKind::Validation)
    }

    /// Whether a limit was met and waiting would have taken too long. Come back after
    /// [`retry_after`](Self::retry_after).
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Whether the operation is experimental and nobody opted in. Build the client with `experimental(true)`, or say
    /// so for the call.
    pub fn is_experimental_opt_in(&self) -> bool {
        self.kind() == ErrorKind::ExperimentalOptIn
    }

    /// Whether the call took too long. What was sent may have been done: look before you repeat it.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether there was no connection or it broke. What was sent may have been done: look before you repeat it.
    pub fn is_connection(&self) -> bool {
        self.kind() == ErrorKind::Connection
    }

    /// Whether the server failed. Repeat the call later; tell Atlassian the [`request_id`](Self::request_id) if it
    /// stays so.
    pub fn is_server(&self) -> bool {
        self.kind() == ErrorKind::Server
    }

    /// Whether the answer could not be read. It was done all the same: look, do not repeat, and please report it. With
    /// [`ErrorKind::Html`], something in front of the API has answered: check the site's address and the credentials.
    pub fn is_decode(&self) -> bool {
        matches!(self.kind(), ErrorKind::Decode | ErrorKind::Html)
    }

    /// Whether the client or the call is set up wrongly. Nothing was sent; mend what the message names.
    pub fn is_configuration(&self) -> bool {
        self.kind() == ErrorKind::Configuration
    }
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
