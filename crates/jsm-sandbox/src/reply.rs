//! What a behaviour answers: a status, headers and a body, with the error shapes of the two APIs.
//!
//! How it is sent, delayed or spoilt is decided by the server and the faults.

use bytes::Bytes;
use serde_json::{Value, json};

/// An answer before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Headers that a test made up.
    pub(crate) extra: Vec<(String, String)>,
    pub(crate) body: Payload,
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Empty,
    Json(Value),
    /// An error in the shape of the API that answers.
    Refusal {
        key: &'static str,
        message: String,
    },
    Raw {
        media_type: String,
        bytes: Bytes,
    },
}

/// The key of errors that have nothing to do with the request itself.
const PASSING: &str = "sd.rest.error.passing";

/// A behaviour succeeds or refuses; both are answers, and `?` leaves with the refusal.
pub(crate) type Outcome = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), extra: Vec::new(), body: Payload::Empty }
    }

    pub(crate) fn json(status: u16, body: Value) -> Reply {
        Reply { status, headers: Vec::new(), extra: Vec::new(), body: Payload::Json(body) }
    }

    pub(crate) fn raw(status: u16, media_type: &str, bytes: impl Into<Bytes>) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            extra: Vec::new(),
            body: Payload::Raw { media_type: media_type.to_owned(), bytes: bytes.into() },
        }
    }

    pub(crate) fn ok(body: Value) -> Reply {
        Reply::json(200, body)
    }

    pub(crate) fn created(body: Value) -> Reply {
        Reply::json(201, body)
    }

    pub(crate) fn no_content() -> Reply {
        Reply::empty(204)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn refuse(status: u16, key: &'static str, message: impl Into<String>) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            extra: Vec::new(),
            body: Payload::Refusal { key, message: message.into() },
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Reply {
        Reply::refuse(400, "sd.rest.error.invalid", message)
    }

    /// The negative result of a validation, for a request that could not be looked at.
    pub(crate) fn invalid_result(message: &str) -> Reply {
        let result = json!({
            "valid": false,
            "reasonKey": "sd.rest.error.invalid",
            "errorMessage": message,
            "errorMessages": [message],
        });
        Reply::json(400, result)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Reply {
        Reply::refuse(403, "sd.rest.error.permission", message)
    }

    pub(crate) fn not_found(what: &str) -> Reply {
        Reply::refuse(404, "sd.rest.error.notfound", format!("{what} does not exist, or you cannot see it."))
    }

    /// The gateway's words for a token whose scopes do not suffice, whichever API is behind it.
    pub(crate) fn scope_does_not_match() -> Reply {
        Reply::json(401, json!({"code": 401, "message": "Unauthorized; scope does not match"}))
    }

    /// An error that has nothing to do with the request itself: the same request works later.
    pub(crate) fn passing(message: impl Into<String>) -> Reply {
        Reply::refuse(400, PASSING, message)
    }

    /// Whether the same request may work later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(&self.body, Payload::Refusal { key, .. } if *key == PASSING)
    }

    /// What a refusal says.
    pub(crate) fn message(&self) -> Option<&str> {
        match &self.body {
            Payload::Refusal { message, .. } => Some(message),
            _ => None,
        }
    }

    /// The same answer with a refusal written as the API writes its errors.
    pub(crate) fn in_words_of(self, api: &str) -> Reply {
        let Payload::Refusal { key, message } = self.body else { return self };
        let body = match api {
            "csm" => json!({
                "errorMessage": message,
                "errors": [http::StatusCode::from_u16(self.status)
                    .ok()
                    .and_then(|status| status.canonical_reason())
                    .unwrap_or_default()
                    .to_uppercase()
                    .replace(' ', "_")],
                "statusCode": self.status,
            }),
            _ => json!({
                "errorMessage": message,
                "i18nErrorMessage": {"i18nKey": key, "parameters": []},
            }),
        };
        Reply { status: self.status, headers: self.headers, extra: self.extra, body: Payload::Json(body) }
    }
}
