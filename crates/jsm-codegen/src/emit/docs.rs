//! The documentation of operations, and the names under which a search finds them.
//!
//! All of it is derived from the effective document: our description, the annotations, and Atlassian's tags and titles,
//! which lead to the operation's page in Atlassian's documentation.

use std::collections::BTreeSet;

use heck::{ToLowerCamelCase, ToSnakeCase};
use quote::ToTokens;
use syn::Type;

use super::bound::{Bound, ResponseBody};
use super::reference::{Reference, cell, escaped};
use super::rust::inner;
use crate::model::{Operation, Pagination, PaginationStyle};

/// The documentation of an operation's struct.
pub(crate) fn operation(bound: &Bound<'_>, reference: &Reference<'_>) -> String {
    let operation = bound.operation;
    let mut doc = format!("{}\n\n`{}`", operation.description, operation.place());
    if let Some(page) = reference.page(operation) {
        let title = if operation.title.is_empty() { "this operation" } else { operation.title };
        doc += &format!(", [{}]({page}) in Atlassian's documentation", escaped(title));
    }
    doc += &format!(".\n\nResponds with {}.\n\n", response(bound));
    for line in properties(operation, reference) {
        doc += &format!("- {line}\n");
    }
    let statuses: Vec<(u16, &str)> = operation.statuses().collect();
    if !statuses.is_empty() {
        doc += "\n| status | meaning |\n| --- | --- |\n";
        for (status, text) in statuses {
            doc += &format!("| {status} | {} |\n", cell(text));
        }
    }
    doc
}

fn response(bound: &Bound<'_>) -> String {
    match bound.response_body() {
        ResponseBody::Nothing => "no body".to_owned(),
        ResponseBody::Bytes if bound.operation.responds_with_html() => "a page of HTML".to_owned(),
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

/// What a caller has to know about an operation, one line each.
fn properties(operation: &Operation<'_>, reference: &Reference<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if operation.deprecated {
        lines.push("Deprecated by Atlassian.".to_owned());
    }
    if operation.experimental {
        lines.push(
            "Experimental: Atlassian can change it without notice, and asks for the opt-in header \
             `X-ExperimentalApi`."
                .to_owned(),
        );
    } else if operation.always_opts_in() {
        lines.push("The opt-in header `X-ExperimentalApi` is always sent.".to_owned());
    }
    lines.push(
        match operation.is_idempotent() {
            true => "Idempotent: `jsm-client` retries it when the connection or the server fails.",
            false => "Not idempotent: `jsm-client` retries it only where no server can have processed it.",
        }
        .to_owned(),
    );
    lines.extend(operation.pagination().and_then(pagination));
    if let Some(limit) = operation.annotations.batch_limit {
        let what = if operation.annotations.multipart.is_some() { "files" } else { "entries" };
        lines.push(format!("Batch limit: {limit} {what} in one call."));
    }
    lines.extend(rate_limit(operation, reference));
    if !operation.scopes.is_empty() {
        let set =
            |set: &Vec<&str>| set.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" and ");
        let sets: Vec<String> = operation.scopes.iter().map(set).collect();
        lines.push(format!("OAuth scopes: {}.", sets.join(", or ")));
    }
    lines
}

fn pagination(pagination: &Pagination<'_>) -> Option<String> {
    let what = match pagination.style {
        PaginationStyle::Offset => "offset",
        PaginationStyle::Number => "page number",
        PaginationStyle::Cursor => "cursor",
        PaginationStyle::LinkCursor => "cursor from the link to the next page",
    };
    let (_, parameter) = pagination.position();
    let parameter = parameter?;
    let size = pagination.limit.map(|limit| format!(", page size in `{limit}`")).unwrap_or_default();
    Some(format!("Paginated by {what}, in `{parameter}`{size}; `Client::items` reads all pages."))
}

/// The operation's own limit or that of its method, and those of writes to one thing.
fn rate_limit(operation: &Operation<'_>, reference: &Reference<'_>) -> Option<String> {
    let mut limits = Vec::new();
    if let Some(limit) = reference.rate_limit(operation) {
        limits.push(format!("{limit} requests a second"));
    }
    if let Some(name) = operation.rate_limit_key.filter(|_| operation.method != "get") {
        let writes = reference.write_rate_limits();
        if !writes.is_empty() {
            limits.push(format!("{} to one `{name}`", writes.join(" and ")));
        }
    }
    (!limits.is_empty()).then(|| format!("Rate limit: {}.", limits.join("; ")))
}

/// The names under which a search finds an operation besides its own: Atlassian's id, title and path, and other verbs
/// for what it does.
pub(crate) fn aliases(operation: &Operation<'_>, reference: &Reference<'_>) -> Vec<String> {
    let (title, name) = (operation.title, operation.name());
    let mut all = vec![operation.id.unwrap_or_default().to_owned(), title.to_lower_camel_case()];
    all.extend([reference.below(operation.path), operation.path, title].map(str::to_owned));
    for phrase in [title.to_lowercase(), name.to_snake_case().replace('_', " ")] {
        let (verb, rest) = phrase.split_once(' ').unwrap_or((&phrase, ""));
        let verbs = VERBS.iter().filter(|(known, _)| *known == verb && !rest.is_empty());
        all.extend(verbs.map(|(_, other)| format!("{other} {rest}")));
        all.push(phrase.clone());
    }
    // rustdoc takes no alias with quotation marks.
    let plain = |alias: String| {
        let alias = alias.replace(['"', '\''], "");
        alias.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // The search takes small letters for capitals.
    let mut seen = BTreeSet::from([String::new(), name.to_lowercase()]);
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
