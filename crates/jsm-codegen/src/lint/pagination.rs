//! Rules for the annotation `x-jsm-pagination`: that it is there where an operation looks paginated, and that what it
//! names is there.

use crate::diagnostic::Diagnostic;
use crate::model::{Document, Operation, PaginationStyle, Schema};

const CORRECT: &str = "correct x-jsm-pagination in ergonomics.yaml";

/// Checks one operation.
pub(super) fn check(document: &Document<'_>, operation: &Operation<'_>, found: &mut Vec<Diagnostic>) {
    let mut report = |problem: String, fix: &str| {
        found.push(Diagnostic::new(operation.place(), problem, fix));
    };
    let response = operation.json_response().map(|schema| document.resolve(schema));
    let is_page = response.is_some_and(|schema| schema.annotations.page.is_some());
    let in_query = |name: &str| operation.parameter("query", name).is_some();
    let Some(pagination) = operation.pagination() else {
        let looks_paginated = is_page || ["start", "startAt", "cursor", "page"].into_iter().any(in_query);
        let unsaid =
            operation.annotations.pagination.is_none() && !operation.unread.contains_key("pagination");
        if looks_paginated && unsaid {
            let fix = "set x-jsm-pagination in ergonomics.yaml, to none if it is not";
            report("it looks paginated, and nothing says how".to_owned(), fix);
        }
        return;
    };
    let (position, parameter) = pagination.position();
    for (part, name, needed) in [(position, parameter, true), ("limit", pagination.limit, false)] {
        if (needed || name.is_some()) && !name.is_some_and(in_query) {
            report(format!("its x-jsm-pagination names no query parameter as {part}"), CORRECT);
        }
    }
    if is_page {
        return;
    }
    let has = |name: &str| response.is_some_and(|schema: &Schema<'_>| schema.properties.contains_key(name));
    for (part, name) in pagination.properties() {
        let needed = part == "items" || part == "next" && pagination.style == PaginationStyle::Cursor;
        if (needed || name.is_some()) && !name.is_some_and(has) {
            report(format!("its x-jsm-pagination names no property of the response as {part}"), CORRECT);
        }
    }
}
