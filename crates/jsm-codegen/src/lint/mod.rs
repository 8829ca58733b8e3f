//! What keeps a document from being generated, reported before the generator meets it.
//!
//! Every diagnostic names the place and the fix. The rules are in modules by what they check. Annotations and
//! references are checked where the document is read, in `model`; whether overlays still fit, in `overlay`.

mod names;
mod operations;
mod pagination;
mod parameters;
mod schemas;
mod structure;
mod unforeseen;

use crate::diagnostic::Diagnostic;
use crate::model::Document;

/// Everything in an effective document that the generator cannot take, in the order of places.
pub fn lint(document: &Document<'_>) -> Vec<Diagnostic> {
    let mut found = document.problems.clone();
    structure::version(document, &mut found);
    operations::check(document, &mut found);
    schemas::check(document, &mut found);
    names::check(document, &mut found);
    // The rules above say it better than those that follow.
    if found.is_empty() {
        structure::check(document, &mut found);
    }
    if found.is_empty() {
        found.extend(unforeseen::check(document));
    }
    found.sort();
    found.dedup();
    found
}
