//! How a file that broke off goes on: what is requested, and what the response is good for (RFC 9110, sections 13 and
//! 14).

use std::time::Duration;

use http::StatusCode;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName, HeaderValue,
    LAST_MODIFIED,
};

/// What identifies the version of a file: a strong `ETag`, or a `Last-Modified` that is as good as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validator {
    header: HeaderName,
    value: HeaderValue,
}

/// What is there of a file that broke off.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    /// The bytes that were received.
    pub(super) bytes: u64,
    /// The bytes of the whole file, if that is known.
    pub(super) total: Option<u64>,
    pub(super) validator: Option<Validator>,
    /// Whether the server can be asked for a part of the file.
    pub(super) ranges: bool,
}

/// What the response to another request for the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Continuation {
    /// It begins where the file broke off. The whole file has so many bytes.
    Rest(u64),
    /// It is the whole file once more, in the same version.
    Again,
    /// It is the whole file, and may be another version of it.
    Other,
    /// It is another part than was requested, or that of another version.
    Wrong,
}

impl Validator {
    /// The validator of a response, if it has one that allows two parts of a file to be joined.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let (header, value) = match only(headers, &ETAG) {
            Some(tag) if is_strong(tag) => (ETAG, tag),
            // Where there is a tag, no date may be used in its place.
            _ if headers.contains_key(ETAG) => return None,
            _ => (LAST_MODIFIED, only(headers, &LAST_MODIFIED).filter(|date| is_old(date, headers))?),
        };
        Some(Self { header, value: value.clone() })
    }

    /// The value of `If-Range`.
    pub(super) fn value(&self) -> &HeaderValue {
        &self.value
    }

    /// Whether a response has the same validator; `None` where it has none of this kind.
    fn is_same(&self, headers: &HeaderMap) -> Option<bool> {
        let values = headers.get_all(&self.header);
        values.iter().next()?;
        Some(values.iter().all(|value| *value == self.value))
    }
}

/// Whether the server refuses requests for a part of a file.
pub(super) fn refuses_ranges(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT_RANGES)
        .is_some_and(|ranges| ranges.as_bytes().trim_ascii().eq_ignore_ascii_case(b"none"))
}

impl Begun {
    /// The value of `Range`, with that of `If-Range`, where the missing part can be requested by itself.
    pub(super) fn range(&self) -> Option<(HeaderValue, HeaderValue)> {
        let validator = self.validator.as_ref().filter(|_| self.ranges && self.bytes > 0)?;
        let range = HeaderValue::try_from(format!("bytes={}-", self.bytes)).ok()?;
        Some((range, validator.value().clone()))
    }

    /// What a response of success is good for.
    pub(super) fn continuation(&self, status: StatusCode, headers: &HeaderMap) -> Continuation {
        let same = self.validator.as_ref().map(|validator| validator.is_same(headers));
        match status {
            StatusCode::PARTIAL_CONTENT if self.range().is_some() => match content_range(headers) {
                Some(Part { first, length, total })
                    if first == self.bytes && is_length(headers, length) && self.fits(same.flatten()) =>
                {
                    match (self.total, total) {
                        (Some(before), Some(now)) if before != now => Continuation::Wrong,
                        (Some(total), _) | (None, Some(total)) => Continuation::Rest(total),
                        // A part that ends early could not be distinguished from the end of the file.
                        (None, None) => Continuation::Wrong,
                    }
                }
                _ => Continuation::Wrong,
            },
            StatusCode::OK if same == Some(Some(true)) && self.has_length(headers) => Continuation::Again,
            StatusCode::OK => Continuation::Other,
            _ => Continuation::Wrong,
        }
    }

    /// Whether a part is of the same version. A server that has a tag sends it with every part; a date can be left out.
    fn fits(&self, same: Option<bool>) -> bool {
        let is_date = self.validator.as_ref().is_some_and(|validator| validator.header == LAST_MODIFIED);
        same.unwrap_or(is_date)
    }

    /// Whether the whole file can have as many bytes as before.
    fn has_length(&self, headers: &HeaderMap) -> bool {
        self.total.is_none_or(|total| is_length(headers, total))
    }
}

/// What `Content-Range` says of a part.
struct Part {
    /// Its first byte.
    first: u64,
    /// How many bytes it has.
    length: u64,
    /// How many bytes the whole file has.
    total: Option<u64>,
}

