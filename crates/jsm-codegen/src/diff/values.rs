//! What changed about the shape of a value: one schema before and after.
//!
//! References are compared by name alone, since what stands behind them is a change of its own, told once. Where a
//! shape comes from, a component or an operation, makes no difference here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::kinds::Kind;
use super::model::{Property, Shape};
use super::notes::{Notes, Spot};
use super::reach::Sides;
use super::rules::Condition;

/// Compares a value, null included; `facts` narrow down what a default means to it.
pub(super) fn value(notes: &mut Notes, old: &Shape, new: &Shape, spot: &Spot, facts: &[Condition]) {
    if old.nullable != new.nullable {
        nullable(notes, new, spot, &[]);
    }
    shape(notes, old, new, spot, facts);
}

fn nullable(notes: &mut Notes, new: &Shape, spot: &Spot, facts: &[Condition]) {
    let (kind, what) = match new.nullable {
        true => (Kind::NullableAdded, "may be null now"),
        false => (Kind::NullableDropped, "not null any more"),
    };
    notes.value(kind, facts, spot.sides, &new.at, format!("{}: {what}", spot.name));
}

fn shape(notes: &mut Notes, old: &Shape, new: &Shape, spot: &Spot, facts: &[Condition]) {
    let Spot { name, sides } = spot;
    let at = new.at.as_str();
    if !same_type(notes, old, new) {
        let text = format!("{name}: {}, was {}", new.describe(), old.describe());
        return notes.value(Kind::TypeChanged, &[], *sides, at, text);
    }
    if old.deprecated != new.deprecated {
        deprecated(notes, new.deprecated, at, spot);
    }
    match (old.default, new.default) {
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
    if new.reference.is_some() {
        return;
    }

    if old.format != new.format {
        let say = |format: &str| if format.is_empty() { "none".to_owned() } else { format!("`{format}`") };
        let text = format!("{name}: format {}, was {}", say(new.format), say(old.format));
        notes.value(Kind::FormatChanged, &[], *sides, at, text);
    }
    limits(notes, old, new, spot);
    if notes.annotated {
        annotations(notes, old, new, spot);
    }
    if let (Some(before), Some(now)) = (&old.values, &new.values) {
        for gone in before.keys().filter(|value| !now.contains_key(*value)) {
            notes.value(Kind::EnumValueRemoved, &[], *sides, &old.at, format!("{name}: {gone} is gone"));
        }
        for came in now.keys().filter(|value| !before.contains_key(*value)) {
            notes.value(Kind::EnumValueAdded, &[], *sides, at, format!("{name}: {came} is new"));
        }
    }
    properties(notes, old, new, spot);
    contents(notes, (old.items.as_deref(), new.items.as_deref()), at, &spot.inner("[]"));
    contents(notes, (old.extra.as_deref(), new.extra.as_deref()), at, &spot.inner("{}"));
    alternatives(notes, old, new, spot);
    parts(notes, old, new, spot);
}

/// Compares what annotations make of a type.
fn annotations(notes: &mut Notes, old: &Shape, new: &Shape, spot: &Spot) {
    let (before, now) = (&old.notes, &new.notes);
    let mut say = |kind: Kind, what: &str| {
        notes.value(kind, &[], spot.sides, &new.at, format!("{}: {what}", spot.name));
    };
    if before.page != now.page {
        say(Kind::AnnotationChanged, "its items are another property, or it is a page no more or only now");
    }
    let parts =
        [("a moment", before.date, now.date), ("an id in its links", before.linked_id, now.linked_id)];
    for (what, before, now) in parts {
        match (before, now) {
            (None, Some(_)) => say(Kind::AnnotationAdded, &format!("has {what} now")),
            (Some(_), None) => say(Kind::AnnotationDropped, &format!("has {what} no more")),
            (before, now) if before != now => {
                say(Kind::AnnotationChanged, &format!("has {what} from elsewhere"))
            }
            _ => {}
        }
    }
    if spot.sides.holds(Sides::READ) {
        for name in before.alias.iter().filter(|name| !now.alias.contains(name)) {
            say(Kind::AnnotationDropped, &format!("not read under the name {name} any more"));
        }
        for name in now.alias.iter().filter(|name| !before.alias.contains(name)) {
            say(Kind::AnnotationAdded, &format!("read under the name {name} too"));
        }
    }
    for key in differing(&before.others, &now.others) {
        say(Kind::AnnotationChanged, &format!("{key} is another"));
    }
}

/// The keys of two maps that have not the same value in both.
pub(super) fn differing<'k, V: PartialEq>(
    old: &BTreeMap<&'k str, V>,
    new: &BTreeMap<&'k str, V>,
) -> Vec<&'k str> {
    let keys: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    keys.into_iter().filter(|key| old.get(key) != new.get(key)).collect()
}

