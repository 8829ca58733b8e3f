//! What changed about a value: one schema before and after, both in the normal form.
//!
//! References are compared by name alone, since what they lead to is compared on its own. Whether a schema is a
//! component or part of an operation makes no difference here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::annotations::differing;
use super::kinds::Kind;
use super::normal::Property;
use super::notes::{Notes, Spot};
use super::rules::Condition;
use super::usage::Sides;
use crate::model::{PREFIX, Pointer, Schema, SchemaAnnotations};

/// Compares a value, null included; `facts` narrow down what a default means to it.
pub(super) fn value(
    notes: &mut Notes<'_>,
    old: &Schema<'_>,
    new: &Schema<'_>,
    spot: &Spot,
    facts: &[Condition],
) {
    if old.nullable != new.nullable {
        nullable(notes, new, spot, &[]);
    }
    content(notes, old, new, spot, facts);
}

fn nullable(notes: &mut Notes<'_>, new: &Schema<'_>, spot: &Spot, facts: &[Condition]) {
    let (kind, what) = match new.nullable {
        true => (Kind::NullableAdded, "may be null now"),
        false => (Kind::NullableDropped, "not null any more"),
    };
    notes.value(kind, facts, spot.sides, new.at.as_str(), format!("{}: {what}", spot.name));
}

fn content(notes: &mut Notes<'_>, old: &Schema<'_>, new: &Schema<'_>, spot: &Spot, facts: &[Condition]) {
    let Spot { name, sides } = spot;
    let at = new.at.as_str();
    if !same_type(notes, old, new) {
        let text = format!("{name}: {}, was {}", new.describe(), old.describe());
        return notes.value(Kind::TypeChanged, &[], *sides, at, text);
    }
    if old.deprecated != new.deprecated {
        deprecated(notes, new.deprecated, at, spot);
    }
    defaults(notes, (old.default, new.default), at, spot, facts);
    if new.reference.is_some() {
        return;
    }

    if old.format != new.format {
        let shown = |format: &str| if format.is_empty() { "none".to_owned() } else { format!("`{format}`") };
        let text = format!("{name}: format {}, was {}", shown(new.format), shown(old.format));
        notes.value(Kind::FormatChanged, &[], *sides, at, text);
    }
    limits(notes, old, new, spot);
    if notes.annotated {
        annotations(notes, old, new, spot);
    }
    if let (Some(before), Some(now)) = (old.listed(), new.listed()) {
        for gone in before.difference(&now) {
            notes.value(
                Kind::EnumValueRemoved,
                &[],
                *sides,
                old.at.as_str(),
                format!("{name}: {gone} is gone"),
            );
        }
        for came in now.difference(&before) {
            notes.value(Kind::EnumValueAdded, &[], *sides, at, format!("{name}: {came} is new"));
        }
    }
    properties(notes, old, new, spot);
    contents(notes, (old.items.as_deref(), new.items.as_deref()), &new.at, &spot.inner("[]"));
    contents(notes, (old.additional(), new.additional()), &new.at, &spot.inner("{}"));
    alternatives(notes, old, new, spot);
    included(notes, old, new, spot);
}

fn defaults(
    notes: &mut Notes<'_>,
    defaults: (Option<&Value>, Option<&Value>),
    at: &str,
    spot: &Spot,
    facts: &[Condition],
) {
    let Spot { name, sides } = spot;
    match defaults {
        (None, Some(value)) => {
            notes.value(Kind::DefaultAdded, facts, *sides, at, format!("{name}: {value} by default"));
        }
        (Some(value), None) => {
            notes.value(Kind::DefaultRemoved, facts, *sides, at, format!("{name}: no default, was {value}"));
        }
        (Some(before), Some(value)) if before != value => {
            let text = format!("{name}: {value} by default, was {before}");
            notes.value(Kind::DefaultChanged, &[], *sides, at, text);
        }
        _ => {}
    }
}

