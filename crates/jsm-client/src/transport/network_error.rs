//! Requests without a response: what the errors of reqwest, hyper and the TLS library mean.

use std::error::Error as StdError;
use std::io;

use jsm_raw::RequestError;

use crate::error::{Error, ErrorKind};

/// The note of a timeout.
pub(super) const NO_RESPONSE: &str = "no response in time";

/// What a request without a response means for sending it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It fails again, however often it is sent.
    Permanent,
    /// The connection ended before any of the request was written.
    NotWritten,
    /// The connection ended before a response began.
    NoResponse,
    /// Anything else, such as a connection that could not be made.
    Other,
}

impl Fault {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if certificate(error).is_some() || error.is_builder() {
            return Self::Permanent;
        }
        if error.is_timeout() || error.is_connect() {
            return Self::Other;
        }
        match sources(error).find_map(|source| source.downcast_ref::<hyper::Error>()) {
            // hyper takes back what it has not begun to send.
            Some(error) if error.is_canceled() => Self::NotWritten,
            Some(error) if error.is_parse() || error.is_user() || error.is_timeout() => Self::Other,
            Some(_) => Self::NoResponse,
            None => Self::Other,
        }
    }
}

/// What is wrong with the server's certificate, if that is what failed.
fn certificate(error: &reqwest::Error) -> Option<String> {
    if !error.is_connect() {
        return None;
    }
    #[cfg(feature = "rustls")]
    for source in sources(error) {
        match source.downcast_ref::<rustls::Error>() {
            Some(wrong @ rustls::Error::InvalidCertificate(_)) => return Some(wrong.to_string()),
            Some(wrong @ rustls::Error::NoCertificatesPresented) => return Some(wrong.to_string()),
            _ => {}
        }
    }
    // Other TLS libraries have text only: OpenSSL, Secure Transport and SChannel all name the certificate.
    sources(error).map(ToString::to_string).find(|text| text.to_ascii_lowercase().contains("certificate"))
}

/// The error for a request without a response. It leaves out the address, which can hold private data.
pub(crate) fn describe(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let unreadable = sources(&error).find_map(|cause| cause.downcast_ref::<RequestError>());
    if let Some(note) = unreadable.map(ToString::to_string) {
        // A file of the request cannot be read.
        return Error::configuration(note).with_source(error);
    }
    let (kind, note) = if let Some(wrong) = certificate(&error) {
        let note = format!("the certificate of the server is not accepted: {wrong}");
        return Error::new(ErrorKind::Connection, note).with_source(error);
    } else if error.is_timeout() {
        (ErrorKind::Timeout, NO_RESPONSE)
    } else if error.is_connect() {
        (ErrorKind::Connection, "no connection to the server")
    } else if error.is_builder() || error.is_request() && error.is_redirect() {
        (ErrorKind::Configuration, "the request cannot be sent")
    } else {
        (ErrorKind::Connection, "the connection broke")
    };
    Error::new(kind, note).with_source(error)
}

/// An error and its sources, to the last one.
fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // The source of an I/O error is that of the error in it, which would be left out.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}