/// Whether a body can have as many bytes. Some servers announce a part and send the whole file.
fn is_length(headers: &HeaderMap, bytes: u64) -> bool {
    let length = only(headers, &CONTENT_LENGTH).and_then(|value| number(value.as_bytes()));
    length.is_none_or(|length| length == bytes)
}

/// The value of a header that comes once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether an entity tag is strong: `"..."`, not `W/"..."`.
fn is_strong(tag: &HeaderValue) -> bool {
    let inner = tag.as_bytes().strip_prefix(b"\"").and_then(|tag| tag.strip_suffix(b"\""));
    inner.is_some_and(|inner| !inner.contains(&b'"'))
}

/// Whether a file was last modified so long before it was sent that no second change can have had the same date.
fn is_old(modified: &HeaderValue, headers: &HeaderMap) -> bool {
    let time = |value: &HeaderValue| httpdate::parse_http_date(value.to_str().ok()?).ok();
    let (Some(modified), Some(sent)) = (time(modified), only(headers, &DATE).and_then(time)) else {
        return false;
    };
    sent.duration_since(modified).is_ok_and(|age| age >= Duration::from_secs(1))
}

/// The part that a response has: `bytes 5-13/14` or `bytes 5-13/*`. One that ends before the file does is read to its
/// end, and the rest requested.
fn content_range(headers: &HeaderMap) -> Option<Part> {
    let text = only(headers, &CONTENT_RANGE)?.to_str().ok()?.trim();
    let (unit, range) = text.split_once(' ')?;
    let (range, total) = range.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (number(first.as_bytes())?, number(last.as_bytes())?);
    let total = match total {
        "*" => None,
        total => Some(number(total.as_bytes())?),
    };
    let fits = unit.eq_ignore_ascii_case("bytes") && first <= last && total.is_none_or(|total| last < total);
    let length = last.checked_sub(first)?.checked_add(1)?;
    fits.then_some(Part { first, length, total })
}

