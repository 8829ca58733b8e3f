//! What is known only by the words of a server.
//!
//! Where a code, a key or a header exists, it decides. These texts are for what has none. A server that uses other
//! words, or another language, is not recognised, and its error keeps the kind of its status.

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The token lacks a scope that the operation needs; renewing it does not help.
    MissingScope,
    /// The whole site is suspended, moved or unknown.
    SiteUnavailable,
    /// The title of the page that says so.
    SiteUnavailablePage,
    /// The token endpoint refuses the refresh token.
    RefreshToken,
    /// The token endpoint refuses the authorization code.
    Code,
    /// The token endpoint refuses the app.
    App,
    /// The server has as many unfinished tasks as it takes.
    TaskLimit,
}

/// What it means, the text in lower case, and where it was seen.
const KNOWN: [(Meaning, &str, &str); 12] = [
    (
        Meaning::MissingScope,
        "scope does not match",
        "gateway, 401: raycast/extensions#11212, pipedream#20210",
    ),
    (Meaning::MissingScope, "insufficient scope", "the words of RFC 6750, section 3.1"),
    (Meaning::MissingScope, "insufficient_scope", "the code of RFC 6750, section 3.1, inside a text"),
    (Meaning::SiteUnavailable, "site temporarily unavailable", "site, 404: trufflesecurity/trufflehog#3674"),
    (
        Meaning::SiteUnavailablePage,
        "atlassian cloud notifications",
        "site, 404 in HTML: pycontribs/jira#1525",
    ),
    (
        Meaning::RefreshToken,
        "refresh_token",
        "token endpoint, 403 unauthorized_client: raycast/extensions#11836",
    ),
    (Meaning::RefreshToken, "refresh token", "token endpoint, 403 invalid_grant: the refresh tokens page"),
    (
        Meaning::Code,
        "authorization code",
        "token endpoint, 403 invalid_grant: the words of RFC 6749, section 5.2",
    ),
    (Meaning::Code, "authorization_code", "the grant type of RFC 6749, section 4.1.3"),
    (Meaning::App, "grant type", "token endpoint, unauthorized_client: the words of RFC 6749, section 5.2"),
    (Meaning::App, "client", "token endpoint, unauthorized_client: the words of RFC 6749, section 5.2"),
    (Meaning::TaskLimit, "maximum number of tasks", "bulk operations, 400: the bulk APIs page"),
];

/// Whether the text is known to mean this.
pub(crate) fn says(text: &str, meaning: Meaning) -> bool {
    let text = text.to_ascii_lowercase();
    KNOWN.iter().any(|(known, part, _)| *known == meaning && text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Meaning, says};

    #[test]
    fn every_text_has_a_source_and_can_match() {
        for (meaning, text, source) in KNOWN {
            assert!(!source.is_empty() && says(&text.to_ascii_uppercase(), meaning), "{text}");
        }
        assert!(!says("Der Bereich passt nicht", Meaning::MissingScope));
    }
}
