//! Where files are: servers lead to them by redirects, mostly to another origin.

use std::time::Duration;

use bytes::Bytes;
use jsm_raw::OperationInfo;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, LOCATION};
use reqwest::{Method, Request, Response, StatusCode, Url};

use super::deadline::Deadline;
use super::downloads::AS_IT_IS;
use crate::client::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::send;

/// How many redirects are followed, one after the other.
const MOST_HOPS: u32 = 5;

/// Goes where a redirect leads, and on from there, up to the file.
///
/// Every hop is checked by itself: credentials go to the client's own origins alone, and no hop leads from https to
/// http or to a login page.
pub(super) async fn follow(
    shared: &Shared,
    info: &'static OperationInfo,
    (mut status, mut headers): (StatusCode, HeaderMap),
    mut from: Url,
    deadline: Deadline<'_>,
    idle: Duration,
) -> Result<Response> {
    for _ in 0..MOST_HOPS {
        let target = target(shared, &from, status, &headers)?;
        let mut request = Request::new(Method::GET, target);
        request.headers_mut().insert(ACCEPT_ENCODING, AS_IT_IS);
        if shared.site.owns(request.url()) {
            let mut authorization =
                shared.credentials.authorization(None).await.map_err(send::no_credentials)?;
            authorization.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, authorization);
            if shared.experimental {
                send::opt_in(request.headers_mut());
            }
        }
        let http = shared.http.for_files(request.url())?;
        let time = idle.min(deadline.left());
        let response = tokio::time::timeout(time, http.execute(request)).await;
        let response = response
            .map_err(|_| Error::new(ErrorKind::Timeout, "no answer in time from where the file is"))?
            .map_err(send::transport)?;
        status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        headers = response.headers().clone();
        from = response.url().clone();
        if !is_hop(status) {
            let asked = crate::retry::retry_after(&headers, shared.clock.date());
            let body = send::read_start(response, crate::error::KEPT, idle.min(deadline.left())).await;
            return Err(Error::answered(info, status, &headers, body).with_retry_after(asked));
        }
    }
    let note = format!("the file's address redirects more than {MOST_HOPS} times, which is not followed");
    Err(Error::new(ErrorKind::Other, note).with_answer(status, &headers, Bytes::new()))
}

/// Whether a status leads to another address.
pub(super) fn is_hop(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The address that a redirect leads to, if it may be followed.
fn target(shared: &Shared, from: &Url, status: StatusCode, headers: &HeaderMap) -> Result<Url> {
    let wrong = |note: &str| Error::new(ErrorKind::Other, note).with_answer(status, headers, Bytes::new());
    let place = headers.get(LOCATION).filter(|_| is_hop(status));
    let place = place.ok_or_else(|| wrong("the server redirects without saying where to"))?;
    let target =
        from.join(&escaped(place.as_bytes())).map_err(|_| wrong("the server redirects to no address"))?;
    if is_login(shared, &target) {
        let note = "redirected to a login page; check the site's address and the credentials";
        return Err(wrong(note).with_kind(ErrorKind::Authentication));
    }
    if target.scheme() != "https" && target.scheme() != from.scheme() {
        return Err(wrong("the server redirects to an address without encryption"));
    }
    Ok(target)
}

/// An address with blanks and what is not ASCII escaped byte by byte, in whichever encoding it is.
fn escaped(place: &[u8]) -> String {
    let mut text = String::with_capacity(place.len());
    for byte in place.trim_ascii() {
        match byte {
            b'!'..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Whether an address is where people log in.
fn is_login(shared: &Shared, target: &Url) -> bool {
    target.host_str() == Some("id.atlassian.com")
        || shared.site.owns(target) && target.path().starts_with("/login")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn escapes_what_an_address_cannot_hold() {
        for (place, written) in [
            (&b" /a b.pdf?name=c d "[..], "/a%20b.pdf?name=c%20d"),
            ("/f/Größe 東.pdf".as_bytes(), "/f/Gr%C3%B6%C3%9Fe%20%E6%9D%B1.pdf"),
            (b"/latin/\xfcber.txt", "/latin/%FCber.txt"),
            (b"https://x.example.com/%20?a=%41#b", "https://x.example.com/%20?a=%41#b"),
        ] {
            assert_eq!(escaped(place), written);
        }
    }
}
