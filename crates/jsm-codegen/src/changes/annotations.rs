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

    match (before.paging, now.paging) {
        (before, now) if before == now => {}
        (None, Some(now)) => say(Kind::PagingAdded, &format!("paging {}, was none", written(now))),
        (Some(before), None) => say(Kind::PagingDropped, &format!("paging none, was {}", written(before))),
        (Some(before), Some(now)) if before.get("items") != now.get("items") => {
            say(
                Kind::AnnotationChanged,
                &format!("items {}, was {}", part(now, "items"), part(before, "items")),
            );
        }
        (Some(before), Some(now)) => {
            say(Kind::PagingChanged, &format!("paging {}, was {}", written(now), written(before)));
        }
        (None, None) => {}
    }
    if before.multipart != now.multipart {
        let text = format!("uploaded part {}, was {}", said(now.multipart), said(before.multipart));
        say(Kind::UploadChanged, &text);
    }
    if before.burst != now.burst {
        let text = format!("requests per second {}, was {}", said(now.burst), said(before.burst));
        say(Kind::PaceChanged, &text);
    }
    if old.write_limit != new.write_limit {
        let text = format!("writes counted by {}, was {}", said(new.write_limit), said(old.write_limit));
        say(Kind::PaceChanged, &text);
    }
    if before.chunk != now.chunk {
        let text = format!("entries in one call {}, was {}", said(now.chunk), said(before.chunk));
        // Files can be sent in batches where their number is limited.
        let files = before.multipart.is_some() && now.multipart.is_some();
        say(
            match (before.chunk, now.chunk) {
                (None, Some(_)) if files => Kind::AnnotationAdded,
                (Some(_), None) if files => Kind::AnnotationDropped,
                _ => Kind::PaceChanged,
            },
            &text,
        );
    }
    match (before.chunked, now.chunked) {
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
    if before.answer_statuses != now.answer_statuses {
        let text = format!(
            "statuses that are no errors {:?}, was {:?}",
            now.answer_statuses, before.answer_statuses
        );
        say(Kind::AnnotationChanged, &text);
    }
    for key in differing(&before.others, &now.others) {
        say(Kind::AnnotationChanged, &format!("{key} is another"));
    }
    if before.repeatable != now.repeatable {
        let (kind, text) = match now.repeatable {
            true => (Kind::RepeatableAdded, "may be sent again after a failure"),
            false => (Kind::RepeatableDropped, "not to be sent again after a failure"),
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
    if (old.notes.rates, old.notes.write_limits) != (new.notes.rates, new.notes.write_limits) {
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
