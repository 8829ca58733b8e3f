//! The documentation of an API's module: an index of its operations.

use std::collections::BTreeMap;

use super::reference::{Reference, cell, escaped};
use crate::model::{Document, Operation, text};

/// The landing page of an API; its links are relative to the API's module.
pub(crate) fn landing(document: &Document<'_>) -> String {
    let reference = Reference::of(document);
    let info = &document.json["info"];
    let mut groups: BTreeMap<&str, Vec<&Operation<'_>>> = BTreeMap::new();
    for operation in &document.operations {
        groups.entry(operation.group()).or_default().push(operation);
    }
    let mut page = text(info, "title").to_owned();
    if !text(info, "description").is_empty() {
        page += &format!(": {}", text(info, "description"));
    }
    page += &format!(
        "\n\nThe {} operations, by the module that each is in. The search finds them by all names in these tables, by \
         Atlassian's operation ids and by whole paths.",
        document.operations.len()
    );
    if !reference.base.is_empty() {
        page += &format!(" The paths are below `{}`.", reference.base);
    }
    page += "\n";
    for (group, members) in groups {
        page += &format!("\n## [`{group}`](mod@{group})\n\n");
        page += "| operation | request | Atlassian's title |\n| --- | --- | --- |\n";
        for operation in members {
            let title = operation.title;
            let linked = match reference.page(operation) {
                Some(address) if !title.is_empty() => format!("[{}]({address})", cell(&escaped(title))),
                Some(address) => format!("[none]({address})"),
                None => cell(title),
            };
            page += &format!(
                "| [`{name}`]({group}::{name}) | `{method} {path}` | {linked} |\n",
                name = operation.name(),
                method = operation.method.to_uppercase(),
                path = cell(reference.below(operation.path)),
            );
        }
    }
    page
}
