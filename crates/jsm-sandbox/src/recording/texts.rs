//! The replacement of a text or a number, by its place and by what it looks like.

use std::collections::HashSet;

use super::addresses;
use super::dates;
use super::fixture::{FILES, GATEWAY, SITE};
use super::free_text;
use super::ids;
use super::place::Place;
use super::pseudonyms::Pseudonyms;
use super::vocabulary;

/// Replaces texts and numbers, and keeps the table of pseudonyms.
pub(super) struct Replacer {
    pub(super) pseudonyms: Pseudonyms,
    /// The texts that the user allows.
    keep: HashSet<String>,
    /// The origins of the servers, in small letters, each with its placeholder.
    origins: Vec<(String, &'static str)>,
    /// By how many days dates are moved.
    days: i64,
}

/// The origins of the servers that take part in a recording.
pub(super) struct Origins {
    pub(super) site: String,
    pub(super) gateway: String,
    /// Those of the recorder, which its clients use in their place.
    pub(super) own: String,
    pub(super) own_files: String,
}

impl Replacer {
    pub(super) fn new(origins: &Origins, keep: HashSet<String>, days: i64) -> Replacer {
        let origins = [
            (&origins.site, SITE),
            (&origins.own, SITE),
            (&origins.own_files, FILES),
            // The same as the site's where a sandbox is recorded.
            (&origins.gateway, GATEWAY),
        ];
        let origins =
            origins.map(|(origin, placeholder)| (origin.to_ascii_lowercase(), placeholder)).to_vec();
        Replacer { pseudonyms: Pseudonyms::default(), keep, origins, days }
    }

    /// A text of a body or a parameter.
    pub(super) fn text(&mut self, place: &Place, text: &str) -> String {
        let is_flag = matches!(text, "true" | "false");
        if text.trim().is_empty()
            || is_flag
            || self.keep.contains(text)
            || place.lists(text)
            || vocabulary::is_constant(text)
            || vocabulary::is_phrase(text)
            || vocabulary::is_structural(&place.name, text)
        {
            return text.to_owned();
        }
        if let Some(known) = self.pseudonyms.known(text) {
            return known.to_owned();
        }
        if let Some(date) = self.date(text) {
            return date;
        }
        if addresses::is_address(text) {
            return self.address("GET", text);
        }
        match place.name.as_str() {
            "jql" | "cql" => return self.query_language(text),
            "filename" | "fileName" => return self.file_name(text),
            // Programs read it as the name of a time zone.
            "timeZone" | "timezone" => return "Etc/UTC".to_owned(),
            _ => {}
        }
        match ids::pseudonym(&mut self.pseudonyms, text, place.holds_id()) {
            Some(id) => id,
            None => free_text::pseudonym(&mut self.pseudonyms, &place.name, text),
        }
    }

    /// The name of a file, with its end if it is a usual one.
    pub(super) fn file_name(&mut self, name: &str) -> String {
        let end = vocabulary::extension(name);
        self.pseudonyms.of(name, "file", |n| format!("file-{n}{end}"))
    }

    /// A date, if the text is one.
    pub(super) fn date(&self, text: &str) -> Option<String> {
        dates::moved(text, self.days)
    }

    /// A number of a body, in the notation of JSON.
    pub(super) fn number(&mut self, place: &Place, text: &str) -> String {
        if self.keep.contains(text) {
            return text.to_owned();
        }
        let millis = text.parse().ok().filter(|number| dates::is_millis(*number));
        if let Some(millis) = millis.filter(|_| place.holds_time()) {
            return dates::moved_millis(millis, self.days).to_string();
        }
        let is_small = text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_count = place.is_number() || is_small && vocabulary::is_count(&place.name);
        if is_count && !place.holds_id() && !place.holds_millis {
            return text.to_owned();
        }
        // The integer part is replaced as its text is, so that an id is equal to itself in a path. A fraction and an
        // exponent keep their form.
        let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(end);
        let whole = ids::pseudonym(&mut self.pseudonyms, digits, false).unwrap_or_else(|| "1".to_owned());
        let rest: String = rest.chars().map(|c| if c.is_ascii_digit() { '5' } else { c }).collect();
        format!("{sign}{whole}{rest}")
    }

