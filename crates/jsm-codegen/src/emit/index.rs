//! The documentation of an API's module: an index of its operations.

use std::collections::BTreeMap;

use serde_json::Value;

use super::docs::{Reference, cell, escaped};
use super::facts::{Facts, text};

/// The landing page of an API; its links are relative to the API's module.
pub(crate) fn landing(document: &Value, facts: &[Facts]) -> String {
    let reference = Reference::of(document, facts);
    let info = document.get("info").unwrap_or(&Value::Null);
    let mut groups: BTreeMap<&str, Vec<&Facts>> = BTreeMap::new();
    for facts in facts {
        groups.entry(&facts.group).or_default().push(facts);
    }
    let mut page = text(info, "title");
    if !text(info, "description").is_empty() {
        page += &format!(": {}", text(info, "description"));
    }
    page += &format!(
        "\n\nThe {} operations, by the module that each is in. The search finds them by all names in these tables, by \
         Atlassian's operation ids and by whole paths.",
        facts.len()
    );
    if !reference.base.is_empty() {
        page += &format!(" The paths are below `{}`.", reference.base);
    }
    page += "\n";
    for (group, members) in groups {
        page += &format!("\n## [`{group}`](mod@{group})\n\n");
        page += "| operation | request | Atlassian's title |\n| --- | --- | --- |\n";
        for facts in members {
            let title = facts.title.as_deref().unwrap_or("");
            let linked = match reference.page(facts) {
                Some(address) if !title.is_empty() => format!("[{}]({address})", cell(&escaped(title))),
                Some(address) => format!("[none]({address})"),
                None => cell(title),
            };
            page += &format!(
                "| [`{name}`]({group}::{name}) | `{method} {path}` | {linked} |\n",
                name = facts.name,
                method = facts.method,
                path = cell(reference.below(&facts.path)),
            );
        }
    }
    page
}
