//! What changed about an operation that is there before and after: its flags, parameters, body and responses.
//!
//! What the values look like inside is compared in [`super::values`]; which two are one operation is decided in
//! [`super::pairs`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::kinds::Kind;
use super::normal::{json_or_other, of_media, of_parameter};
use super::notes::{Notes, Spot};
use super::pairs::{self, Pairs};
use super::rules::Condition;
use super::usage::{Sides, side_of};
use super::{annotations, values};
use crate::model::{JSON, Media, Operation, Parameter, RequestBody, Schema, template};

/// Compares one operation with itself.
pub(super) fn operation(notes: &mut Notes<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    name(notes, old, new);
    let (at, label) = (new.at.as_str(), new.label.as_str());
    if old.experimental != new.experimental {
        let (kind, text) = match new.experimental {
            true => (Kind::ExperimentalAdded, "experimental now"),
            false => (Kind::ExperimentalDropped, "experimental no more"),
        };
        notes.other(kind, &[], at, format!("{label}: {text}"));
    }
    if old.deprecated != new.deprecated {
        let (kind, text) = match new.deprecated {
            true => (Kind::DeprecatedAdded, "deprecated now"),
            false => (Kind::DeprecatedDropped, "deprecated no more"),
        };
        notes.other(kind, &[], at, format!("{label}: {text}"));
    }
    scopes(notes, old, new);
    if notes.annotated {
        annotations::operation(notes, old, new);
    }
    parameters(notes, old, new);
    body(notes, old, new);
    responses(notes, old, new);
}

fn name(notes: &mut Notes<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    if old.method != new.method || template(old.path) != template(new.path) {
        let text = format!("{}: {}, was {}", new.label, new.place(), old.place());
        notes.other(Kind::OperationMoved, &[], new.at.as_str(), text);
    }
    let shown = |name: Option<&str>| name.unwrap_or("nothing").to_owned();
    let mut renamed = Vec::new();
    if old.id != new.id {
        let now = if new.id == Some(new.label.as_str()) {
            String::new()
        } else {
            format!("called {}, ", shown(new.id))
        };
        renamed.push(format!("{now}was {}", shown(old.id)));
    }
    let kept = !notes.annotated || old.annotations.name == new.annotations.name;
    if !kept {
        renamed.push(format!("{} in Rust, was {}", shown(new.annotations.name), shown(old.annotations.name)));
    }
    if !renamed.is_empty() {
        let text = format!("{}: {} ({})", new.label, renamed.join("; "), new.place());
        let facts: &[Condition] = if kept { &[Condition::SameName] } else { &[] };
        notes.other(Kind::OperationRenamed, facts, new.at.as_str(), text);
    }
    if notes.annotated && old.annotations.group != new.annotations.group {
        let group = |operation: &Operation<'_>| operation.annotations.group.unwrap_or("no module").to_owned();
        let text = format!("{}: in {}, was in {}", new.label, group(new), group(old));
        notes.other(Kind::OperationRegrouped, &[], new.at.as_str(), text);
    }
}

fn scopes(notes: &mut Notes<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let sets = |operation: &Operation<'_>| -> BTreeSet<BTreeSet<String>> {
        operation.scopes.iter().map(|set| set.iter().map(|scope| (*scope).to_owned()).collect()).collect()
    };
    let (before, now) = (sets(old), sets(new));
    if before == now {
        return;
    }
    let suffices = |set: &BTreeSet<String>| now.iter().any(|needed| needed.is_subset(set));
    let fine = now.is_empty() || !before.is_empty() && before.iter().all(suffices);
    let kind = if fine { Kind::ScopeRemoved } else { Kind::ScopeAdded };
    let text = format!("{}: needs {}; did need {}", new.label, needed(&now), needed(&before));
    notes.other(kind, &[], new.at.as_str(), text);
}

fn needed(sets: &BTreeSet<BTreeSet<String>>) -> String {
    if sets.is_empty() {
        return "no scope".to_owned();
    }
    let sets = sets.iter().map(|set| set.iter().map(String::as_str).collect::<Vec<_>>().join(" and "));
    sets.collect::<Vec<_>>().join(", or ")
}

