//! What all pages of a list share.
//!
//! The request for the first page is built as for any call. For the pages after it, only the position in the URL is
//! replaced, which spares formatting and parsing the same URL for every page. A list whose position is not in the URL has
//! no parameter for it, and each of its requests is built.

use std::sync::{Arc, OnceLock};

use jsm_raw::{Paginated, Position, RequestError};
use reqwest::{Request, Url};

use crate::error::Error;
use crate::response::Session;
use crate::transport::options::RequestOptions;

/// A list, as it is requested.
pub(super) struct List<O> {
    pub(super) session: Arc<Session>,
    pub(super) operation: O,
    pub(super) options: RequestOptions,
    built: OnceLock<(Position, Request)>,
    arguments: OnceLock<u64>,
}

impl<O: Paginated> List<O> {
    pub(super) fn new(session: Arc<Session>, operation: O, options: RequestOptions) -> Self {
        Self { session, operation, options, built: OnceLock::new(), arguments: OnceLock::new() }
    }

    /// An error of this list.
    pub(super) fn name(&self, error: Error) -> Error {
        error.with_operation(self.operation.info()).with_template(self.operation.template())
    }

    /// What distinguishes this list from others of the same operation: a hash of its request without position and page size.
    pub(super) fn arguments(&self) -> u64 {
        *self.arguments.get_or_init(|| {
            let mut operation = self.operation.clone();
            operation.set_page_size(1);
            // It follows one of these and ignores the others.
            for start in [Position::Offset(0), Position::Number(0), Position::Cursor(String::new())] {
                operation.seek(&start);
            }
            // A list is the same wherever its site is. What cannot be built is an error when it is sent.
            let Ok(request) = operation.request(self.session.transport.http.client(), "http://localhost")
            else {
                return 0;
            };
            let url = request.url();
            let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
            let below_gateway = operation.gateway_path().map(str::as_bytes);
            let parts = [url.path().as_bytes(), url.query().unwrap_or_default().as_bytes(), body];
            hash(parts.into_iter().chain(below_gateway))
        })
    }

    /// The request for the page at a position.
    pub(super) fn request(
        &self,
        http: &reqwest::Client,
        base: &str,
        at: &Position,
    ) -> Result<Request, RequestError> {
        let parameter = self.operation.position_parameter();
        // Whether the parameter can take a number of more than 31 bits, only the operation knows.
        let fits = !parameter.is_empty()
            && !matches!(at, Position::Offset(n) | Position::Number(n) if i32::try_from(*n).is_err());
        let built = self.built.get().filter(|_| fits);
        let built = built.and_then(|(place, request)| Some((place, request.try_clone()?)));
        if let Some((place, mut request)) = built {
            if place != at {
                set_position(request.url_mut(), parameter, at);
            }
            return Ok(request);
        }
        let mut operation = self.operation.clone();
        operation.seek(at);
        let request = operation.request(http, base)?;
        if let Some(copy) = request.try_clone() {
            // If another page was faster, its request is as good.
            let _ = self.built.set((at.clone(), copy));
        }
        Ok(request)
    }
}

/// FNV-1a, which is the same in every version of Rust, in as many bits as JSON numbers keep everywhere.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.iter().chain([&0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash >> 11
}

/// Replaces the position in the URL of a page.
fn set_position(url: &mut Url, parameter: &str, at: &Position) {
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

    use super::set_position;

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
            set_position(&mut url, "start", &at);
            assert_eq!(Ok(url), address(after), "{before}");
        }
    }
}
