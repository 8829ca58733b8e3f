//! Where operations are in Atlassian's documentation.

use crate::model::{Document, Operation};

/// What the documentation of every operation of a document refers to.
pub(crate) struct Reference<'d> {
    document: &'d Document<'d>,
    /// What the paths of all operations begin with.
    pub(crate) base: String,
    /// Whether any operation has a tag.
    tagged: bool,
}

impl<'d> Reference<'d> {
    pub(crate) fn of(document: &'d Document<'d>) -> Self {
        Self {
            document,
            base: common_base(document.operations.iter().map(|operation| operation.path)),
            tagged: document.operations.iter().any(|operation| operation.tag.is_some()),
        }
    }

    /// The path of an operation without what the paths of all operations begin with.
    pub(crate) fn below<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(self.base.as_str()).unwrap_or(path)
    }

    /// The address of an operation in Atlassian's documentation.
    ///
    /// That has one page for each tag and one for what has no tag; where no operation has a tag, one for each first
    /// segment of the paths.
    pub(crate) fn page(&self, operation: &Operation<'_>) -> Option<String> {
        let docs = self.document.annotations.docs?.trim_end_matches('/');
        let group = match operation.tag {
            Some(tag) => tag,
            None if self.tagged => "other operations",
            None => self.below(operation.path).split('/').find(|segment| !segment.is_empty())?,
        };
        let anchor = slug(&format!("{} {}", operation.path, operation.method));
        Some(format!("{docs}/api-group-{}/#api-{anchor}", slug(group)))
    }

    /// The limit of an operation or that of its method, in requests a second.
    pub(crate) fn rate_limit(&self, operation: &Operation<'_>) -> Option<u32> {
        let by_method = || self.document.annotations.rate_limits.get(operation.method).copied();
        operation.annotations.rate_limit.or_else(by_method)
    }

    /// The limits of writes to one thing, in words.
    pub(crate) fn write_rate_limits(&self) -> Vec<String> {
        let limits = self.document.annotations.write_rate_limits.iter();
        limits.map(|limit| format!("{} writes in {} seconds", limit.writes, limit.seconds)).collect()
    }
}

/// The segments that all paths begin with; each path has at least one more.
pub(crate) fn common_base<'p>(paths: impl Iterator<Item = &'p str>) -> String {
    let mut common: Option<Vec<&str>> = None;
    for path in paths {
        let mut segments: Vec<&str> = path.split('/').collect();
        segments.pop();
        common = Some(match common {
            None => segments,
            Some(common) => {
                let pairs = common.into_iter().zip(segments);
                pairs.take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
            }
        });
    }
    common.unwrap_or_default().join("/")
}

/// A text in small letters and with hyphens between its words, as Atlassian's addresses have it.
fn slug(text: &str) -> String {
    let text = text.replace(['{', '}'], "").to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A text in one cell of a table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// A text inside the brackets of a link.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]")
}