/// Compares what annotations make of a type.
fn annotations(notes: &mut Notes<'_>, old: &Schema<'_>, new: &Schema<'_>, spot: &Spot) {
    // Ids make another type, and what is always present another property; rate limit keys are part of the operation,
    // and descriptions of values no part of an interface.
    let SchemaAnnotations {
        id: _,
        always_present: _,
        rate_limit_key: _,
        enum_docs: _,
        name,
        page,
        alias,
        deprecated,
        date,
        duration,
        sla_cycle,
        sla_cycles,
        field,
        field_values,
        linked_id,
        same_id,
    } = &new.annotations;
    let before = &old.annotations;
    let mut report = |kind: Kind, what: &str| {
        notes.value(kind, &[], spot.sides, new.at.as_str(), format!("{}: {what}", spot.name));
    };
    if before.page != *page {
        report(
            Kind::AnnotationChanged,
            "its items are another property, or it is a page no more or only now",
        );
    }
    let parts = [
        ("a moment", before.date.is_some(), date.is_some(), before.date != *date),
        ("a length of time", before.duration.is_some(), duration.is_some(), before.duration != *duration),
        (
            "the times of a cycle",
            before.sla_cycle.is_some(),
            sla_cycle.is_some(),
            before.sla_cycle != *sla_cycle,
        ),
        ("cycles", before.sla_cycles.is_some(), sla_cycles.is_some(), before.sla_cycles != *sla_cycles),
        ("a form for values", before.field.is_some(), field.is_some(), before.field != *field),
        (
            "values of fields",
            before.field_values.is_some(),
            field_values.is_some(),
            before.field_values != *field_values,
        ),
        (
            "an id in its links",
            before.linked_id.is_some(),
            linked_id.is_some(),
            before.linked_id != *linked_id,
        ),
        (
            "a counterpart in another API",
            before.same_id.is_some(),
            same_id.is_some(),
            before.same_id != *same_id,
        ),
    ];
    for (what, before, now, differ) in parts {
        match (before, now) {
            (false, true) => report(Kind::AnnotationAdded, &format!("has {what} now")),
            (true, false) => report(Kind::AnnotationDropped, &format!("has {what} no more")),
            _ if differ => report(Kind::AnnotationChanged, &format!("has {what} from elsewhere")),
            _ => {}
        }
    }
    if spot.sides.holds(Sides::READ) {
        for name in before.alias.iter().filter(|name| !alias.contains(name)) {
            report(Kind::AnnotationDropped, &format!("not read under the name {name} any more"));
        }
        for name in alias.iter().filter(|name| !before.alias.contains(name)) {
            report(Kind::AnnotationAdded, &format!("read under the name {name} too"));
        }
    }
    for (key, differ) in [("name", before.name != *name), ("deprecated", before.deprecated != *deprecated)] {
        if differ {
            report(Kind::AnnotationChanged, &format!("{PREFIX}{key} is another"));
        }
    }
    for key in differing(&old.unread, &new.unread) {
        report(Kind::AnnotationChanged, &format!("{PREFIX}{key} is another"));
    }
}

/// Notes that something became deprecated or ceased to be.
pub(super) fn deprecated(notes: &mut Notes<'_>, now: bool, at: &str, spot: &Spot) {
    let (kind, what) = match now {
        true => (Kind::DeprecatedAdded, "deprecated now"),
        false => (Kind::DeprecatedDropped, "deprecated no more"),
    };
    notes.value(kind, &[], spot.sides, at, format!("{}: {what}", spot.name));
}

/// Whether two schemas have the same Rust type, as far as can be seen from outside.
fn same_type(notes: &Notes<'_>, old: &Schema<'_>, new: &Schema<'_>) -> bool {
    match (&old.reference, &new.reference) {
        (Some(before), Some(now)) => notes.renamed(before) == now,
        (None, None) => {
            old.kind() == new.kind()
                && old.type_format() == new.type_format()
                && old.values.is_some() == new.values.is_some()
                && old.alternatives().is_empty() == new.alternatives().is_empty()
                // The other way round, the fields that are gone say more.
                && (old.is_struct() || !new.is_struct())
                && (old.annotations.id == new.annotations.id || !notes.annotated)
        }
        _ => false,
    }
}

