//! The language of responses.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use http::header::HeaderValue;

use crate::error::Error;

/// The language that responses are requested in: a BCP 47 language tag, or several in order of preference. It is sent as
/// the header `Accept-Language`.
///
/// By default, texts are in the language of the account: names of request types and statuses, labels of fields, messages
/// of errors. Programs that compare such texts should set a language, for the client, a call or a list. A server
/// that does not have the language uses another one.
///
/// The header is sent with every request of either API. Atlassian also documents the query parameter `requestLanguage`
/// for service desks; this library does not send it.
///
/// ```
/// # use jsm_client::{Client, Language, servicedesk::request_type::SearchRequestTypes};
/// # fn example(jira: Client) -> Result<(), jsm_client::Error> {
/// let types = jira.items(SearchRequestTypes::new()).language("de-CH");
/// let swiss: Language = "de-CH, de;q=0.9, en;q=0.5".parse()?;
/// let types = jira.items(SearchRequestTypes::new()).language(swiss);
/// # Ok(())
/// # }
/// # assert!("de_CH.UTF-8".parse::<Language>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(HeaderValue);

impl Language {
    /// The value of the header `Accept-Language`.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || {
            Error::configuration(format!(
                "{text:?} is not a language; write a tag like de-CH, or several as in \"de-CH, en;q=0.5\""
            ))
        };
        if !text.split(',').all(|range| is_range(range.trim())) {
            return Err(wrong());
        }
        HeaderValue::from_str(text.trim()).map(Self).map_err(|_| wrong())
    }
}

/// Whether the text is a language tag, with its quality or without.
fn is_range(text: &str) -> bool {
    let (tag, quality) = match text.split_once(';') {
        Some((tag, quality)) => (tag.trim_end(), Some(quality.trim())),
        None => (text, None),
    };
    let is_tag = tag.split('-').enumerate().all(|(at, part)| {
        let fits = |c: char| c.is_ascii_alphabetic() || at > 0 && c.is_ascii_digit();
        (1..=8).contains(&part.len()) && part.chars().all(fits)
    });
    let is_quality = |text: &str| {
        let digits = text.strip_prefix("q=").filter(|digits| digits.len() <= 5);
        digits.and_then(|digits| digits.parse().ok()).is_some_and(|weight: f32| (0.0..=1.0).contains(&weight))
    };
    (is_tag || tag == "*") && quality.is_none_or(is_quality)
}

impl TryFrom<&str> for Language {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        text.parse()
    }
}

impl TryFrom<String> for Language {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Lets functions take a [`Language`] or text.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn only_language_tags_are_languages() {
        for text in
            ["de", "de-CH", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "fr, en;q=0.5, *;q=0.1", "de; q=1"]
        {
            assert!(text.parse::<Language>().is_ok(), "{text} was refused");
        }
        for text in [
            "",
            " ",
            "de_CH",
            "Deutsch!",
            "de-",
            "-de",
            "de,,en",
            "123",
            "de;q=2",
            "de;q=nan",
            "de;v=1",
            "dé",
            "de\r\nX-Evil: 1",
            "averylonglanguage",
        ] {
            let error = text.parse::<Language>().expect_err(text).to_string();
            assert!(error.contains("write a tag like de-CH"), "{error}");
        }
    }
}