fn parameters(notes: &mut Notes<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let Pairs { both, removed, added } = pairs::parameters(old, new);
    let spot = |parameter: &Parameter<'_>| Spot {
        name: format!("{} parameter {}", parameter.location, parameter.name),
        sides: Sides::SENT,
    };
    for parameter in removed {
        let text = format!("{}: gone, was {}", spot(parameter).name, of_parameter(parameter).describe());
        notes.other(Kind::ParameterRemoved, &[], parameter.at.as_str(), text);
    }
    for parameter in added {
        let facts: &[Condition] = if is_argument(new, parameter) { &[Condition::Required] } else { &[] };
        let need = if parameter.required { "required" } else { "optional" };
        let kind = of_parameter(parameter).describe();
        let text = format!("{}: new, {need}, {kind}", spot(parameter).name);
        notes.other(Kind::ParameterAdded, facts, parameter.at.as_str(), text);
    }
    let steps: BTreeMap<&str, usize> =
        new.path_parameters().enumerate().map(|(position, name)| (name, position)).collect();
    let renamed: BTreeMap<&str, &str> = both.iter().map(|(before, now)| (before.name, now.name)).collect();
    let order = old.path_parameters().filter_map(|name| steps.get(renamed.get(name)?));
    if !order.is_sorted() {
        let text = format!(
            "path parameters: {}, in this order",
            new.path_parameters().collect::<Vec<_>>().join(", ")
        );
        notes.value(Kind::OrderChanged, &[], Sides::SENT, new.at.as_str(), text);
    }
    for (before, now) in both {
        let arguments = (is_argument(old, before), is_argument(new, now));
        parameter(notes, before, now, arguments, &spot(now));
    }
}

/// Compares one parameter; `arguments` is whether `new` took it and whether `new` takes it.
fn parameter(
    notes: &mut Notes<'_>,
    old: &Parameter<'_>,
    new: &Parameter<'_>,
    arguments: (bool, bool),
    spot: &Spot,
) {
    let (name, at) = (&spot.name, new.at.as_str());
    if old.location != new.location {
        notes.other(Kind::ParameterMoved, &[], at, format!("{name}: was a {} parameter", old.location));
    } else if !old.name.eq_ignore_ascii_case(new.name) || old.location != "header" && old.name != new.name {
        notes.other(Kind::ParameterRenamed, &[], at, format!("{name}: was {}", old.name));
    }
    if old.required != new.required {
        let (kind, text) = match new.required {
            true => (Kind::ParameterRequired, "required now"),
            false => (Kind::ParameterOptional, "optional now"),
        };
        let facts: &[Condition] = if arguments == (false, false) { &[Condition::Optional] } else { &[] };
        notes.other(kind, facts, at, format!("{name}: {text}"));
    } else if notes.annotated && arguments.0 != arguments.1 && old.default() == new.default() {
        let (kind, text) = match arguments.1 {
            true => (Kind::ParameterRequired, "not set by the client any more"),
            false => (Kind::ParameterOptional, "set by the client by default now"),
        };
        notes.other(kind, &[], at, format!("{name}: {text}"));
    }
    if notes.annotated && old.annotations.number != new.annotations.number {
        let (kind, text) = match new.annotations.number {
            true => (Kind::LimitTightened, "has to be a number now"),
            false => (Kind::LimitLoosened, "any text now"),
        };
        notes.value(kind, &[], spot.sides, at, format!("{name}: {text}"));
    }
    if (old.style, old.explode) != (new.style, new.explode) {
        let shown = |value: Option<&Value>| value.map_or_else(|| "by default".to_owned(), Value::to_string);
        let written = |parameter: &Parameter<'_>| {
            format!("style {}, explode {}", shown(parameter.style), shown(parameter.explode))
        };
        let text = format!("{name}: {}; was {}", written(new), written(old));
        notes.other(Kind::ParameterStyleChanged, &[], at, text);
    }
    if old.deprecated != new.deprecated {
        values::deprecated(notes, new.deprecated, at, spot);
    }
    let required = old.required && new.required;
    let facts: &[Condition] = if required { &[Condition::Required] } else { &[] };
    values::value(notes, of_parameter(old), of_parameter(new), spot, facts);
}

