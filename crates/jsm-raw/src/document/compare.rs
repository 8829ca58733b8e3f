//! Which values do not fit their schemas.
//!
//! It knows the part of OpenAPI 3.0 that effective documents use. A general validator would read schemas as JSON Schema,
//! where `nullable` means nothing, and would allow unknown properties, which the callers want to know of.

use std::collections::HashMap;
use std::{mem, ptr};

use serde_json::{Map, Value};

use super::place::{Place, ValuePath};

/// A value that is compared with a schema.
#[derive(Clone, Copy, Debug)]
pub struct Visited<'v> {
    /// Where the value is in the message.
    pub path: &'v ValuePath<'v>,
    /// Where the schema is in the document.
    pub place: Place<'v>,
    /// The schema.
    pub schema: &'v Value,
    /// The value.
    pub value: &'v Value,
}

/// How a value does not fit its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch<'m> {
    /// It is `null`, which is not allowed.
    Null,
    /// It is of another JSON type than this one.
    Type(&'m str),
    /// It is an integer outside of its format's range.
    OutOfRange,
    /// It is not one of the values of its enum.
    EnumValue,
    /// It is a list of more items than are allowed.
    TooManyItems,
    /// It is an object without this required property.
    Missing(&'m str),
    /// It is an object without this property, which is documented as always present.
    AlwaysPresent(&'m str),
    /// It is a property that its object does not have. The schema is the object's.
    Unknown,
}

/// What is done with the values that are compared.
pub trait Visit {
    /// Visits a value that has a schema, before what does not fit in it.
    fn value(&mut self, at: &Visited<'_>) {
        let _ = at;
    }

    /// Visits a value that does not fit.
    fn mismatch(&mut self, at: &Visited<'_>, mismatch: Mismatch<'_>);
}

/// How deep schemas and values are followed. JSON parsers stop at 128 levels of values.
const DEEPEST: usize = 300;

pub(super) fn compare(
    document: &Value,
    schema: &Value,
    place: Place<'_>,
    value: &Value,
    visit: &mut dyn Visit,
) {
    let mut comparison =
        Comparison { document, visit, scoring: None, open: Vec::new(), scores: HashMap::new() };
    comparison.value(schema, place, value, &ValuePath::Root);
}

struct Comparison<'c> {
    document: &'c Value,
    visit: &'c mut dyn Visit,
    /// What was found so far where the fit of an alternative is only scored, not visited.
    scoring: Option<Score>,
    /// What is being compared, the innermost last.
    open: Vec<Pair>,
    /// How badly values fit alternatives. Without it, the time would grow exponentially with the depth of alternatives
    /// within alternatives.
    scores: HashMap<Pair, Score>,
}

/// A schema and a value, by their addresses.
type Pair = (*const Value, *const Value);

/// A schema of an object, which can be one of several.
type Part<'p> = (&'p Value, Place<'p>);

impl Comparison<'_> {
    fn value(&mut self, schema: &Value, place: Place<'_>, value: &Value, path: &ValuePath<'_>) {
        let pair = (ptr::from_ref(schema), ptr::from_ref(value));
        let mut of_value = self.open.iter().rev().take_while(|(_, other)| *other == pair.1);
        // A schema that leads back to itself says nothing more of the value.
        if self.open.len() < DEEPEST && !of_value.any(|other| *other == pair) {
            self.open.push(pair);
            self.compare(schema, place, value, path);
            self.open.pop();
        }
    }

    fn compare(&mut self, schema: &Value, place: Place<'_>, value: &Value, path: &ValuePath<'_>) {
        let document = self.document;
        let (schema, target) = resolve(document, schema);
        let place = target.map_or(place, Place::Root);
        let all = list(schema, "allOf");
        let any = if schema.get("oneOf").is_some() { "oneOf" } else { "anyOf" };
        let is_nullable = value.is_null() && is_nullable(document, schema);
        if let [only] = all
            && !is_nullable
        {
            return self.value(only, place.child("allOf").child("0"), value, path);
        }
        let at = Visited { path, place, schema, value };
        if self.scoring.is_none() {
            self.visit.value(&at);
        }
        let is_typed = ["type", "allOf", any, "enum"].iter().any(|key| schema.get(*key).is_some());
        if value.is_null() {
            if is_typed && !is_nullable {
                self.mismatch(&at, Mismatch::Null);
            }
            return;
        }
        if !list(schema, any).is_empty() {
            return self.best_of(any, &at);
        }
        if !all.is_empty() {
            return self.all_of(&at);
        }
        if !list(schema, "enum").is_empty() && !list(schema, "enum").contains(value) {
            self.mismatch(&at, Mismatch::EnumValue);
        }
        let kind = schema.get("type").and_then(Value::as_str);
        match (kind, value) {
            (Some("object"), Value::Object(members)) => self.object(&[(schema, place)], members, &at),
            (None, Value::Object(members)) if schema.get("properties").is_some() => {
                self.object(&[(schema, place)], members, &at);
            }
            (Some("array"), Value::Array(items)) => {
                let most = schema.get("maxItems").and_then(Value::as_u64);
                if most.is_some_and(|most| items.len() as u64 > most) {
                    self.mismatch(&at, Mismatch::TooManyItems);
                }
                if let Some(form) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.value(form, place.child("items"), item, &ValuePath::Item(path, index));
                    }
                }
            }
            (Some("integer"), Value::Number(number)) if !number.is_f64() => {
                let is_short = schema.get("format").is_some_and(|format| format == "int32");
                let number = number.as_i64();
                if number.is_none_or(|number| is_short && i32::try_from(number).is_err()) {
                    self.mismatch(&at, Mismatch::OutOfRange);
                }
            }
            (None, _)
            | (Some("string"), Value::String(_))
            | (Some("number"), Value::Number(_))
            | (Some("boolean"), Value::Bool(_)) => {}
            (Some(wanted), _) => self.mismatch(&at, Mismatch::Type(wanted)),
        }
    }

    /// Compares with the alternative that fits best: without a mismatch other than unknown properties, then with the
    /// fewest.
    fn best_of(&mut self, key: &'static str, at: &Visited<'_>) {
        let place = at.place.child(key);
        let scored = list(at.schema, key).iter().enumerate();
        let scored = scored.map(|(index, form)| (self.score(form, place, at), index, form));
        let Some((best, index, form)) = scored.min_by_key(|(score, ..)| *score) else { return };
        match &mut self.scoring {
            Some(score) => score.add(best),
            None => self.value(form, place.child(&index.to_string()), at.value, at.path),
        }
    }

    /// How badly the value fits an alternative.
    fn score(&mut self, form: &Value, place: Place<'_>, at: &Visited<'_>) -> Score {
        let pair = (ptr::from_ref(form), ptr::from_ref(at.value));
        if let Some(score) = self.scores.get(&pair) {
            return *score;
        }
        // An alternative that leads back to itself before the value is compared fits worst.
        self.scores.insert(pair, Score { wrong: usize::MAX, unknown: 0 });
        let outer = self.scoring.replace(Score::default());
        self.value(form, place, at.value, at.path);
        let score = mem::replace(&mut self.scoring, outer).unwrap_or_default();
        self.scores.insert(pair, score);
        score
    }

    fn mismatch(&mut self, at: &Visited<'_>, mismatch: Mismatch<'_>) {
        match (&mut self.scoring, mismatch) {
            (None, mismatch) => self.visit.mismatch(at, mismatch),
            (Some(score), Mismatch::Unknown | Mismatch::AlwaysPresent(_)) => {
                score.add(Score { wrong: 0, unknown: 1 });
            }
            (Some(score), _) => score.add(Score { wrong: 1, unknown: 0 }),
        }
    }

    /// Compares with a schema that is made of several. Their properties are those of one object.
    fn all_of(&mut self, at: &Visited<'_>) {
        let mut found = Vec::new();
        parts(self.document, at.schema, at.place.to_string(), &mut found, &mut Vec::new());
        match at.value {
            Value::Object(members) => {
                let parts: Vec<Part<'_>> =
                    found.iter().map(|(schema, pointer)| (*schema, Place::Root(pointer))).collect();
                self.object(&parts, members, at);
            }
            value => {
                for (schema, pointer) in found.iter().filter(|(schema, _)| schema.get("allOf").is_none()) {
                    self.value(schema, Place::Root(pointer), value, at.path);
                }
            }
        }
    }

    /// Compares the members of an object with its schemas.
    fn object(&mut self, parts: &[Part<'_>], members: &Map<String, Value>, at: &Visited<'_>) {
        let document = self.document;
        let is_there = |schema: &Value, name: &str| {
            let property = schema.get("properties").and_then(|properties| properties.get(name));
            let aliases = property.into_iter().flat_map(|property| list(property, ALIAS));
            let mut names = aliases.filter_map(Value::as_str).chain([name]);
            let is_nullable = property.is_some_and(|property| is_nullable(document, property));
            names.any(|name| members.get(name).is_some_and(|value| is_nullable || !value.is_null()))
        };
        for (schema, place) in parts {
            let at = Visited { schema, place: *place, ..*at };
            let missing = |key: &str| {
                let names = list(schema, key).iter().filter_map(Value::as_str);
                names.filter(|name| !is_there(schema, name)).collect::<Vec<_>>()
            };
            let required = missing("required");
            for name in &required {
                self.mismatch(&at, Mismatch::Missing(name));
            }
            for name in missing(ALWAYS_PRESENT).into_iter().filter(|name| !required.contains(name)) {
                self.mismatch(&at, Mismatch::AlwaysPresent(name));
            }
        }
        let own = |(schema, _): &&Part<'_>| schema.get("properties").is_some();
        // A free-form object has no properties, and allows any.
        let is_open = !parts.iter().any(|part| own(&part))
            || parts.iter().any(|(schema, _)| schema.get("additionalProperties") == Some(&true.into()));
        for (name, value) in members {
            let property = parts.iter().find_map(|(schema, place)| {
                let (name, property) = property(schema, name)?;
                Some((name, property, place))
            });
            let map = || {
                let mut forms =
                    parts.iter().map(|(schema, place)| (schema.get("additionalProperties"), place));
                forms.find_map(|(form, place)| Some((form.filter(|form| form.is_object())?, place)))
            };
            if let Some((known, form, place)) = property {
                // A null counts as absent. Where the property is required, it was reported above.
                if !value.is_null() {
                    let properties = place.child("properties");
                    self.value(form, properties.child(known), value, &ValuePath::Property(at.path, name));
                }
            } else if let Some((form, place)) = map() {
                let path = ValuePath::Entry(at.path, name);
                self.value(form, place.child("additionalProperties"), value, &path);
            } else if !is_open && let Some((schema, place)) = parts.iter().find(own) {
                let path = ValuePath::Unknown(at.path, name);
                let at = Visited { path: &path, place: *place, schema, value };
                self.mismatch(&at, Mismatch::Unknown);
            }
        }
    }
}

