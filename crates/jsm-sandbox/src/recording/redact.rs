//! From an exchange to a fixture.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};

use super::exchange::{Body, Exchange};
use super::fixture::{Content, Fixture, FixtureRequest, FixtureResponse, Part};
use super::free_text;
use super::headers;
use super::json;
use super::operations::{self, Template};
use super::place::Place;
use super::texts::Replacer;
use super::{addresses, vocabulary};

/// The exchange without credentials and people.
pub(super) fn redact(replacer: &mut Replacer, exchange: &Exchange) -> Fixture {
    let template = match exchange.to_files {
        true => None,
        false => operations::find(&exchange.method, &exchange.path),
    };
    // Another method on the path of an operation is none.
    let template = template.filter(|template| template.info.method == exchange.method);
    let mut replace = |place: &Place, text: &str| replacer.text(place, text);
    let path = match exchange.to_files {
        // The recorder has made it.
        true => exchange.path.clone(),
        false => addresses::path(template, &exchange.path, &mut replace),
    };
    let query = addresses::query(template, &exchange.query, &mut replace);
    let info = template.map(|template: &Template| template.info);
    let place = info.map_or(Place::default(), Place::request);
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = methods.into_iter().find(|known| *known == exchange.method).unwrap_or("OTHER");
    let request = FixtureRequest {
        to_files: exchange.to_files,
        method: method.to_owned(),
        path,
        query,
        headers: headers::of_request(replacer, &exchange.request_headers),
        content: content(replacer, &exchange.request_body, &exchange.request_headers, &place),
    };
    let place =
        info.zip(exchange.status).map_or(Place::default(), |(info, status)| Place::response(info, status));
    let response = FixtureResponse {
        status: exchange.status,
        headers: headers::of_response(replacer, &exchange.response_headers),
        content: content(replacer, &exchange.response_body, &exchange.response_headers, &place),
        broken: exchange.broken,
    };
    let operation = info.map(|info| (info.api.to_owned(), format!("{} {}", info.method, info.path)));
    Fixture { operation, request, response }
}

fn content(replacer: &mut Replacer, body: &Body, headers: &HeaderMap, place: &Place) -> Content {
    let bytes = match body {
        Body::Length(0) => return Content::Empty,
        Body::Length(length) => return Content::Bytes(*length),
        Body::Parts(parts) => {
            return Content::Parts(parts.iter().map(|part| self::part(replacer, part)).collect());
        }
        Body::Whole(bytes) if bytes.is_empty() => return Content::Empty,
        Body::Whole(bytes) => bytes,
    };
    let media_type = headers.get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    let media_type = String::from_utf8_lossy(media_type).to_ascii_lowercase();
    let is_form = media_type.starts_with("application/x-www-form-urlencoded");
    let is_text = is_text(&media_type) || is_form || media_type.is_empty();
    if !is_text || is_encoded(headers) {
        return Content::Bytes(bytes.len() as u64);
    }
    let text = String::from_utf8_lossy(bytes);
    if is_form {
        return Content::Text(addresses::query(None, &text, &mut |place, text| replacer.text(place, text)));
    }
    let start = text.trim_start_matches([' ', '\t', '\n', '\r', '\u{feff}']);
    let is_json = media_type.contains("json") && !start.starts_with('<') || start.starts_with(['{', '[']);
    if is_json {
        let redacted = json::redact(replacer, &text, place);
        return match serde_json::from_str(&redacted.text) {
            Ok(value) if !redacted.is_odd => Content::Json(value),
            _ => Content::Text(redacted.text),
        };
    }
    Content::Text(document(replacer, &text))
}

/// Whether a body of this type is text.
pub(super) fn is_text(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().to_ascii_lowercase();
    ["text/", "json", "xml", "html", "javascript"].iter().any(|part| kind.contains(part))
}

/// Whether a body is compressed.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity")
}

/// A text that is not JSON: a page of a proxy, an error in XML, a sentence.
fn document(replacer: &mut Replacer, text: &str) -> String {
    let start = text.trim_start();
    if !start.starts_with('<') {
        return replacer.text(&Place::unknown(""), text);
    }
    let lower = start.to_ascii_lowercase();
    if !lower.starts_with("<!doctype html") && !lower.starts_with("<html") {
        let text = free_text::pseudonym(&mut replacer.pseudonyms, "error", text);
        let text = text.trim_start_matches("<p>").trim_end_matches("</p>");
        return format!("<Error><Message>{text}</Message></Error>");
    }
    // Clients know some pages by their titles.
    let title =
        start.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title);
    let title = title.map(|title| match vocabulary::is_phrase(title) {
        true => title.to_owned(),
        false => free_text::pseudonym(&mut replacer.pseudonyms, "title", title),
    });
    let title = title.map_or(String::new(), |title| format!("<title>{title}</title>"));
    let body = free_text::pseudonym(&mut replacer.pseudonyms, "page", text);
    format!("<!DOCTYPE html><html><head>{title}</head><body>{body}</body></html>")
}

fn part(replacer: &mut Replacer, part: &Part) -> Part {
    let Part { name, file, media_type, bytes } = part;
    let file = file.as_ref().map(|file| replacer.file_name(file));
    let name = if matches!(name.as_str(), "file" | "files") { name.clone() } else { replacer.key(name) };
    Part { name, file, media_type: headers::media_type(media_type), bytes: *bytes }
}