fn limits(notes: &mut Notes<'_>, old: &Schema<'_>, new: &Schema<'_>, spot: &Spot) {
    let shown = |limit: Option<&&Value>| limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
    let mut keys: Vec<&str> = old.limits.keys().chain(new.limits.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (before, now) = (old.limits.get(key), new.limits.get(key));
        if before == now {
            continue;
        }
        let tightened = match (before, now) {
            (Some(Value::Array(before)), Some(Value::Array(now))) => {
                before.iter().any(|value| !now.contains(value))
            }
            (Some(_), None) => false,
            (Some(before), Some(now)) => match (before.as_f64(), now.as_f64()) {
                (Some(before), Some(now)) if key.to_ascii_lowercase().contains("max") => now < before,
                (Some(before), Some(now)) if key.to_ascii_lowercase().contains("min") => now > before,
                _ => true,
            },
            _ => true,
        };
        let kind = if tightened { Kind::LimitTightened } else { Kind::LimitLoosened };
        let text = format!("{}: {key} {}, was {}", spot.name, shown(now), shown(before));
        notes.value(kind, &[], spot.sides, new.at.as_str(), text);
    }
}

fn properties(notes: &mut Notes<'_>, old: &Schema<'_>, new: &Schema<'_>, spot: &Spot) {
    for (name, before) in &old.properties {
        let spot = spot.inner(&format!(".{name}"));
        match (old.property(name), new.property(name)) {
            (Some(before), Some(now)) => both(notes, &before, &now, &spot),
            _ => {
                let text = format!("{}: gone, was {}", spot.name, before.describe());
                notes.value(Kind::PropertyRemoved, &[], spot.sides, before.at.as_str(), text);
            }
        }
    }
    let added = new.properties.keys().filter(|name| !old.properties.contains_key(*name));
    for (name, property) in added.filter_map(|name| Some((name, new.property(name)?))) {
        let (need, text) = match property.may_be_left_out() {
            true => (Condition::Optional, "optional"),
            false => (Condition::Required, "required"),
        };
        let text = format!("{}.{name}: new, {text}, {}", spot.name, property.schema.describe());
        notes.value(Kind::PropertyAdded, &[need], spot.sides, property.schema.at.as_str(), text);
    }
    let kept = |one: &Schema<'_>, other: &Schema<'_>| -> Vec<String> {
        one.required.iter().filter(|name| other.requires(name)).map(ToString::to_string).collect()
    };
    let (before, now) = (kept(old, new), kept(new, old));
    if before != now {
        let text = format!("{}: requires {}, in this order", spot.name, now.join(", "));
        notes.value(Kind::OrderChanged, &[], spot.sides, new.at.as_str(), text);
    }
}

