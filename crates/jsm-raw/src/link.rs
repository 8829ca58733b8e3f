//! Ids that servers send only as part of links.

use crate::id::Id;

/// The id in the first link that has one: the first segment of digits after the segment that names the kind of id, or
/// else the last segment of digits. A file's name may follow the id, and may be a number too.
#[allow(dead_code, reason = "only generated code calls it, and only where an API has ids in links alone")]
pub(crate) fn linked_id<K>(links: &[Option<&str>], behind: &str) -> Option<Id<K>> {
    links.iter().flatten().find_map(|link| {
        let path = link.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        let is_number = |text: &&&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let named = segments.iter().rposition(|segment| *segment == behind);
        let after = named.and_then(|at| segments[at..].iter().find(is_number));
        after.or_else(|| segments.iter().rfind(is_number)).map(|text| (*text).into())
    })
}

#[cfg(test)]
mod tests {
    use super::linked_id;
    use crate::{Id, IdKind};

    enum Kind {}
    impl crate::sealed::Sealed for Kind {}
    impl IdKind for Kind {
        const NAME: &'static str = "Kind";
    }

    #[test]
    fn takes_the_number_behind_the_word() {
        let links = [
            ("https://acme.atlassian.net/rest/api/2/attachment/10000", Some("10000")),
            ("https://acme.atlassian.net/rest/api/3/attachment/content/10001", Some("10001")),
            ("https://acme.atlassian.net/secure/attachment/10002/2024", Some("10002")),
            ("/rest/servicedeskapi/request/7/attachment/10003?redirect=1", Some("10003")),
            ("https://acme.atlassian.net/files/10004/report.pdf", Some("10004")),
            ("https://acme.atlassian.net:8080/", None),
            ("", None),
        ];
        for (link, id) in links {
            let found: Option<Id<Kind>> = linked_id(&[None, Some(link)], "attachment");
            assert_eq!(found.as_ref().map(Id::as_str), id, "{link}");
        }
    }
}
