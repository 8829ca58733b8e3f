//! What is the same for all pages of a list.
//!
//! The request for the first page is built as for any call. After that only the position in it changes, which spares
//! formatting and parsing the same address for every page.

use std::sync::OnceLock;

use jsm_raw::{Paged, Position, RequestError};
use reqwest::{Request, Url};

use crate::client::Client;
use crate::send::Options;

/// A list, as it is asked for.
pub(super) struct List<O> {
    pub(super) client: Client,
    pub(super) operation: O,
    pub(super) options: Options,
    built: OnceLock<(Position, Request)>,
}

impl<O: Paged> List<O> {
    pub(super) fn new(client: Client, operation: O, options: Options) -> Self {
        Self { client, operation, options, built: OnceLock::new() }
    }

    /// The request for the page at a position.
    pub(super) fn request(
        &self,
        http: &reqwest::Client,
        base: &str,
        at: &Position,
    ) -> Result<Request, RequestError> {
        // Whether the parameter can take a number of more than 31 bits, only the operation knows.
        let fits = !matches!(at, Position::Offset(n) | Position::Number(n) if i32::try_from(*n).is_err());
        let built = self.built.get().filter(|_| fits);
        let built = built.and_then(|(place, request)| Some((place, request.try_clone()?)));
        if let Some((place, mut request)) = built {
            if place != at {
                turn(request.url_mut(), O::PARAMETER, at);
            }
            return Ok(request);
        }
        let mut operation = self.operation.clone();
        operation.seek(at);
        let request = operation.request(http, base)?;
        if let Some(copy) = request.try_clone() {
            // If another page was faster, what it left does as well.
            let _ = self.built.set((at.clone(), copy));
        }
        Ok(request)
    }
}

/// Lets an address lead to another page.
fn turn(url: &mut Url, parameter: &str, at: &Position) {
    let value = match at {
        Position::Offset(number) | Position::Number(number) => number.to_string(),
        Position::Cursor(cursor) => form_urlencoded::byte_serialize(cursor.as_bytes()).collect(),
        _ => return,
    };
    let mut query = String::new();
    for pair in url.query().unwrap_or_default().split('&') {
        if !pair.is_empty() && !sets(pair, parameter) {
            query.extend([pair, "&"]);
        }
    }
    query.extend([parameter, "=", &value]);
    url.set_query(Some(&query));
}

/// Whether a part of a query gives the parameter its value.
pub(super) fn sets(pair: &str, parameter: &str) -> bool {
    pair.strip_prefix(parameter).is_some_and(|rest| rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use jsm_raw::Position;
    use reqwest::Url;

    use super::turn;

    #[test]
    fn changes_nothing_but_the_position() {
        let cursor = Position::Cursor("a+b=&c d".to_owned());
        for (before, at, after) in [
            ("?limit=50&start=0", Position::Offset(50), "?limit=50&start=50"),
            ("?start=0&limit=50", Position::Offset(50), "?limit=50&start=50"),
            ("?q=a%20b+c&restart=1", Position::Number(7), "?q=a%20b+c&restart=1&start=7"),
            ("", cursor, "?start=a%2Bb%3D%26c+d"),
            ("?limit=50", Position::Start, "?limit=50"),
        ] {
            let address = |query| Url::parse(&format!("https://acme.atlassian.net/x{query}"));
            let mut url = address(before).expect("it is an address");
            turn(&mut url, "start", &at);
            assert_eq!(Ok(url), address(after), "{before}");
        }
    }
}