    /// The name of a property that the document does not know, and whether it is kept.
    pub(super) fn name(&mut self, name: &str) -> (String, bool) {
        let is_known = vocabulary::is_name(name) || vocabulary::is_field(name) || self.keep.contains(name);
        if is_known { (name.to_owned(), true) } else { (self.key(name), false) }
    }

    /// A key of a map. Keys can be anything: names of fields, ids, names of people.
    pub(super) fn key(&mut self, key: &str) -> String {
        if key.is_empty() || vocabulary::is_field(key) || self.keep.contains(key) {
            return key.to_owned();
        }
        if addresses::is_address(key) {
            return self.address("GET", key);
        }
        if let Some(id) = ids::pseudonym(&mut self.pseudonyms, key, false) {
            return id;
        }
        self.pseudonyms.of(key, "key", |n| format!("key-{n}"))
    }

    /// An address, or a path.
    pub(super) fn address(&mut self, method: &str, address: &str) -> String {
        let (origin, rest) = addresses::split_origin(address);
        let origin = self.origin(&origin);
        let number = rest.strip_prefix("/file/").filter(|_| origin == FILES);
        if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            // The recorder has made it.
            return format!("{origin}{rest}");
        }
        // A backslash counts as a slash where programs read addresses.
        let rest =
            addresses::rest(method, &rest.replace('\\', "/"), &mut |place, text| self.text(place, text));
        format!("{origin}{rest}")
    }

    fn origin(&mut self, origin: &str) -> String {
        if origin.is_empty() {
            return String::new();
        }
        if let Some((_, placeholder)) = self.origins.iter().find(|(known, _)| known == origin) {
            return (*placeholder).to_owned();
        }
        match origin.split_once("://") {
            Some((_, host)) if vocabulary::is_host(host) => origin.to_owned(),
            _ => self.pseudonyms.of(origin, "host", |n| format!("https://host-{n}.example.com")),
        }
    }

