//! What an update proposes where a document gives no names: an overlay that a maintainer edits.
//!
//! Names and groups are made from method and path, descriptions from Atlassian's title. Nothing else is guessed: how an
//! operation is paginated, for one, is decided by a maintainer.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::json;

use crate::emit::{common_base, plain};
use crate::model::Document;

/// The text of the overlay of proposals, where a document needs one: `existing` and what it lacks.
///
/// `document` is the effective document as far as the overlays make it.
pub fn proposal(document: &Document<'_>, existing: Option<&str>) -> Option<String> {
    let mut proposed = String::new();
    let base = common_base(document.operations.iter().map(|operation| operation.path));
    let known =
        document.operations.iter().map(|operation| plain(operation.annotations.name.unwrap_or_default()));
    let mut taken: BTreeSet<String> = known.collect();
    for operation in &document.operations {
        let (whole, method, annotations) = (operation.path, operation.method, &operation.annotations);
        let path = whole.strip_prefix(base.as_str()).unwrap_or(whole);
        let mut update = Vec::new();
        if annotations.name.is_none_or(str::is_empty) {
            update.push(format!("{NAME}: {}", name(method, path, &mut taken)));
        }
        if annotations.group.is_none_or(str::is_empty) {
            update.push(format!("{GROUP}: {}", group(path)));
        }
        if update.is_empty() {
            continue;
        }
        if method == "post" && annotations.idempotent.is_none() {
            update.push(format!("{IDEMPOTENT}: false"));
        }
        if operation.description.is_empty() {
            let words = match operation.title {
                "" => format!("{} {path}", method.to_uppercase()),
                title => title.to_owned(),
            };
            update.push(format!("description: {}", json!(format!("{words}."))));
        }
        let target = json!(format!("$.paths['{}'].{method}", whole.replace('\'', "\\'")));
        proposed += &format!("  - target: {target}\n    update: {{{}}}\n", update.join(", "));
    }
    if proposed.is_empty() {
        return None;
    }
    for (target, status) in undescribed(document) {
        let (target, meaning) = (json!(target), json!(meaning(status)));
        proposed += &format!("  - target: {target}\n    update: {{description: {meaning}}}\n");
    }
    Some(existing.unwrap_or(HEADER).trim_end().to_owned() + "\n" + &proposed)
}

const NAME: &str = "x-jsm-name";
const GROUP: &str = "x-jsm-group";
const IDEMPOTENT: &str = "x-jsm-idempotent";
const HEADER: &str = "\
overlay: 1.0.0
info: {title: Proposed names and groups, version: 1.0.0}
x-reason: proposed by `cargo xtask update` from method, path and title; edit what does not fit
actions:
";

/// Last segments that say what an operation does.
const VERBS: [&str; 8] = ["cancel", "check", "create", "list", "search", "start", "submit", "validate"];

/// A name that is not taken yet: a verb and what it acts on, and by which parameters where that is not enough.
fn name(method: &str, path: &str, taken: &mut BTreeSet<String>) -> String {
    let segments = || path.split('/').filter(|segment| !segment.is_empty());
    let mut nouns: Vec<&str> = segments().filter(|segment| !segment.contains('{')).collect();
    let verb = match nouns.as_slice() {
        [_, .., last] if VERBS.contains(last) => nouns.pop().unwrap_or_default(),
        _ => match method {
            "post" => "create",
            "put" => "update",
            method => method,
        },
    };
    let plain_name = format!("{verb} {}", nouns.join(" ")).to_pascal_case();
    let parameters: Vec<&str> = segments().filter(|segment| segment.contains('{')).collect();
    let by = format!("{plain_name}By{}", parameters.join(" ").to_pascal_case());
    let by = Some(by).filter(|_| !parameters.is_empty());
    let numbered = (2..).map(|number| format!("{plain_name}{number}"));
    let mut candidates = [plain_name.clone()].into_iter().chain(by).chain(numbered);
    candidates.find(|name| taken.insert(plain(name))).unwrap_or(plain_name)
}

/// The module of an operation: the first segment of its path.
fn group(path: &str) -> String {
    let first = path.split('/').find(|segment| !segment.is_empty() && !segment.contains('{'));
    let group = first.unwrap_or("other").to_snake_case();
    let reserved = ["types", "id", "prelude"].contains(&group.as_str());
    if reserved || syn::parse_str::<syn::Ident>(&group).is_err() { format!("{group}_group") } else { group }
}

/// What a status means in general.
fn meaning(status: &str) -> &'static str {
    match status {
        "201" => "Created.",
        "202" => "Accepted; it is not done yet.",
        "204" => "Done. There is no body.",
        "303" => "The result is elsewhere.",
        "400" => "Something in the request is invalid.",
        "401" => "The credentials are missing, wrong or expired.",
        "403" => "The account is not permitted to do this.",
        "404" => "There is no such thing, or the account is not permitted to see it.",
        "409" => "The request contradicts the state of the thing.",
        "429" => "Too many requests.",
        status if status.starts_with('2') => "Done.",
        status if status.starts_with('5') => "The server failed.",
        _ => "Failed.",
    }
}

/// Where responses without a description are, each with its status: under the operations, or shared by them.
fn undescribed<'a>(document: &Document<'a>) -> BTreeMap<String, &'a str> {
    let responses = document.operations.iter().flat_map(|operation| &operation.responses);
    let undescribed = responses.filter(|(_, response)| response.description.is_empty());
    let targets = undescribed.map(|(status, response)| {
        let keys: Vec<String> = response.at.keys().collect();
        let target = match keys.as_slice() {
            [components, responses, name] if components == "components" && responses == "responses" => {
                format!("$.components.responses['{name}']")
            }
            _ => format!("$.paths[*][*].responses['{status}']"),
        };
        (target, *status)
    });
    targets.collect()
}