/// What a reference leads to, with its JSON pointer, else the schema itself.
pub(super) fn resolve<'d>(document: &'d Value, schema: &'d Value) -> (&'d Value, Option<&'d str>) {
    let mut found = (schema, None);
    // Longer chains are circles.
    for _ in 0..8 {
        let reference = found.0.get("$ref").and_then(Value::as_str);
        let Some(pointer) = reference.and_then(|reference| reference.strip_prefix('#')) else { break };
        let Some(target) = document.pointer(pointer) else { break };
        found = (target, Some(pointer));
    }
    found
}

/// The annotations that are read here.
const ALIAS: &str = "x-jsm-alias";
const ALWAYS_PRESENT: &str = "x-jsm-always-present";

/// A property by its name, or by another name under which servers send it; with the name that it has.
fn property<'s>(schema: &'s Value, name: &str) -> Option<(&'s str, &'s Value)> {
    let properties = schema.get("properties")?.as_object()?;
    let found = properties.get_key_value(name).or_else(|| {
        properties.iter().find(|(_, property)| list(property, ALIAS).iter().any(|alias| alias == name))
    });
    found.map(|(name, property)| (name.as_str(), property))
}

/// Whether `null` is a value of a schema: by itself, by what it refers to, or by the only schema that it is made of.
fn is_nullable(document: &Value, schema: &Value) -> bool {
    let mut next = Some(schema);
    // Longer chains are circles.
    for _ in 0..8 {
        let Some(schema) = next else { return false };
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            return true;
        }
        next = match (resolve(document, schema), list(schema, "allOf")) {
            ((target, Some(_)), _) => Some(target),
            (_, [only]) => Some(only),
            _ => None,
        };
    }
    false
}

/// The schemas that an object is made of, each of them once, with their JSON pointers.
fn parts<'d>(
    document: &'d Value,
    schema: &'d Value,
    pointer: String,
    found: &mut Vec<(&'d Value, String)>,
    seen: &mut Vec<&'d Value>,
) {
    if seen.iter().any(|known| ptr::eq(*known, schema)) {
        return;
    }
    seen.push(schema);
    for (index, part) in list(schema, "allOf").iter().enumerate() {
        let (part, target) = resolve(document, part);
        let pointer = target.map_or_else(|| format!("{pointer}/allOf/{index}"), str::to_owned);
        parts(document, part, pointer, found, seen);
    }
    found.push((schema, pointer));
}

/// The entries of a list in a schema; none where it has no such list.
fn list<'s>(schema: &'s Value, key: &str) -> &'s [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// How badly a value fits: first by what is wrong, then by what is unknown.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    wrong: usize,
    unknown: usize,
}

impl Score {
    fn add(&mut self, other: Self) {
        self.wrong = self.wrong.saturating_add(other.wrong);
        self.unknown = self.unknown.saturating_add(other.unknown);
    }
}