/// A number of digits alone.
fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Begun, Continuation, Validator};

    const OLD: &str = "Tue, 05 Mar 2024 09:00:00 GMT";
    const NOW: &str = "Tue, 05 Mar 2024 10:00:00 GMT";

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| {
            let name = HeaderName::try_from(*name).expect("it is a name");
            (name, HeaderValue::from_str(value).expect("it is a value"))
        };
        pairs.iter().map(header).collect()
    }

    #[test]
    fn only_strong_validators_join_parts() {
        for (pairs, value) in [
            (&[("etag", "\"a\"")][..], Some("\"a\"")),
            (&[("etag", "\"\"")], Some("\"\"")),
            (&[("etag", "W/\"a\"")], None),
            (&[("etag", "a")], None),
            (&[("etag", "\"")], None),
            (&[("etag", "\"a\""), ("etag", "\"b\"")], None),
            (&[("last-modified", OLD), ("date", NOW)], Some(OLD)),
            (&[("last-modified", OLD), ("date", NOW), ("etag", "\"a\"")], Some("\"a\"")),
            (&[("last-modified", OLD), ("date", NOW), ("etag", "W/\"a\"")], None),
            (&[("last-modified", OLD)], None),
            (&[("last-modified", NOW), ("date", NOW)], None),
            (&[("last-modified", NOW), ("date", OLD)], None),
            (&[("last-modified", "yesterday"), ("date", NOW)], None),
            (&[("date", NOW)], None),
        ] {
            let validator = Validator::of(&headers(pairs));
            let found = validator.as_ref().map(|validator| validator.value().to_str().expect("it is text"));
            assert_eq!(found, value, "{pairs:?}");
        }
    }

    #[test]
    fn a_response_continues_the_file_if_it_is_the_part_that_is_missing() {
        use Continuation::{Again, Other, Rest, Wrong};
        let tag = |total| Begun {
            bytes: 5,
            total,
            validator: Validator::of(&headers(&[("etag", "\"a\"")])),
            ranges: true,
        };
        let date = Validator::of(&headers(&[("last-modified", OLD), ("date", NOW)]));
        let date = Begun { validator: date, ..tag(Some(14)) };
        let unknown = Begun { validator: None, ..tag(Some(14)) };
        let whole = Begun { ranges: false, ..tag(Some(14)) };
        let same = ("etag", "\"a\"");
        let part = |range| vec![("content-range", range), same];
        for (begun, status, pairs, continuation) in [
            (tag(Some(14)), 206, part("bytes 5-13/14"), Rest(14)),
            (tag(Some(14)), 206, part("Bytes 5-13/*"), Rest(14)),
            (tag(None), 206, part("bytes 5-13/14"), Rest(14)),
            (tag(None), 206, part("bytes 5-13/*"), Wrong),
            (tag(Some(14)), 206, part("bytes 5-7/14"), Rest(14)),
            (tag(Some(14)), 206, [part("bytes 5-13/14"), vec![("content-length", "9")]].concat(), Rest(14)),
            (tag(Some(14)), 206, [part("bytes 5-13/14"), vec![("content-length", "14")]].concat(), Wrong),
            (tag(Some(14)), 206, [part("bytes 5-13/14"), vec![("content-length", "0")]].concat(), Wrong),
            (tag(Some(14)), 206, part("bytes 4-13/14"), Wrong),
            (tag(Some(14)), 206, part("bytes 6-13/14"), Wrong),
            (tag(Some(14)), 206, part("bytes 0-13/14"), Wrong),
            (tag(Some(14)), 206, part("bytes 5-14/15"), Wrong),
            (tag(Some(14)), 206, part("bytes 5-14/14"), Wrong),
            (tag(Some(14)), 206, part("bytes 5-4/14"), Wrong),
            (tag(Some(14)), 206, part("bytes +5-13/14"), Wrong),
            (tag(Some(14)), 206, part("bytes */14"), Wrong),
            (tag(Some(14)), 206, part("items 5-13/14"), Wrong),
            (tag(Some(14)), 206, part("bytes 5-99999999999999999999/*"), Wrong),
            (tag(Some(14)), 206, part("größe"), Wrong),
            (tag(Some(14)), 206, vec![same], Wrong),
            (tag(Some(14)), 206, vec![("content-range", "bytes 5-13/14")], Wrong),
            (tag(Some(14)), 206, vec![("content-range", "bytes 5-13/14"), ("etag", "\"b\"")], Wrong),
            (tag(Some(14)), 206, vec![("content-range", "bytes 5-13/14"), ("etag", "W/\"a\"")], Wrong),
            (date.clone(), 206, vec![("content-range", "bytes 5-13/14")], Rest(14)),
            (date.clone(), 206, vec![("content-range", "bytes 5-13/14"), ("last-modified", NOW)], Wrong),
            (tag(Some(14)), 200, vec![same], Again),
            (tag(Some(14)), 200, vec![same, ("content-length", "14")], Again),
            (tag(Some(14)), 200, vec![same, ("content-length", "15")], Other),
            (tag(Some(14)), 200, vec![("etag", "\"b\"")], Other),
            (tag(Some(14)), 200, vec![], Other),
            (date, 200, vec![], Other),
            (unknown.clone(), 200, vec![same], Other),
            (unknown, 206, part("bytes 5-13/14"), Wrong),
            (whole.clone(), 206, part("bytes 5-13/14"), Wrong),
            (whole, 200, vec![same], Again),
            (tag(Some(14)), 204, vec![], Wrong),
        ] {
            let status = StatusCode::from_u16(status).expect("it is a status");
            assert_eq!(
                begun.continuation(status, &headers(&pairs)),
                continuation,
                "{begun:?} {status} {pairs:?}"
            );
        }
    }

    #[test]
    fn nothing_is_requested_in_part_before_the_first_byte_or_without_a_validator() {
        let validator = Validator::of(&headers(&[("etag", "\"a\"")]));
        let begun = Begun { bytes: 5, total: None, validator, ranges: true };
        let (range, if_range) = begun.range().expect("there is a validator");
        assert_eq!(
            (range, if_range),
            (HeaderValue::from_static("bytes=5-"), HeaderValue::from_static("\"a\""))
        );
        assert_eq!(Begun { bytes: 0, ..begun.clone() }.range(), None);
        assert_eq!(Begun { ranges: false, ..begun.clone() }.range(), None);
        assert_eq!(Begun { validator: None, ..begun }.range(), None);
    }
}
