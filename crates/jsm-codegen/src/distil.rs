//! Distilling: an OpenAPI 3.0 document down to the facts of its interface.
//!
//! Neither files nor addresses are read here (`xtask` does that), and nothing is corrected or renamed (overlays do
//! that). The walk follows the structure of OpenAPI, as the tables of `grammar` give it: what they do not name is left
//! out, so that a sentence cannot slip in under a new key, while a *property* that is named `description` stays, being
//! an entry of a map of names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

mod grammar;
mod order;
mod parameters;

use crate::diagnostic::Diagnostic;
use crate::document::{canonical, kind_of};
use crate::model::{METHODS, PREFIX, Pointer, require_openapi_3};
use grammar::{Kind, PROSE, Part, grammar};
use order::sort;
pub use parameters::own_parameters;

/// A distilled document, and what there was besides facts and known prose.
#[derive(Clone, Debug, PartialEq)]
pub struct Distilled {
    /// The facts: a valid OpenAPI 3.0 document if the one that was read is valid.
    pub document: Value,
    /// The version that the document gives itself.
    pub version: String,
    /// Keys that neither the grammar nor the list of known prose names, and how often each was left out.
    pub left_out: BTreeMap<String, usize>,
}

/// How much a document describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries of `paths`.
    pub paths: usize,
    /// Methods on those paths.
    pub operations: usize,
    /// Entries of `components.schemas`.
    pub schemas: usize,
}

/// Keeps the interface facts of an OpenAPI 3.0 document and gives it our title.
///
/// Distilling what is distilled already changes nothing.
///
/// # Errors
/// Fails for any other version of OpenAPI, a document without paths, and one whose structure is not OpenAPI's; the
/// message of the last names the place as a JSON pointer.
pub fn distil(document: &Value, title: &str) -> Result<Distilled, Diagnostic> {
    require_openapi_3(document)?;
    let mut walk = Walk::default();
    let Value::Object(mut distilled) = walk.object(document, Kind::Document, &Pointer::root())? else {
        return Err(misshapen("an object", document, &Pointer::root()));
    };
    let info = distilled.entry("info").or_insert_with(|| json!({}));
    // YAML reads an unquoted 1.0 as a number; the standard wants a text.
    let version = match &info["version"] {
        Value::String(version) => version.clone(),
        Value::Number(version) => version.to_string(),
        _ => String::new(),
    };
    info["version"] = json!(version);
    info["title"] = json!(title);
    let mut document = Value::Object(distilled);
    own_parameters(&mut document);
    if counts(&document).operations == 0 {
        let next = "check that it is the whole document of the API";
        return Err(Diagnostic::new("", "it has no paths with operations", next));
    }
    Ok(Distilled { document, version, left_out: walk.left_out })
}

/// Counts what a document describes.
pub fn counts(document: &Value) -> Counts {
    Counts {
        paths: document.get("paths").and_then(Value::as_object).map_or(0, Map::len),
        operations: operations(document).count(),
        schemas: document.pointer("/components/schemas").and_then(Value::as_object).map_or(0, Map::len),
    }
}

/// The operations of a document: path, method, operation.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &'static str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
    })
}

