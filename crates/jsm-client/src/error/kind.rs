//! What kinds of failure there are.

/// What went wrong, coarsely enough to decide what to do next.
///
/// More kinds may come; match with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The credentials are missing, wrong or expired (401), or a login page answered in place of the API.
    Authentication,
    /// The account or the token may not do this (403).
    Permission,
    /// There is no such thing, or the account may not see it (404).
    NotFound,
    /// The whole site does not respond as a site: it is suspended, moved or unknown (404). It says nothing about what
    /// was asked for, which may well exist.
    SiteUnavailable,
    /// The state of things forbids it, for example because it exists already (409).
    Conflict,
    /// The server found the request wrong (400 and other statuses of its class).
    InvalidRequest,
    /// Fields of the request, or answers of a form, are wrong; they are listed (400 and 422).
    Validation,
    /// The request, or a file in it, is too large (413), or an answer is larger than the client takes.
    TooLarge,
    /// Too many requests (429), and waiting for a free slot would take longer than the call may.
    RateLimited,
    /// The operation is experimental and nobody opted in.
    ExperimentalOptIn,
    /// The server failed (5xx).
    Server,
    /// The call took longer than it may.
    Timeout,
    /// No connection, or it broke.
    Connection,
    /// The answer is not what the operation answers with.
    Decode,
    /// An HTML page came with a status of success: usually a login page or a proxy's notice.
    Html,
    /// The program's store of OAuth tokens failed, when tokens were to be stored or read again.
    TokenStore,
    /// A list did not advance from page to page.
    Pagination,
    /// The client or the call is set up in a way that cannot work; nothing was sent.
    Configuration,
    /// Any other answer, such as a redirect.
    Other,
}

impl ErrorKind {
    /// The kind that a status means by itself.
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