    /// A query in JQL: operators, fields and functions stay, values are replaced.
    fn query_language(&mut self, query: &str) -> String {
        let mut made = String::new();
        let mut rest = query;
        while let Some(first) = rest.chars().next() {
            let is_mark = |c: char| c.is_whitespace() || "=!<>~(),".contains(c);
            let (value, after, quote) = match first {
                '"' | '\'' => {
                    let inner = &rest[1..];
                    let end = inner.find(first);
                    let (value, after) =
                        (&inner[..end.unwrap_or(inner.len())], end.map_or("", |end| &inner[end + 1..]));
                    (value, after, Some(first))
                }
                _ if is_mark(first) => {
                    made.push(first);
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
                _ => {
                    let end = rest.find(|c: char| is_mark(c) || c == '"' || c == '\'').unwrap_or(rest.len());
                    (&rest[..end], &rest[end..], None)
                }
            };
            let value = match is_word_of_jql(value) {
                true => value.to_owned(),
                false => self.text(&Place::unknown(""), value),
            };
            match quote {
                Some(quote) => made.extend([quote].into_iter().chain(value.chars()).chain([quote])),
                // What was one word stays one.
                None => made += &value.replace(' ', "-"),
            }
            rest = after;
        }
        made
    }
}

/// Whether a word of a query is part of the language, or a span of time such as `-7d`.
fn is_word_of_jql(word: &str) -> bool {
    let span = word.trim_start_matches(['-', '+']).strip_suffix(['m', 'h', 'd', 'w', 'y']);
    let is_span =
        |digits: &str| (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    vocabulary::is_jql(word) || span.is_some_and(is_span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replacer() -> Replacer {
        let origins = Origins {
            site: "https://acme.atlassian.net".to_owned(),
            gateway: "https://api.atlassian.com".to_owned(),
            own: "http://127.0.0.1:8080".to_owned(),
            own_files: "http://127.0.0.1:8081".to_owned(),
        };
        Replacer::new(&origins, HashSet::from(["Hardware".to_owned()]), 30)
    }

    #[test]
    fn texts_are_replaced_by_what_they_look_like() {
        let mut replacer = replacer();
        for (name, text, expected) in [
            ("displayName", "Ada Lovelace", "Display name 1"),
            ("summary", "Ada Lovelace", "Display name 1"),
            ("value", "Hardware", "Hardware"),
            ("status", "IN_PROGRESS", "IN_PROGRESS"),
            ("status", "Waiting for Ada", "Status 1"),
            (
                "self",
                "https://acme.atlassian.net/rest/servicedeskapi/request/HELP-1",
                "https://site.example.com/rest/servicedeskapi/request/DESK-1",
            ),
            (
                "self",
                "HTTPS://ACME.atlassian.net/browse/HELP-1?ada=bob",
                "https://site.example.com/browse/DESK-1?id-1=Text+1",
            ),
            ("self", "https://me:pw@intra.acme.example/ada", "https://host-1.example.com/id-1"),
            (
                "content",
                "https://api.atlassian.com/ex/jira/a1/rest/api/3/attachment/content/10001",
                "https://gateway.example.com/ex/jira/id-2/rest/api/3/attachment/content/90001",
            ),
            ("iframeSrc", "/agent/HELP-1", "/agent/DESK-1"),
            ("iso8601", "2024-02-29T09:30:00+0100", "2024-03-30T09:30:00+0100"),
            ("timeZone", "Europe/Vienna", "Etc/UTC"),
            (
                "jql",
                "project = HELP and reporter in (\"Ada Lovelace\", currentUser()) and created > -7d",
                "project = DESK and reporter in (\"Display name 1\", currentUser()) and created > -7d",
            ),
            ("phone", "+43 660 1234567", "Phone 1"),
            ("token", "ATATT3xFfGF0T5JVj==", "Token 1"),
            ("accountId", "ATATT3xFfGF0T5JVj==", "Token 1"),
            ("fieldId", "summary", "summary"),
            ("label", "", ""),
            ("label", "true", "true"),
        ] {
            assert_eq!(replacer.text(&Place::unknown(name), text), expected, "{name} {text}");
        }
    }

    #[test]
    fn numbers_are_replaced_unless_they_count() {
        let mut replacer = replacer();
        for (name, number, expected) in [
            ("size", "50", "50"),
            ("size", "12345678901", "90000000001"),
            ("salary", "4200", "9001"),
            ("salary", "-4200.75", "-9001.55"),
            ("id", "7", "1"),
            ("epochMillis", "1707171300000", "1709763300000"),
            ("created", "1707171300000", "1709763300000"),
            ("lastSeenAt", "1707171300000", "1709763300000"),
            // A number of a phone or an account of as many digits.
            ("value", "1707171300000", "9000000000001"),
            ("", "668123456789", "900000000001"),
            ("born", "-4200.75e10", "-9001.55e55"),
        ] {
            assert_eq!(replacer.number(&Place::unknown(name), number), expected, "{name} {number}");
        }
    }

    #[test]
    fn keys_of_maps_are_replaced_unless_they_are_fields() {
        let mut replacer = replacer();
        let keys = [
            "summary",
            "customfield_10042",
            "Ada Lovelace",
            "ada@example.org",
            "Ada Lovelace",
            "Hardware",
            "7",
        ];
        let expected =
            ["summary", "customfield_90001", "key-1", "person-1@example.com", "key-1", "Hardware", "1"];
        assert_eq!(keys.map(|key| replacer.key(key)), expected);
    }
}