/// The references of a document to its own components that lead nowhere, sorted.
///
/// A document cut off in the middle can still be well-formed YAML; this is how it shows.
pub fn dangling_references(document: &Value) -> BTreeSet<String> {
    fn visit(value: &Value, root: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| visit(item, root, found)),
            Value::Object(entries) => {
                let target = entries.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
                if let Some(target) = target
                    && target.as_str().starts_with("/components/")
                    && target.find(root).is_none()
                {
                    found.insert(format!("#{target}"));
                }
                entries.values().for_each(|entry| visit(entry, root, found));
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    visit(document, document, &mut found);
    found
}

#[derive(Default)]
struct Walk {
    left_out: BTreeMap<String, usize>,
}

impl Walk {
    fn object(&mut self, value: &Value, kind: Kind, at: &Pointer) -> Result<Value, Diagnostic> {
        if let Kind::Callback = kind {
            return self.map(value, Kind::PathItem, true, at);
        }
        let grammar = grammar(kind);
        let mut kept = Map::new();
        for (key, value) in entries_of(value, at)? {
            if let Some((_, part)) = grammar.iter().find(|(name, _)| name == key) {
                if let Some(value) = self.part(value, *part, &at.join(key))? {
                    kept.insert(key.clone(), value);
                }
            } else if ours(key) {
                kept.insert(key.clone(), value.clone());
            } else {
                self.leave_out(key);
            }
        }
        // The standard requires a text here; an empty one is no sentence.
        if matches!(kind, Kind::Response) && !kept.contains_key("$ref") {
            kept.insert("description".to_owned(), json!(""));
        }
        Ok(Value::Object(kept))
    }

    /// What is kept of one value, or nothing if silence says the same.
    fn part(&mut self, value: &Value, part: Part, at: &Pointer) -> Result<Option<Value>, Diagnostic> {
        Ok(Some(match part {
            Part::Fact => value.clone(),
            Part::Flag if *value == Value::Bool(false) => return Ok(None),
            Part::Flag => value.clone(),
            Part::Title => return Ok(value.as_str().and_then(title).map(Value::String)),
            Part::OneOrFlag(_) if value.is_boolean() => value.clone(),
            Part::One(kind) | Part::OneOrFlag(kind) => self.object(value, kind, at)?,
            Part::Names(kind) => self.map(value, kind, false, at)?,
            Part::Entries(kind) => self.map(value, kind, true, at)?,
            Part::List(kind) => Value::Array(self.list(value, kind, at)?),
            Part::Set => match set(value, at)? {
                items if items.is_empty() => return Ok(None),
                items => Value::Array(items),
            },
            Part::Grants => Value::Array(grants(value, at)?),
            Part::Sorted(kind, keys) => {
                let mut items = self.list(value, kind, at)?;
                if items.is_empty() {
                    return Ok(None);
                }
                sort(&mut items, keys);
                Value::Array(items)
            }
            Part::Security => {
                let mut alternatives = Vec::new();
                for (index, alternative) in items_of(value, at)?.iter().enumerate() {
                    let at = at.item(index);
                    let mut schemes = Map::new();
                    for (scheme, scopes) in entries_of(alternative, &at)? {
                        schemes.insert(scheme.clone(), Value::Array(grants(scopes, &at.join(scheme))?));
                    }
                    alternatives.push(Value::Object(schemes));
                }
                alternatives.sort_by_cached_key(canonical);
                Value::Array(alternatives)
            }
            Part::Scopes => {
                Value::Object(entries_of(value, at)?.keys().map(|scope| (scope.clone(), json!(""))).collect())
            }
        }))
    }

    fn map(
        &mut self,
        value: &Value,
        kind: Kind,
        extensible: bool,
        at: &Pointer,
    ) -> Result<Value, Diagnostic> {
        let mut kept = Map::new();
        for (name, entry) in entries_of(value, at)? {
            if extensible && name.starts_with("x-") {
                if ours(name) {
                    kept.insert(name.clone(), entry.clone());
                } else {
                    self.leave_out(name);
                }
            } else {
                kept.insert(name.clone(), self.object(entry, kind, &at.join(name))?);
            }
        }
        Ok(Value::Object(kept))
    }

    fn list(&mut self, value: &Value, kind: Kind, at: &Pointer) -> Result<Vec<Value>, Diagnostic> {
        let items = items_of(value, at)?.iter().enumerate();
        items.map(|(index, item)| self.object(item, kind, &at.item(index))).collect()
    }

    fn leave_out(&mut self, key: &str) {
        if !PROSE.contains(&key) {
            *self.left_out.entry(key.to_owned()).or_default() += 1;
        }
    }
}

/// A text that names an operation: at most seven words and no full stop. Users search by it, so it is a fact.
pub fn title(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let counted = words.iter().filter(|word| word.contains(char::is_alphanumeric)).count();
    ((1..=7).contains(&counted) && !text.contains('.')).then(|| words.join(" "))
}

/// Whether a key is an annotation of this project, as an authored document carries them.
fn ours(key: &str) -> bool {
    key.starts_with(PREFIX)
}

fn set(value: &Value, at: &Pointer) -> Result<Vec<Value>, Diagnostic> {
    let sorted: BTreeMap<String, &Value> =
        items_of(value, at)?.iter().map(|item| (canonical(item), item)).collect();
    Ok(sorted.into_values().cloned().collect())
}

fn grants(value: &Value, at: &Pointer) -> Result<Vec<Value>, Diagnostic> {
    let mut scopes = set(value, at)?;
    scopes.sort_by_key(|scope| scope.as_str().is_some_and(|scope| scope.starts_with("read:")));
    Ok(scopes)
}

fn entries_of<'a>(value: &'a Value, at: &Pointer) -> Result<&'a Map<String, Value>, Diagnostic> {
    value.as_object().ok_or_else(|| misshapen("an object", value, at))
}

fn items_of<'a>(value: &'a Value, at: &Pointer) -> Result<&'a [Value], Diagnostic> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| misshapen("a list", value, at))
}

fn misshapen(due: &str, found: &Value, at: &Pointer) -> Diagnostic {
    let problem =
        format!("its structure is not OpenAPI's: {} is at #{at} where {due} is expected", kind_of(found));
    Diagnostic::new("", problem, "correct the document there, or give the one that upstream publishes")
}
