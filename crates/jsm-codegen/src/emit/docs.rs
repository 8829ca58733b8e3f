//! The documentation of operations, and the names under which a search finds them.
//!
//! All of it is derived from the effective document: our description, the annotations, and Atlassian's tags and titles,
//! which lead to the operation's page in Atlassian's documentation.

use std::collections::BTreeSet;

use heck::{ToLowerCamelCase, ToSnakeCase};
use quote::ToTokens;
use serde_json::Value;
use syn::Type;

use super::facts::{Facts, Pagination};
use super::operations::{Bound, ResponseBody};
use super::types::inner;
use crate::annotations::OfDocument;

/// What the documentation of every operation of a document refers to.
pub(crate) struct Reference<'a> {
    document: OfDocument<'a>,
    /// What the paths of all operations begin with.
    pub(crate) base: String,
    /// Whether any operation has a tag.
    tagged: bool,
}

impl<'a> Reference<'a> {
    pub(crate) fn of(document: &'a Value, facts: &[Facts]) -> Self {
        Self {
            document: OfDocument::read(document),
            base: common_base(facts.iter().map(|facts| facts.path.as_str())),
            tagged: facts.iter().any(|facts| facts.tag.is_some()),
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
    pub(crate) fn page(&self, facts: &Facts) -> Option<String> {
        let docs = self.document.docs?.trim_end_matches('/');
        let group = match &facts.tag {
            Some(tag) => tag.as_str(),
            None if self.tagged => "other operations",
            None => self.below(&facts.path).split('/').find(|segment| !segment.is_empty())?,
        };
        let anchor = slug(&format!("{} {}", facts.path, facts.method));
        Some(format!("{docs}/api-group-{}/#api-{anchor}", slug(group)))
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

/// The documentation of an operation's struct.
pub(crate) fn operation(bound: &Bound<'_>, reference: &Reference<'_>) -> String {
    let facts = bound.facts;
    let mut doc = format!("{}\n\n`{} {}`", facts.description, facts.method, facts.path);
    if let Some(page) = reference.page(facts) {
        let title = facts.title.as_deref().unwrap_or("this operation");
        doc += &format!(", [{}]({page}) in Atlassian's documentation", escaped(title));
    }
    doc += &format!(".\n\nResponds with {}.\n\n", response(bound));
    for line in properties(facts, reference) {
        doc += &format!("- {line}\n");
    }
    if !facts.statuses.is_empty() {
        doc += "\n| status | meaning |\n| --- | --- |\n";
        for (status, text) in &facts.statuses {
            doc += &format!("| {status} | {} |\n", cell(text));
        }
    }
    doc
}

fn response(bound: &Bound<'_>) -> String {
    match bound.response_body() {
        ResponseBody::Nothing => "no body".to_owned(),
        ResponseBody::Bytes if bound.facts.html => "a page of HTML".to_owned(),
        ResponseBody::Bytes => "the bytes of a file".to_owned(),
        ResponseBody::Json => match (inner(&bound.output, "Page"), inner(&bound.output, "Vec")) {
            (Some(item), _) => format!("a [`Page`](crate::Page) of {}", link(item)),
            (None, Some(item)) => format!("a list of {}", link(item)),
            (None, None) => link(&bound.output),
        },
    }
}

/// A type as a link to where it is defined.
fn link(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string().replace(' ', "");
    match text.rsplit_once("::") {
        Some((path, name)) if path.ends_with("types") && !name.contains('<') => {
            format!("[`{name}`](types::{name})")
        }
        Some((_, "Value")) => "any JSON value".to_owned(),
        Some((_, "String")) => "a text".to_owned(),
        _ => format!("`{text}`"),
    }
}

/// What a caller has to know of an operation, one line each.
fn properties(facts: &Facts, reference: &Reference<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if facts.deprecated {
        lines.push("Deprecated by Atlassian.".to_owned());
    }
    if facts.experimental {
        lines.push(
            "Experimental: Atlassian can change it without notice, and asks for the opt-in header \
             `X-ExperimentalApi`."
                .to_owned(),
        );
    } else if facts.always_opt_in {
        lines.push("The opt-in header `X-ExperimentalApi` is always sent.".to_owned());
    }
    lines.push(
        match facts.idempotent {
            true => "Idempotent: `jsm-client` retries it when the connection or the server fails.",
            false => "Not idempotent: `jsm-client` retries it only where no server can have processed it.",
        }
        .to_owned(),
    );
    lines.extend(facts.pagination.as_ref().and_then(pagination));
    if let Some(limit) = facts.batch_limit {
        let what = if facts.multipart.is_some() { "files" } else { "entries" };
        lines.push(format!("Batch limit: {limit} {what} in one call."));
    }
    lines.extend(rate_limit(facts, &reference.document));
    if !facts.scopes.is_empty() {
        let set = |set: &Vec<String>| {
            set.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" and ")
        };
        let sets: Vec<String> = facts.scopes.iter().map(set).collect();
        lines.push(format!("OAuth scopes: {}.", sets.join(", or ")));
    }
    lines
}

fn pagination(pagination: &Pagination) -> Option<String> {
    let (what, part) = match pagination.style.as_str() {
        "offset" => ("offset", "start"),
        "number" => ("page number", "page"),
        "cursor" => ("cursor", "cursor"),
        "link-cursor" => ("cursor from the link to the next page", "cursor"),
        _ => return None,
    };
    let parameter = pagination.name(part)?;
    let size = pagination.name("limit").map(|limit| format!(", page size in `{limit}`")).unwrap_or_default();
    Some(format!("Paginated by {what}, in `{parameter}`{size}; `Client::items` reads all pages."))
}

/// The operation's own limit or that of its method, and those of writes to one thing.
fn rate_limit(facts: &Facts, document: &OfDocument<'_>) -> Option<String> {
    let by_method = || document.rates().find(|(method, _)| *method == facts.method).map(|(_, n)| n);
    let mut limits = Vec::new();
    if let Some(limit) = facts.rate_limit.or_else(by_method) {
        limits.push(format!("{limit} requests a second"));
    }
    if let Some(name) = facts.rate_limit_key.as_ref().filter(|_| facts.method != "GET") {
        let writes = document.write_rate_limits();
        let writes = writes.map(|(writes, seconds)| format!("{writes} writes in {seconds} seconds"));
        let writes: Vec<String> = writes.collect();
        if !writes.is_empty() {
            limits.push(format!("{} to one `{name}`", writes.join(" and ")));
        }
    }
    (!limits.is_empty()).then(|| format!("Rate limit: {}.", limits.join("; ")))
}

/// The names under which a search finds an operation besides its own: Atlassian's id, title and path, and other verbs
/// for what it does.
pub(crate) fn aliases(facts: &Facts, reference: &Reference<'_>) -> Vec<String> {
    let title = facts.title.as_deref().unwrap_or_default();
    let mut all =
        vec![facts.id.clone(), title.to_lower_camel_case(), reference.below(&facts.path).to_owned()];
    all.extend([facts.path.clone(), title.to_owned()]);
    for phrase in [title.to_lowercase(), facts.name.to_snake_case().replace('_', " ")] {
        let (verb, rest) = phrase.split_once(' ').unwrap_or((&phrase, ""));
        let verbs = VERBS.iter().filter(|(known, _)| *known == verb && !rest.is_empty());
        all.extend(verbs.map(|(_, other)| format!("{other} {rest}")));
        all.push(phrase.clone());
    }
    // Whatever rustdoc takes no alias with is left out of it.
    let plain = |alias: String| {
        let alias = alias.replace(['"', '\''], "");
        alias.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // The search takes small letters for capitals.
    let mut seen = BTreeSet::from([String::new(), facts.name.to_lowercase()]);
    all.into_iter().map(plain).filter(|alias| seen.insert(alias.to_lowercase())).collect()
}

/// Verbs of operations, each with another one that people search for.
const VERBS: [(&str, &str); 6] = [
    ("create", "add"),
    ("delete", "remove"),
    ("get", "list"),
    ("remove", "delete"),
    ("search", "find"),
    ("update", "edit"),
];

/// A text in one cell of a table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// A text inside the brackets of a link.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]")
}