/// Whether a parameter is an argument of `new`: where the document has a default for it, it is a setter instead. So is
/// an idempotency key, which the client makes by default.
fn is_argument(operation: &Operation<'_>, parameter: &Parameter<'_>) -> bool {
    let default = parameter.default();
    let key = operation.annotations.batch.as_ref().and_then(|batch| batch.idempotency_key);
    parameter.required
        && Some(parameter.name) != key
        && !default.is_some_and(|value| value.is_string() || value.is_boolean() || value.is_number())
}

fn body(notes: &mut Notes<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let describe = |body: &RequestBody<'_>| {
        json_or_other(&body.content).map_or_else(|| "of no type".to_owned(), Schema::describe)
    };
    match (&old.body, &new.body) {
        (None, None) => {}
        (Some(body), None) => {
            let text = format!("body: gone, was {}", describe(body));
            notes.other(Kind::BodyRemoved, &[], body.at.as_str(), text);
        }
        (None, Some(body)) => {
            let required = of_media(&body.content, JSON).is_some_and(|schema| notes.takes_arguments(schema));
            let facts: &[Condition] = if required { &[Condition::Required] } else { &[] };
            let text = format!("body: new, {}", describe(body));
            notes.other(Kind::BodyAdded, facts, body.at.as_str(), text);
        }
        (Some(before), Some(now)) => {
            if before.required != now.required {
                let (kind, text) = match now.required {
                    true => (Kind::BodyRequired, "body: required now"),
                    false => (Kind::BodyOptional, "body: optional now"),
                };
                notes.other(kind, &[], now.at.as_str(), text.to_owned());
            }
            let spot = Spot { name: "body".to_owned(), sides: Sides::SENT };
            content(notes, &before.content, &now.content, now.at.as_str(), &spot);
        }
    }
}

fn responses(notes: &mut Notes<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let pairs::Responses { both, removed, added } = pairs::responses(old, new);
    for ((before, old_response), (now, new_response)) in both {
        let at = new_response.at.as_str();
        if before != now {
            let text = format!("response {now}: was {before}");
            notes.other(Kind::ResponseRenumbered, &[], at, text);
        }
        let spot = Spot { name: format!("response {now}"), sides: side_of(old, before) };
        content(notes, &old_response.content, &new_response.content, at, &spot);
    }
    for (status, response) in removed {
        let text = format!("response {status}: gone");
        notes.value(Kind::ResponseRemoved, &[], side_of(old, status), response.at.as_str(), text);
    }
    for (status, response) in added {
        let what = json_or_other(&response.content).map_or_else(|| "nothing".to_owned(), Schema::describe);
        let text = format!("response {status}: new, with {what}");
        notes.value(Kind::ResponseAdded, &[], side_of(new, status), response.at.as_str(), text);
    }
}

/// Compares a body in all of its media types.
fn content(notes: &mut Notes<'_>, old: &[Media<'_>], new: &[Media<'_>], at: &str, spot: &Spot) {
    let Spot { name, sides } = spot;
    if old.is_empty() != new.is_empty() {
        let what = |content: &[Media<'_>]| {
            json_or_other(content).map_or_else(|| "nothing".to_owned(), Schema::describe)
        };
        let text = format!("{name}: {}, was {}", what(new), what(old));
        return notes.value(Kind::TypeChanged, &[], *sides, at, text);
    }
    let beside_json = of_media(old, JSON).is_some() && of_media(new, JSON).is_some();
    let facts: &[Condition] = if beside_json { &[Condition::BesideJson] } else { &[] };
    for media in old {
        match (of_media(old, &media.name), of_media(new, &media.name)) {
            (Some(before), Some(now)) => values::value(notes, before, now, spot, &[]),
            _ => {
                let text = format!("{name}: no {} any more", media.name);
                notes.value(Kind::MediaTypeRemoved, facts, *sides, media.schema_at(), text);
            }
        }
    }
    for media in new.iter().filter(|media| of_media(old, &media.name).is_none()) {
        let text = format!("{name}: also {}", media.name);
        notes.value(Kind::MediaTypeAdded, facts, *sides, media.schema_at(), text);
    }
}