/// Compares a property that is there before and after.
///
/// A property that is not required and one that may be null are one in Rust, an `Option`, so the two are compared
/// together; a response can moreover be relied upon to carry what our annotation says it always does.
fn both(notes: &mut Notes<'_>, old: &Property<'_, '_>, new: &Property<'_, '_>, spot: &Spot) {
    let missing = |property: &Property<'_, '_>| match notes.annotated {
        true => property.may_be_missing(),
        false => property.may_be_left_out(),
    };
    let (before, now, at) = (old.schema, new.schema, new.schema.at.as_str());
    let sent = (old.may_be_left_out(), new.may_be_left_out(), Sides::SENT);
    let read = (missing(old), missing(new), Sides::READ | Sides::IN_ERRORS);
    let texts = if old.required != new.required {
        ["required now", "optional now"]
    } else if before.nullable != now.nullable {
        ["not null any more", "may be null now"]
    } else {
        ["always there now", "may be missing now"]
    };
    let mut noted = false;
    for (kind, text, flip) in
        [(Kind::PropertyRequired, texts[0], (true, false)), (Kind::PropertyOptional, texts[1], (false, true))]
    {
        let flipped = [sent, read].into_iter().filter(|(before, now, _)| (*before, *now) == flip);
        let Some(sides) = flipped.map(|(_, _, sides)| sides).reduce(|all, sides| all | sides) else {
            continue;
        };
        noted = true;
        let seen = sides.only(spot.sides);
        if seen != Sides::NONE || spot.sides == Sides::NONE {
            let collection = before.is_collection() && now.is_collection();
            let facts: &[Condition] = if collection { &[Condition::Collection] } else { &[] };
            notes.value(kind, facts, seen, at, format!("{}: {text}", spot.name));
        }
    }
    if !noted && before.nullable != now.nullable {
        nullable(notes, now, spot, &[Condition::Optional]);
    }
    content(notes, before, now, spot, &[]);
}

/// Compares what a list or a map holds; nothing said means any JSON.
fn contents(
    notes: &mut Notes<'_>,
    contents: (Option<&Schema<'_>>, Option<&Schema<'_>>),
    at: &Pointer,
    spot: &Spot,
) {
    let any = Schema::any(String::new(), at.clone(), &Value::Null);
    if let (before, now) = contents
        && (before.is_some() || now.is_some())
    {
        value(notes, before.unwrap_or(&any), now.unwrap_or(&any), spot, &[]);
    }
}

/// Schemas by what they are known by: the schema's new name, or the type and the how-manieth of that type.
fn by_name<'s, 'a>(
    notes: &Notes<'_>,
    schemas: &'s [Schema<'a>],
    old: bool,
) -> BTreeMap<(String, usize), &'s Schema<'a>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let named = schemas.iter().map(|schema| {
        let name = match &schema.reference {
            Some(name) if old => notes.renamed(name).to_owned(),
            Some(name) => name.clone().into_owned(),
            None => format!("({})", schema.kind()),
        };
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        ((name, *count), schema)
    });
    named.collect()
}

fn alternatives(notes: &mut Notes<'_>, old: &Schema<'_>, new: &Schema<'_>, spot: &Spot) {
    let before = by_name(notes, old.alternatives(), true);
    let now = by_name(notes, new.alternatives(), false);
    for (key, one) in &before {
        match now.get(key) {
            Some(now) => value(notes, one, now, &spot.inner(&format!("|{}", key.0)), &[]),
            None => {
                let text = format!("{}: no longer {}", spot.name, one.describe());
                notes.value(Kind::VariantRemoved, &[], spot.sides, one.at.as_str(), text);
            }
        }
    }
    for (_, one) in now.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let text = format!("{}: also {}", spot.name, one.describe());
        notes.value(Kind::VariantAdded, &[], spot.sides, one.at.as_str(), text);
    }
}

fn included(notes: &mut Notes<'_>, old: &Schema<'_>, new: &Schema<'_>, spot: &Spot) {
    let before = by_name(notes, old.included(), true);
    let now = by_name(notes, new.included(), false);
    for (key, part) in &before {
        match now.get(key) {
            Some(now) => value(notes, part, now, &spot.inner(&format!("&{}", key.0)), &[]),
            None => {
                let text = format!("{}: without what {} has", spot.name, part.describe());
                notes.value(Kind::PartRemoved, &[], spot.sides, part.at.as_str(), text);
            }
        }
    }
    for (_, part) in now.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let need = if notes.takes_arguments(part) { Condition::Required } else { Condition::Optional };
        let text = format!("{}: with all that {} has", spot.name, part.describe());
        notes.value(Kind::PartAdded, &[need], spot.sides, part.at.as_str(), text);
    }
}
