//! Pseudonyms of ids and email addresses, by their form: a program that reads them goes on working.

use super::pseudonyms::Pseudonyms;

/// The longest text that is looked at as an id.
const LONGEST: usize = 250;

/// Parts in front of a colon that say what kind of id follows.
const PREFIXES: [&str; 7] = ["qm", "ug", "projectKey", "projectId", "serviceDeskId", "unknown", "ari"];

/// The pseudonym of an id or an email address; none where the text has the form of neither.
///
/// `opaque` is for places that hold an id whatever it looks like.
pub(super) fn pseudonym(pseudonyms: &mut Pseudonyms, text: &str, opaque: bool) -> Option<String> {
    if text.len() > LONGEST || text.chars().any(char::is_whitespace) {
        return None;
    }
    if is_email(text) {
        // Servers compare addresses without case.
        return Some(pseudonyms.of(&text.to_lowercase(), "person", |n| format!("person-{n}@example.com")));
    }
    if let Some(number) = text.strip_prefix("customfield_").filter(|number| is_digits(number)) {
        return Some(format!("customfield_{}", digits(pseudonyms, number)));
    }
    if text.contains(':') {
        let parts: Vec<&str> = text.split(':').collect();
        let (first, rest) = parts.split_first()?;
        let has_prefix = PREFIXES.contains(first);
        let is_known = rest.iter().all(|part| has_form(part) || has_prefix && is_project_key(part))
            && (has_prefix || has_form(first));
        if is_known || opaque && has_prefix {
            let part = |(at, part): (usize, &&str)| match at {
                0 if has_prefix => (*part).to_owned(),
                _ => simple(pseudonyms, part).unwrap_or_else(|| any(pseudonyms, part)),
            };
            return Some(parts.iter().enumerate().map(part).collect::<Vec<_>>().join(":"));
        }
    }
    match simple(pseudonyms, text) {
        None if opaque => Some(any(pseudonyms, text)),
        found => found,
    }
}

/// The pseudonym of an id or an email address that was seen before.
pub(super) fn seen(pseudonyms: &Pseudonyms, text: &str) -> Option<String> {
    let known = |text: &str| pseudonyms.known(text).map(str::to_owned);
    if let Some(number) = text.strip_prefix("customfield_") {
        return Some(format!("customfield_{}", known(number)?));
    }
    known(text).or_else(|| known(&text.to_lowercase())).or_else(|| {
        let part = |part: &str| if PREFIXES.contains(&part) { Some(part.to_owned()) } else { known(part) };
        let parts: Option<Vec<String>> = text.split(':').map(part).collect();
        parts.filter(|parts| parts.len() > 1).map(|parts| parts.join(":"))
    })
}

/// Whether a text is an email address.
pub(super) fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let is_plain = |text: &str| {
        !text.is_empty() && !text.contains(|c: char| "<>()[],;:\"\\/".contains(c) || c.is_control())
    };
    is_plain(name)
        && is_plain(domain)
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

fn has_form(text: &str) -> bool {
    is_uuid(text) || is_digits(text) || is_hex(text) || project_of(text).is_some()
}

fn simple(pseudonyms: &mut Pseudonyms, text: &str) -> Option<String> {
    if is_uuid(text) {
        return Some(pseudonyms.of(text, "uuid", |n| format!("00000000-0000-4000-8000-{n:012x}")));
    }
    if is_digits(text) {
        return Some(digits(pseudonyms, text));
    }
    if is_hex(text) {
        let length = text.len() - 1;
        return Some(pseudonyms.of(text, &format!("hex{length}"), |n| format!("5{n:0length$x}")));
    }
    if let Some(project) = project_of(text) {
        let project = project_key(pseudonyms, project);
        return Some(pseudonyms.of(text, &project, |n| format!("{project}-{n}")));
    }
    is_project_key(text).then(|| project_key(pseudonyms, text))
}

/// Digits get as many digits. Long ones begin with a nine, as counted ids do not.
fn digits(pseudonyms: &mut Pseudonyms, text: &str) -> String {
    let length = text.len();
    let kind = format!("digits{length}");
    pseudonyms.of(text, &kind, |n| match length {
        1 => n.to_string(),
        2 => (9 + n).to_string(),
        3 => (99 + n).to_string(),
        _ => format!("9{n:0rest$}", rest = length - 1),
    })
}

fn project_key(pseudonyms: &mut Pseudonyms, text: &str) -> String {
    pseudonyms.of(text, "project", |n| if n == 1 { "DESK".to_owned() } else { format!("DESK{n}") })
}

fn any(pseudonyms: &mut Pseudonyms, text: &str) -> String {
    pseudonyms.of(text, "id", |n| format!("id-{n}"))
}

fn is_digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_project_key(text: &str) -> bool {
    let mut bytes = text.bytes();
    (2..=10).contains(&text.len())
        && bytes.next().is_some_and(|first| first.is_ascii_uppercase())
        && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The project in the key of an issue.
fn project_of(text: &str) -> Option<&str> {
    let (project, number) = text.rsplit_once('-')?;
    (is_project_key(project) && is_digits(number)).then_some(project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_form_and_their_parts() {
        let mut pseudonyms = Pseudonyms::default();
        for (text, expected) in [
            ("ada@example.org", Some("person-1@example.com")),
            ("ADA@example.org", Some("person-1@example.com")),
            ("bob+x@example.org", Some("person-2@example.com")),
            ("łukasz@example.org", Some("person-3@example.com")),
            ("HELP-31", Some("DESK-1")),
            ("HELP", Some("DESK")),
            ("projectKey:HELP", Some("projectKey:DESK")),
            ("HR-31", Some("DESK2-1")),
            ("HELP-7", Some("DESK-2")),
            ("7", Some("1")),
            ("31", Some("10")),
            ("10042", Some("90001")),
            ("customfield_10042", Some("customfield_90001")),
            ("7d3c5a11-4b0c-4e57-9a00-5eedfa11b0a7", Some("00000000-0000-4000-8000-000000000001")),
            (
                "qm:7d3c5a11-4b0c-4e57-9a00-5eedfa11b0a7:10042",
                Some("qm:00000000-0000-4000-8000-000000000001:90001"),
            ),
            (
                "712020:7d3c5a11-4b0c-4e57-9a00-5eedfa11b0a7",
                Some("900001:00000000-0000-4000-8000-000000000001"),
            ),
            ("5eedfa11b0a7c0ffee123456", Some("500000000000000000000001")),
            ("qm:unknown-id", None),
            ("Ada", None),
            ("Ada Lovelace", None),
        ] {
            assert_eq!(pseudonym(&mut pseudonyms, text, false).as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("temp9104", Some("id-1")),
            ("qm:unknown-id", Some("qm:id-2")),
            ("Ada L", None),
            ("temp9104", Some("id-1")),
        ] {
            assert_eq!(pseudonym(&mut pseudonyms, text, true).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn there_is_a_pseudonym_for_every_number_of_a_length() {
        let mut pseudonyms = Pseudonyms::default();
        let all: std::collections::BTreeSet<String> =
            (0..10).map(|digit| digits(&mut pseudonyms, &digit.to_string())).collect();
        assert_eq!(all.len(), 10);
    }
}