/// Tells that something became deprecated or ceased to be.
pub(super) fn deprecated(notes: &mut Notes, now: bool, at: &str, spot: &Spot) {
    let (kind, what) = match now {
        true => (Kind::DeprecatedAdded, "deprecated now"),
        false => (Kind::DeprecatedDropped, "deprecated no more"),
    };
    notes.value(kind, &[], spot.sides, at, format!("{}: {what}", spot.name));
}

/// Whether two shapes have the same Rust type, as far as can be told without looking inside.
fn same_type(notes: &Notes, old: &Shape, new: &Shape) -> bool {
    match (&old.reference, &new.reference) {
        (Some(before), Some(now)) => notes.renamed(before) == now,
        (None, None) => {
            old.kind == new.kind
                && old.telling_format() == new.telling_format()
                && old.values.is_some() == new.values.is_some()
                && old.variants.is_empty() == new.variants.is_empty()
                // The other way round, the fields that are gone say more.
                && (old.is_struct() || !new.is_struct())
                && (old.notes.id == new.notes.id || !notes.annotated)
        }
        _ => false,
    }
}

fn limits(notes: &mut Notes, old: &Shape, new: &Shape, spot: &Spot) {
    let say = |limit: Option<&&Value>| limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
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
        let text = format!("{}: {key} {}, was {}", spot.name, say(now), say(before));
        notes.value(kind, &[], spot.sides, &new.at, text);
    }
}

fn properties(notes: &mut Notes, old: &Shape, new: &Shape, spot: &Spot) {
    for (name, property) in &old.properties {
        let spot = spot.inner(&format!(".{name}"));
        match new.properties.get(name) {
            Some(now) => both(notes, property, now, &spot),
            None => {
                let text = format!("{}: gone, was {}", spot.name, property.shape.describe());
                notes.value(Kind::PropertyRemoved, &[], spot.sides, &property.shape.at, text);
            }
        }
    }
    for (name, property) in new.properties.iter().filter(|(name, _)| !old.properties.contains_key(*name)) {
        let (need, said) = match property.may_be_left_out() {
            true => (Condition::Optional, "optional"),
            false => (Condition::Required, "required"),
        };
        let text = format!("{}.{name}: new, {said}, {}", spot.name, property.shape.describe());
        notes.value(Kind::PropertyAdded, &[need], spot.sides, &property.shape.at, text);
    }
    let kept = |one: &Shape, other: &Shape| -> Vec<String> {
        let both = |name: &&&str| {
            let required =
                |shape: &Shape| shape.properties.get(**name).is_some_and(|property| property.required);
            required(one) && required(other)
        };
        one.required.iter().filter(both).map(ToString::to_string).collect()
    };
    let (before, now) = (kept(old, new), kept(new, old));
    if before != now {
        let text = format!("{}: requires {}, in this order", spot.name, now.join(", "));
        notes.value(Kind::OrderChanged, &[], spot.sides, &new.at, text);
    }
}

