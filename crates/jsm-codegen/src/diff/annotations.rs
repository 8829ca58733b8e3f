//! What changed about what our annotations make of an operation, and of the API as a whole.
//!
//! Those of schemas are compared with the schemas, in [`super::values`]; all of them are read in [`crate::annotations`].

use std::fmt::Debug;

use serde_json::{Map, Value};

use super::kinds::Kind;
use super::model::{Interface, Operation};
use super::notes::Notes;
use super::values::differing;

/// Compares the annotations of one operation.
pub(super) fn operation(notes: &mut Notes, old: &Operation, new: &Operation) {
    let (before, now, at, label) = (&old.notes, &new.notes, new.at.as_str(), new.label.as_str());
    let mut say = |kind: Kind, text: &str| notes.other(kind, &[], at, format!("{label}: {text}"));

    match (before.pagination, now.pagination) {
        (before, now) if before == now => {}
        (None, Some(now)) => say(Kind::PaginationAdded, &format!("pagination {}, was none", written(now))),
        (Some(before), None) => {
            say(Kind::PaginationDropped, &format!("pagination none, was {}", written(before)))
        }
        (Some(before), Some(now)) if before.get("items") != now.get("items") => {
            say(
                Kind::AnnotationChanged,
                &format!("items {}, was {}", part(now, "items"), part(before, "items")),
            );
        }
        (Some(before), Some(now)) => {
            say(Kind::PaginationChanged, &format!("pagination {}, was {}", written(now), written(before)));
        }
        (None, None) => {}
    }
    if before.multipart != now.multipart {
        let text = format!("uploaded part {}, was {}", said(now.multipart), said(before.multipart));
        say(Kind::UploadChanged, &text);
    }
    if before.rate_limit != now.rate_limit {
        let text = format!("requests per second {}, was {}", said(now.rate_limit), said(before.rate_limit));
        say(Kind::PaceChanged, &text);
    }
    if old.rate_limit_key != new.rate_limit_key {
        let text =
            format!("writes counted by {}, was {}", said(new.rate_limit_key), said(old.rate_limit_key));
        say(Kind::PaceChanged, &text);
    }
    if before.batch_limit != now.batch_limit {
        let text = format!("entries in one call {}, was {}", said(now.batch_limit), said(before.batch_limit));
        // Files can be sent in batches where their number is limited.
        let files = before.multipart.is_some() && now.multipart.is_some();
        say(
            match (before.batch_limit, now.batch_limit) {
                (None, Some(_)) if files => Kind::AnnotationAdded,
                (Some(_), None) if files => Kind::AnnotationDropped,
                _ => Kind::PaceChanged,
            },
            &text,
        );
    }
    match (before.batch, now.batch) {
        (before, now) if before == now => {}
        (None, Some(now)) => {
            say(Kind::AnnotationAdded, &format!("can be sent in batches of {}", written(now)))
        }
        (Some(before), None) => {
            say(Kind::AnnotationDropped, &format!("cannot be sent in batches, was {}", written(before)));
        }
        (before, now) => {
            let [now, before] = [now, before].map(|parts| parts.map(written).unwrap_or_default());
            say(Kind::AnnotationChanged, &format!("batches of {now}, was {before}"));
        }
    }
    if before.response_statuses != now.response_statuses {
        let text = format!(
            "statuses that are no errors {:?}, was {:?}",
            now.response_statuses, before.response_statuses
        );
        say(Kind::AnnotationChanged, &text);
    }
    for key in differing(&before.others, &now.others) {
        say(Kind::AnnotationChanged, &format!("{key} is another"));
    }
    if before.idempotent != now.idempotent {
        let (kind, text) = match now.idempotent {
            true => (Kind::IdempotentAdded, "may be sent again after a failure"),
            false => (Kind::IdempotentDropped, "not to be sent again after a failure"),
        };
        say(kind, text);
    }
}

/// Compares where two states of an API are.
pub(super) fn document(notes: &mut Notes, old: &Interface, new: &Interface) {
    for (what, before, now) in
        [("a site", old.notes.site, new.notes.site), ("the gateway", old.notes.gateway, new.notes.gateway)]
    {
        let kind = match (before, now) {
            (None, Some(_)) => Kind::AnnotationAdded,
            (Some(_), None) => Kind::AnnotationDropped,
            (before, now) if before != now => Kind::AnnotationChanged,
            _ => continue,
        };
        notes.other(kind, &[], "", format!("below {what} {}, was {}", said(now), said(before)));
    }
    if (old.notes.rates, old.notes.write_rate_limits) != (new.notes.rates, new.notes.write_rate_limits) {
        notes.other(Kind::PaceChanged, &[], "", "the general rate limits are others".to_owned());
    }
}

fn said<T: Debug>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value:?}"))
}

fn part(map: &Map<String, Value>, key: &str) -> String {
    map.get(key).map_or_else(|| "none".to_owned(), Value::to_string)
}

fn written(map: &Map<String, Value>) -> String {
    Value::Object(map.clone()).to_string()
}
