//! What changed about an operation that is there before and after: its flags, parameters, body and answers.
//!
//! What the values look like inside is left to [`super::values`], and whether the two are one operation to
//! [`super::pairs`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::annotations;
use super::kinds::Kind;
use super::model::{Body, Operation, Parameter, Shape};
use super::notes::{Notes, Spot};
use super::pairs::{self, Pairs};
use super::reach::{Sides, side_of};
use super::rules::Condition;
use super::values;

const JSON: &str = "application/json";

/// Compares one operation with itself.
pub(super) fn operation(notes: &mut Notes, old: &Operation, new: &Operation) {
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
    if old.scopes != new.scopes {
        let open = old.scopes.is_empty();
        let suffices = |set: &BTreeSet<&str>| new.scopes.iter().any(|needed| needed.is_subset(set));
        let fine = new.scopes.is_empty() || !open && old.scopes.iter().all(suffices);
        let kind = if fine { Kind::ScopeRemoved } else { Kind::ScopeAdded };
        let text = format!("{label}: needs {}; did need {}", scopes(&new.scopes), scopes(&old.scopes));
        notes.other(kind, &[], at, text);
    }
    if notes.annotated {
        annotations::operation(notes, old, new);
    }
    parameters(notes, old, new);
    body(notes, old, new);
    answers(notes, old, new);
}

fn name(notes: &mut Notes, old: &Operation, new: &Operation) {
    if old.method != new.method || old.template() != new.template() {
        let text = format!("{}: {}, was {}", new.label, new.request(), old.request());
        notes.other(Kind::OperationMoved, &[], &new.at, text);
    }
    let said = |name: Option<&str>| name.unwrap_or("nothing").to_owned();
    let mut renamed = Vec::new();
    if old.id != new.id {
        let now =
            if new.id == Some(&new.label) { String::new() } else { format!("called {}, ", said(new.id)) };
        renamed.push(format!("{now}was {}", said(old.id)));
    }
    let kept = !notes.annotated || old.notes.name == new.notes.name;
    if !kept {
        renamed.push(format!("{} in Rust, was {}", said(new.notes.name), said(old.notes.name)));
    }
    if !renamed.is_empty() {
        let text = format!("{}: {} ({})", new.label, renamed.join("; "), new.request());
        let facts: &[Condition] = if kept { &[Condition::SameName] } else { &[] };
        notes.other(Kind::OperationRenamed, facts, &new.at, text);
    }
    if notes.annotated && old.notes.group != new.notes.group {
        let group = |operation: &Operation| operation.notes.group.unwrap_or("no module").to_owned();
        let text = format!("{}: in {}, was in {}", new.label, group(new), group(old));
        notes.other(Kind::OperationRegrouped, &[], &new.at, text);
    }
}

fn scopes(sets: &BTreeSet<BTreeSet<&str>>) -> String {
    if sets.is_empty() {
        return "no scope".to_owned();
    }
    let sets = sets.iter().map(|set| set.iter().copied().collect::<Vec<_>>().join(" and "));
    sets.collect::<Vec<_>>().join(", or ")
}

fn parameters(notes: &mut Notes, old: &Operation, new: &Operation) {
    let Pairs { both, removed, added } = pairs::parameters(old, new);
    let spot = |parameter: &Parameter| Spot {
        name: format!("{} parameter {}", parameter.place, parameter.name),
        sides: Sides::SENT,
    };
    for parameter in removed {
        let text = format!("{}: gone, was {}", spot(parameter).name, parameter.shape.describe());
        notes.other(Kind::ParameterRemoved, &[], &parameter.at, text);
    }
    for parameter in added {
        let facts: &[Condition] = if is_argument(parameter) { &[Condition::Required] } else { &[] };
        let said = if parameter.required { "required" } else { "optional" };
        let text = format!("{}: new, {said}, {}", spot(parameter).name, parameter.shape.describe());
        notes.other(Kind::ParameterAdded, facts, &parameter.at, text);
    }
    let steps: BTreeMap<&str, usize> =
        new.steps().enumerate().map(|(position, name)| (name, position)).collect();
    let renamed: BTreeMap<&str, &str> = both.iter().map(|(before, now)| (before.name, now.name)).collect();
    let order = old.steps().filter_map(|name| steps.get(renamed.get(name)?));
    if !order.is_sorted() {
        let text = format!("path parameters: {}, in this order", new.steps().collect::<Vec<_>>().join(", "));
        notes.value(Kind::OrderChanged, &[], Sides::SENT, &new.at, text);
    }
    for (before, now) in both {
        parameter(notes, before, now, &spot(now));
    }
}