/// Compares a property that is there before and after.
///
/// A property that is not required and one that may be null are one in Rust, an `Option`, so the two are judged
/// together; an answer can moreover be relied upon to carry what our annotation says it always does.
fn both(notes: &mut Notes, old: &Property, new: &Property, spot: &Spot) {
    let missing = |property: &Property| match notes.annotated {
        true => property.may_be_missing(),
        false => property.may_be_left_out(),
    };
    let sent = (old.may_be_left_out(), new.may_be_left_out(), Sides::SENT);
    let read = (missing(old), missing(new), Sides::READ | Sides::FAILING);
    let collection = old.shape.is_collection() && new.shape.is_collection();
    let said = if old.required != new.required {
        ["required now", "optional now"]
    } else if old.shape.nullable != new.shape.nullable {
        ["not null any more", "may be null now"]
    } else {
        ["always there now", "may be missing now"]
    };
    let mut told = false;
    for (kind, said, flip) in
        [(Kind::PropertyRequired, said[0], (true, false)), (Kind::PropertyOptional, said[1], (false, true))]
    {
        let flipped = [sent, read].into_iter().filter(|(before, now, _)| (*before, *now) == flip);
        let Some(sides) = flipped.map(|(_, _, sides)| sides).reduce(|all, sides| all | sides) else {
            continue;
        };
        told = true;
        let met = sides.only(spot.sides);
        if met != Sides::NONE || spot.sides == Sides::NONE {
            let facts: &[Condition] = if collection { &[Condition::Collection] } else { &[] };
            notes.value(kind, facts, met, &new.shape.at, format!("{}: {said}", spot.name));
        }
    }
    if !told && old.shape.nullable != new.shape.nullable {
        nullable(notes, &new.shape, spot, &[Condition::Optional]);
    }
    shape(notes, &old.shape, &new.shape, spot, &[]);
}

/// Compares what a list or a map holds; nothing said means any JSON.
fn contents(notes: &mut Notes, contents: (Option<&Shape>, Option<&Shape>), at: &str, spot: &Spot) {
    let any = Shape { at: at.to_owned(), ..Shape::default() };
    if let (before, now) = contents
        && (before.is_some() || now.is_some())
    {
        value(notes, before.unwrap_or(&any), now.unwrap_or(&any), spot, &[]);
    }
}

/// Shapes by what they are known by: the schema's new name, or the type and the how-manieth of that type.
fn by_name<'s, 'a>(
    notes: &Notes,
    shapes: &'s [Shape<'a>],
    old: bool,
) -> BTreeMap<(String, usize), &'s Shape<'a>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    shapes
        .iter()
        .map(|shape| {
            let name = match &shape.reference {
                Some(name) if old => notes.renamed(name).to_owned(),
                Some(name) => name.clone().into_owned(),
                None => format!("({})", shape.kind),
            };
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            ((name, *count), shape)
        })
        .collect()
}

fn alternatives(notes: &mut Notes, old: &Shape, new: &Shape, spot: &Spot) {
    let (before, now) = (by_name(notes, &old.variants, true), by_name(notes, &new.variants, false));
    for (key, variant) in &before {
        match now.get(key) {
            Some(now) => value(notes, variant, now, &spot.inner(&format!("|{}", key.0)), &[]),
            None => {
                let text = format!("{}: no longer {}", spot.name, variant.describe());
                notes.value(Kind::VariantRemoved, &[], spot.sides, &variant.at, text);
            }
        }
    }
    for (_, variant) in now.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let text = format!("{}: also {}", spot.name, variant.describe());
        notes.value(Kind::VariantAdded, &[], spot.sides, &variant.at, text);
    }
}

fn parts(notes: &mut Notes, old: &Shape, new: &Shape, spot: &Spot) {
    let (before, now) = (by_name(notes, &old.parts, true), by_name(notes, &new.parts, false));
    for (key, part) in &before {
        match now.get(key) {
            Some(now) => value(notes, part, now, &spot.inner(&format!("&{}", key.0)), &[]),
            None => {
                let text = format!("{}: without what {} has", spot.name, part.describe());
                notes.value(Kind::PartRemoved, &[], spot.sides, &part.at, text);
            }
        }
    }
    for (_, part) in now.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let need = if notes.demands(part) { Condition::Required } else { Condition::Optional };
        let text = format!("{}: with all that {} has", spot.name, part.describe());
        notes.value(Kind::PartAdded, &[need], spot.sides, &part.at, text);
    }
}
