//! Addresses, paths and queries. Fixed parts stay, and each value is replaced as in a body.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::operations::{self, Template};
use super::place::Place;
use super::vocabulary;

/// What a segment of a path may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b',');

/// What replaces a text at a place.
pub(super) type Replace<'a> = &'a mut dyn FnMut(&Place, &str) -> String;

/// Whether a text is nothing but an absolute address, or a path.
pub(super) fn is_address(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let is_absolute = lower.starts_with("http://") || lower.starts_with("https://");
    (is_absolute || text.starts_with('/') && text.len() > 1) && !text.chars().any(char::is_whitespace)
}

/// Scheme and authority of an absolute address, in small letters, and the rest; an empty origin for a path.
pub(super) fn split_origin(address: &str) -> (String, &str) {
    if address.starts_with('/') {
        return (String::new(), address);
    }
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find(['/', '?', '#', '\\']).map_or(address.len(), |at| start + at);
    (address[..end].to_ascii_lowercase(), &address[end..])
}

/// What follows the origin of an address: path, query and fragment.
pub(super) fn rest(method: &str, rest: &str, replace: Replace<'_>) -> String {
    let (rest, fragment) =
        rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let template = operations::find(method, path);
    let mut made = self::path(template, path, replace);
    if let Some(query) = query {
        made.push('?');
        made += &self::query(template, query, replace);
    }
    if let Some(fragment) = fragment {
        made.push('#');
        made += &replaced_segment(&Place::id(), fragment, replace);
    }
    made
}

/// A path, percent-encoded before and after.
pub(super) fn path(template: Option<&Template>, path: &str, replace: Replace<'_>) -> String {
    let mut segments = Vec::new();
    let mut before = "";
    for (at, segment) in path.split('/').enumerate() {
        let expected = template.map(|template| template.segments[at]);
        segments.push(match (template, expected) {
            (Some(template), Some(expected)) if operations::is_parameter(expected) => {
                let name = expected.trim_matches(['{', '}']);
                let place = Place::parameter(template.info, "path", name).unwrap_or_else(Place::id);
                replaced_segment(&place, segment, replace)
            }
            (Some(_), _) => segment.to_owned(),
            _ if vocabulary::is_segment(segment) => segment.to_owned(),
            // The version of an API.
            _ if before == "api" && matches!(segment, "1" | "1.0" | "2" | "3" | "v1") => segment.to_owned(),
            _ => replaced_segment(&Place::id(), segment, replace),
        });
        before = segment;
    }
    segments.join("/")
}

fn replaced_segment(place: &Place, segment: &str, replace: Replace<'_>) -> String {
    let text = percent_decode_str(segment).decode_utf8_lossy();
    utf8_percent_encode(&replace(place, &text), SEGMENT).to_string()
}

/// A query without the question mark, encoded before and after.
pub(super) fn query(template: Option<&Template>, query: &str, replace: Replace<'_>) -> String {
    let mut made = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let documented = template.and_then(|template| Place::parameter(template.info, "query", &name));
        let is_known = documented.is_some() || vocabulary::is_name(&name);
        let known_name = if is_known { name.to_string() } else { replace(&Place::id(), &name) };
        let place = documented.unwrap_or_else(|| Place::unknown(if is_known { &name } else { "" }));
        // Several names can be in one parameter, with commas between them.
        let is_list =
            place.is_list() || matches!(place.name.as_str(), "expand" | "fields" | "properties" | "orderBy");
        let value = match is_list {
            true => {
                let item = place.item();
                let place = if place.is_list() { &item } else { &place };
                value.split(',').map(|value| parameter(place, value, replace)).collect::<Vec<_>>().join(",")
            }
            false => parameter(&place, &value, replace),
        };
        made.append_pair(&known_name, &value);
    }
    made.finish()
}

/// A value of a query. Counts stay, which say where a page begins and how long it is.
fn parameter(place: &Place, value: &str, replace: Replace<'_>) -> String {
    let is_small = value.len() <= 7 && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_count = vocabulary::is_count(&place.name) || place.is_number() && !place.holds_id();
    let is_language = place.name == "requestLanguage"
        && value.len() <= 7
        && value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
        && value.split('-').all(|part| part.len() <= 2 || part.len() == 4);
    if is_small && is_count || is_language { value.to_owned() } else { replace(place, value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> String {
        rest("GET", text, &mut |_, text| format!("<{text}>"))
    }

    #[test]
    fn fixed_parts_stay_and_values_are_replaced() {
        for (address, expected) in [
            (
                "/rest/servicedeskapi/request/HELP-1?expand=sla,status",
                "/rest/servicedeskapi/request/%3CHELP-1%3E?expand=%3Csla%3E%2C%3Cstatus%3E",
            ),
            (
                "/rest/servicedeskapi/servicedesk/1/customer?start=50&limit=50&query=ada+l",
                "/rest/servicedeskapi/servicedesk/%3C1%3E/customer?start=50&limit=50&query=%3Cada+l%3E",
            ),
            (
                "/jsm/csm/cloudid/c10d/api/v1/customer/qm%3A1",
                "/jsm/csm/cloudid/%3Cc10d%3E/api/v1/customer/%3Cqm:1%3E",
            ),
            (
                "/rest/api/3/user?accountId=a&Ada=1#top",
                "/rest/api/3/user?accountId=%3Ca%3E&%3CAda%3E=%3C1%3E#%3Ctop%3E",
            ),
            (
                "/secret/a%40b.example?requestLanguage=de-AT",
                "/%3Csecret%3E/%3Ca@b.example%3E?requestLanguage=de-AT",
            ),
            ("/rest/servicedeskapi", "/rest/servicedeskapi"),
            ("", ""),
        ] {
            assert_eq!(replaced(address), expected, "{address}");
        }
    }

    #[test]
    fn an_origin_ends_before_the_path() {
        for (address, origin, rest) in [
            ("https://Acme.example.net/a?b", "https://acme.example.net", "/a?b"),
            ("https://acme.example.net", "https://acme.example.net", ""),
            ("http://me:secret@acme.example.net:80?x", "http://me:secret@acme.example.net:80", "?x"),
            ("/a", "", "/a"),
        ] {
            assert_eq!(split_origin(address), (origin.to_owned(), rest));
        }
    }
}
