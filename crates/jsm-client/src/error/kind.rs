//! The kinds of failure.

/// The kind of a failure, coarse enough to decide what to do next.
///
/// More kinds may be added; match with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The credentials are missing, wrong or expired (401), or a login page came in place of the API's response.
    Authentication,
    /// The account or the token may not do this (403).
    Permission,
    /// The object does not exist, or the account may not see it (404).
    NotFound,
    /// The whole site does not respond as a site: it is suspended, moved or unknown (404). The object that was
    /// requested may well exist.
    SiteUnavailable,
    /// The state on the server forbids it, for example because the object exists already (409).
    Conflict,
    /// The server finds the request wrong (400 and other statuses of its class).
    InvalidRequest,
    /// Fields of the request, or of a form in it, are wrong; the error lists them (400 and 422).
    Validation,
    /// The request or a file in it is too large (413), or the response is larger than the client accepts.
    TooLarge,
    /// A rate limit refuses the request (429), and waiting for it would take longer than the deadline allows.
    RateLimited,
    /// The operation is experimental, and the program did not opt in.
    ExperimentalOptIn,
    /// The server failed (5xx).
    Server,
    /// The timeout of an attempt or the deadline passed.
    Timeout,
    /// The connection could not be made, or it broke.
    Connection,
    /// The response cannot be decoded as the output of the operation.
    Decode,
    /// An HTML page came with a status of success: usually a login page or a notice of a proxy.
    Html,
    /// The program's store of OAuth tokens failed to store or to load them.
    TokenStore,
    /// A list did not advance from page to page.
    Pagination,
    /// The client or the call is configured in a way that cannot work; nothing was sent.
    Configuration,
    /// Any other response, such as a redirect.
    Other,
}

impl ErrorKind {
    /// The kind that a status has by itself.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            403 => Self::Permission,
            404 => Self::NotFound,
            408 => Self::Timeout,
            409 => Self::Conflict,
            412 => Self::ExperimentalOptIn,
            413 => Self::TooLarge,
            422 => Self::Validation,
            429 => Self::RateLimited,
            400..=499 => Self::InvalidRequest,
            500..=599 => Self::Server,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorKind::*;
    use crate::error::Error;

    #[test]
    fn every_kind_but_other_has_one_predicate() {
        let predicates: [fn(&Error) -> bool; 16] = [
            Error::is_authentication,
            Error::is_configuration,
            Error::is_conflict,
            Error::is_connection,
            Error::is_decode,
            Error::is_experimental_opt_in,
            Error::is_invalid_request,
            Error::is_not_found,
            Error::is_pagination,
            Error::is_permission,
            Error::is_rate_limited,
            Error::is_server,
            Error::is_site_unavailable,
            Error::is_timeout,
            Error::is_token_store,
            Error::is_too_large,
        ];
        let kinds = [
            Authentication,
            Permission,
            NotFound,
            SiteUnavailable,
            Conflict,
            InvalidRequest,
            Validation,
            TooLarge,
            RateLimited,
            ExperimentalOptIn,
            Server,
            Timeout,
            Connection,
            Decode,
            Html,
            TokenStore,
            Pagination,
            Configuration,
            Other,
        ];
        for kind in kinds {
            let error = Error::new(kind, "");
            let count = predicates.iter().filter(|is| is(&error)).count();
            assert_eq!(count, usize::from(kind != Other), "{kind:?}");
        }
    }
}