fn parameter(notes: &mut Notes, old: &Parameter, new: &Parameter, spot: &Spot) {
    let (name, at) = (&spot.name, new.at.as_str());
    if old.place != new.place {
        notes.other(Kind::ParameterMoved, &[], at, format!("{name}: was a {} parameter", old.place));
    } else if !old.name.eq_ignore_ascii_case(new.name) || old.place != "header" && old.name != new.name {
        notes.other(Kind::ParameterRenamed, &[], at, format!("{name}: was {}", old.name));
    }
    if old.required != new.required {
        let (kind, said) = match new.required {
            true => (Kind::ParameterRequired, "required now"),
            false => (Kind::ParameterOptional, "optional now"),
        };
        let setter = !is_argument(old) && !is_argument(new);
        let facts: &[Condition] = if setter { &[Condition::Optional] } else { &[] };
        notes.other(kind, facts, at, format!("{name}: {said}"));
    }
    if notes.annotated && old.notes.number != new.notes.number {
        let (kind, said) = match new.notes.number {
            true => (Kind::LimitTightened, "has to be a number now"),
            false => (Kind::LimitLoosened, "any text now"),
        };
        notes.value(kind, &[], spot.sides, at, format!("{name}: {said}"));
    }
    if old.style != new.style {
        let say = |(style, explode): (Option<&Value>, Option<&Value>)| {
            let say =
                |value: Option<&Value>| value.map_or_else(|| "as usual".to_owned(), ToString::to_string);
            format!("style {}, explode {}", say(style), say(explode))
        };
        let text = format!("{name}: {}; was {}", say(new.style), say(old.style));
        notes.other(Kind::ParameterStyleChanged, &[], at, text);
    }
    if old.deprecated != new.deprecated {
        values::deprecated(notes, new.deprecated, at, spot);
    }
    let required = old.required && new.required;
    values::value(notes, &old.shape, &new.shape, spot, if required { &[Condition::Required] } else { &[] });
}

/// Whether a parameter is an argument of `new`: where the document has a default for it, it is a setter instead.
fn is_argument(parameter: &Parameter) -> bool {
    let default = parameter.shape.default;
    parameter.required
        && !default.is_some_and(|value| value.is_string() || value.is_boolean() || value.is_number())
}

fn body(notes: &mut Notes, old: &Operation, new: &Operation) {
    let describe = |body: &Body| {
        let shape = body.media.get(JSON).or_else(|| body.media.values().next());
        shape.map_or_else(|| "of no type".to_owned(), Shape::describe)
    };
    match (&old.body, &new.body) {
        (None, None) => {}
        (Some(body), None) => {
            notes.other(Kind::BodyRemoved, &[], &body.at, format!("body: gone, was {}", describe(body)));
        }
        (None, Some(body)) => {
            let demanding = body.media.get(JSON).is_some_and(|shape| notes.demands(shape));
            let facts: &[Condition] = if demanding { &[Condition::Required] } else { &[] };
            notes.other(Kind::BodyAdded, facts, &body.at, format!("body: new, {}", describe(body)));
        }
        (Some(before), Some(now)) => {
            if before.required != now.required {
                let (kind, text) = match now.required {
                    true => (Kind::BodyRequired, "body: required now"),
                    false => (Kind::BodyOptional, "body: optional now"),
                };
                notes.other(kind, &[], &now.at, text.to_owned());
            }
            let spot = Spot { name: "body".to_owned(), sides: Sides::SENT };
            media(notes, &before.media, &now.media, &now.at, &spot);
        }
    }
}

fn answers(notes: &mut Notes, old: &Operation, new: &Operation) {
    let pairs::Answers { both, removed, added } = pairs::answers(old, new);
    for ((before, old_answer), (now, new_answer)) in both {
        if before != now {
            let text = format!("answer {now}: was {before}");
            notes.other(Kind::ResponseRenumbered, &[], &new_answer.at, text);
        }
        let spot = Spot { name: format!("answer {now}"), sides: side_of(old, before) };
        media(notes, &old_answer.media, &new_answer.media, &new_answer.at, &spot);
    }
    for (status, answer) in removed {
        let text = format!("answer {status}: gone");
        notes.value(Kind::ResponseRemoved, &[], side_of(old, status), &answer.at, text);
    }
    for (status, answer) in added {
        let shape = answer.media.get(JSON).or_else(|| answer.media.values().next());
        let what = shape.map_or_else(|| "nothing".to_owned(), Shape::describe);
        let text = format!("answer {status}: new, with {what}");
        notes.value(Kind::ResponseAdded, &[], side_of(new, status), &answer.at, text);
    }
}

fn media(
    notes: &mut Notes,
    old: &BTreeMap<String, Shape>,
    new: &BTreeMap<String, Shape>,
    at: &str,
    spot: &Spot,
) {
    let Spot { name, sides } = spot;
    if old.is_empty() != new.is_empty() {
        let what = |media: &BTreeMap<String, Shape>| {
            let shape = media.get(JSON).or_else(|| media.values().next());
            shape.map_or_else(|| "nothing".to_owned(), Shape::describe)
        };
        let text = format!("{name}: {}, was {}", what(new), what(old));
        return notes.value(Kind::TypeChanged, &[], *sides, at, text);
    }
    let beside_json = old.contains_key(JSON) && new.contains_key(JSON);
    let facts: &[Condition] = if beside_json { &[Condition::BesideJson] } else { &[] };
    for (kind, shape) in old {
        match new.get(kind) {
            Some(now) => values::value(notes, shape, now, spot, &[]),
            None => notes.value(
                Kind::MediaTypeRemoved,
                facts,
                *sides,
                &shape.at,
                format!("{name}: no {kind} any more"),
            ),
        }
    }
    for (kind, shape) in new.iter().filter(|(kind, _)| !old.contains_key(*kind)) {
        notes.value(Kind::MediaTypeAdded, facts, *sides, &shape.at, format!("{name}: also {kind}"));
    }
}
