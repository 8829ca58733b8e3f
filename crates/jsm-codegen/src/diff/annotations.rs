//! What changed about what our annotations make of an operation, and of the API as a whole.
//!
//! Those of schemas are compared with the schemas, in [`super::values`]. Each struct is taken apart field by field, so
//! that an annotation which is compared nowhere does not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde_json::Value;

use super::kinds::Kind;
use super::notes::Notes;
use super::read::Interface;
use crate::model::{Base, Batch, DocumentAnnotations, Operation, OperationAnnotations, PREFIX};

/// Compares the annotations of one operation.
pub(super) fn operation(notes: &mut Notes<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let (before, now) = (&old.annotations, &new.annotations);
    // Names, groups and idempotency have values without an annotation, so they are compared as the operation has them.
    let OperationAnnotations {
        name: _,
        group: _,
        idempotent: _,
        pagination: _,
        multipart,
        response_statuses,
        opt_in,
        rate_limit,
        batch_limit,
        batch,
    } = now;
    let mut report = |kind: Kind, text: String| {
        notes.other(kind, &[], new.at.as_str(), format!("{}: {text}", new.label));
    };
    pagination(old, new, &mut report);
    if before.multipart != *multipart {
        let text = format!("uploaded part {}, was {}", shown(*multipart), shown(before.multipart));
        report(Kind::UploadChanged, text);
    }
    if before.rate_limit != *rate_limit {
        let text = format!("requests per second {}, was {}", shown(*rate_limit), shown(before.rate_limit));
        report(Kind::RateLimitChanged, text);
    }
    if old.rate_limit_key != new.rate_limit_key {
        let (now, before) = (shown(new.rate_limit_key), shown(old.rate_limit_key));
        report(Kind::RateLimitChanged, format!("rate of writes limited by {now}, was {before}"));
    }
    if before.batch_limit != *batch_limit {
        let text = format!("entries in one call {}, was {}", shown(*batch_limit), shown(before.batch_limit));
        // Files can be sent in batches where their number is limited.
        let files = before.multipart.is_some() && multipart.is_some();
        let kind = match (before.batch_limit, *batch_limit) {
            (None, Some(_)) if files => Kind::AnnotationAdded,
            (Some(_), None) if files => Kind::AnnotationDropped,
            _ => Kind::RateLimitChanged,
        };
        report(kind, text);
    }
    match (&before.batch, batch) {
        (before, now) if before == now => {}
        (None, Some(now)) => report(Kind::AnnotationAdded, format!("can be sent in batches of {now}")),
        (Some(before), None) => {
            report(Kind::AnnotationDropped, format!("cannot be sent in batches, was {before}"));
        }
        (Some(before), Some(now)) => {
            let kind = if extends(now, before) { Kind::AnnotationAdded } else { Kind::AnnotationChanged };
            report(kind, format!("batches of {now}, was {before}"));
        }
        (None, None) => {}
    }
    if before.response_statuses != *response_statuses {
        let before = &before.response_statuses;
        report(
            Kind::AnnotationChanged,
            format!("statuses that are no errors {response_statuses:?}, was {before:?}"),
        );
    }
    if before.opt_in != *opt_in {
        report(Kind::AnnotationChanged, format!("{PREFIX}opt-in is another"));
    }
    for key in differing(&old.unread, &new.unread) {
        report(Kind::AnnotationChanged, format!("{PREFIX}{key} is another"));
    }
    match (old.is_idempotent(), new.is_idempotent()) {
        (false, true) => report(Kind::IdempotentAdded, "may be sent again after a failure".to_owned()),
        (true, false) => report(Kind::IdempotentDropped, "not to be sent again after a failure".to_owned()),
        _ => {}
    }
}

/// Whether batches can do all that they could, in the same way, and more: a key, a trait or a method is added.
fn extends(now: &Batch<'_>, before: &Batch<'_>) -> bool {
    let Batch { items, other, entry_ids, entry_size, idempotency_key, response, id } = now;
    let is_kept = |before: Option<&str>, now: Option<&str>| before.is_none() || before == now;
    *items == before.items
        && *entry_size == before.entry_size
        && before.entry_ids.iter().all(|path| entry_ids.contains(path))
        && is_kept(before.other, *other)
        && is_kept(before.idempotency_key, *idempotency_key)
        && is_kept(before.response, *response)
        && is_kept(before.id, *id)
}

fn pagination(old: &Operation<'_>, new: &Operation<'_>, report: &mut dyn FnMut(Kind, String)) {
    match (old.pagination(), new.pagination()) {
        (None, Some(now)) => report(Kind::PaginationAdded, format!("pagination {now}, was none")),
        (Some(before), None) => report(Kind::PaginationDropped, format!("pagination none, was {before}")),
        (Some(before), Some(now)) if before.items != now.items => {
            let text = format!("items {}, was {}", shown(now.items), shown(before.items));
            report(Kind::AnnotationChanged, text);
        }
        (Some(before), Some(now)) if before != now => {
            report(Kind::PaginationChanged, format!("pagination {now}, was {before}"));
        }
        _ => {}
    }
}

/// Compares what holds for two states of an API as a whole.
pub(super) fn document(notes: &mut Notes<'_>, old: &Interface<'_>, new: &Interface<'_>) {
    let DocumentAnnotations {
        base: Base { site, gateway },
        docs: _,
        strip_suffixes: _,
        pinned_names: _,
        rate_limits,
        write_rate_limits,
    } = &new.annotations;
    let before = &old.annotations;
    for (what, before, now) in
        [("a site", before.base.site, *site), ("the gateway", before.base.gateway, *gateway)]
    {
        let kind = match (before, now) {
            (None, Some(_)) => Kind::AnnotationAdded,
            (Some(_), None) => Kind::AnnotationDropped,
            (before, now) if before != now => Kind::AnnotationChanged,
            _ => continue,
        };
        notes.other(kind, &[], "", format!("below {what} {}, was {}", shown(now), shown(before)));
    }
    if (&before.rate_limits, &before.write_rate_limits) != (rate_limits, write_rate_limits) {
        notes.other(Kind::RateLimitChanged, &[], "", "the general rate limits are others".to_owned());
    }
    for key in differing(&old.unread, &new.unread) {
        notes.other(Kind::AnnotationChanged, &[], "", format!("{PREFIX}{key} is another"));
    }
}

/// The keys of two maps that do not have the same value in both.
pub(super) fn differing<'k>(
    old: &BTreeMap<&'k str, &Value>,
    new: &BTreeMap<&'k str, &Value>,
) -> Vec<&'k str> {
    let keys: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    keys.into_iter().filter(|key| old.get(key) != new.get(key)).collect()
}

fn shown<T: Debug>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value:?}"))
}
