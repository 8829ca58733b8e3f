//! OpenAPI Overlay documents, applied strictly.
//!
//! The standard lets an action that matches nothing pass in silence. Here every action must match, every part of it
//! must change something, and it says why it is there, so that an overlay which upstream has overtaken is noticed.

use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::diagnostic::Diagnostic;
use crate::model::Pointer;

mod overlap; // What an update brings and the document has already.
mod present; // What a document has where a JSONPath leads.

pub use present::present;

/// The overlay all of whose actions add: what it describes is documented elsewhere, and not in the pinned document.
pub const ADDITIONS: &str = "additions.yaml";

/// One overlay document.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// The name of its file, for messages.
    pub file: String,
    /// Its actions, in the order in which they apply.
    pub actions: Vec<Action>,
}

/// One change to the nodes that a JSONPath selects.
#[derive(Clone, Debug)]
pub struct Action {
    /// The JSONPath as written.
    pub target: String,
    /// Why the change is made.
    pub reason: String,
    /// What it does.
    pub change: Change,
    /// Whether everything it brings has to be new: all of its update's members, and all entries of its lists.
    pub adds: bool,
    path: JsonPath,
}

/// What an action does to each node it selects.
#[derive(Clone, Debug)]
pub enum Change {
    /// Merges this value into the node: objects merge, arrays append, the rest is replaced.
    Update(Value),
    /// Takes the node away.
    Remove,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    overlay: String,
    #[serde(rename = "info")]
    _info: Value,
    #[serde(rename = "extends")]
    _extends: Option<String>,
    #[serde(rename = "x-reason")]
    reason: Option<String>,
    actions: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    target: String,
    description: Option<String>,
    update: Option<Value>,
    #[serde(default)]
    remove: bool,
    #[serde(default, rename = "x-adds")]
    adds: bool,
}

/// Reads an overlay from YAML or JSON; `file` is its name, for messages.
///
/// # Errors
/// Fails for what is not an overlay document, and for an action without a reason or without an effect.
pub fn parse(file: &str, text: &str) -> Result<Overlay, Diagnostic> {
    let read: File = serde_saphyr::from_str(text).map_err(|error| {
        let problem = format!("it is not an overlay document ({})", error.without_snippet());
        Diagnostic::new(file, problem, "write it as openapi/README.md shows")
    })?;
    if !read.overlay.starts_with("1.0.") {
        let problem = format!("it is version {} of the format", read.overlay);
        return Err(Diagnostic::new(file, problem, "write it as 1.0.0"));
    }
    let mut actions = Vec::with_capacity(read.actions.len());
    for (at, entry) in read.actions.into_iter().enumerate() {
        let place = format!("{})", place(file, at, &entry.target));
        actions.push(action(entry, file, read.reason.as_deref(), &place)?);
    }
    Ok(Overlay { file: file.to_owned(), actions })
}

/// The place of an action, up to its target: its file, its number from 1.
fn place(file: &str, at: usize, target: &str) -> String {
    format!("{file}, action {} ({target}", at + 1)
}

fn action(entry: Entry, file: &str, reason: Option<&str>, place: &str) -> Result<Action, Diagnostic> {
    let fault = |problem: &str, fix: &str| Diagnostic::new(place, problem, fix);
    let path = JsonPath::parse(&entry.target).map_err(|error| {
        let problem = format!("its target is not a JSONPath ({error})");
        fault(&problem, "write it as in $.paths['/path'].get")
    })?;
    let reason = entry.description.or_else(|| reason.map(str::to_owned));
    let reason = reason
        .filter(|reason| !reason.trim().is_empty())
        .ok_or_else(|| fault("it has no reason", "give it a description, or the file an x-reason"))?;
    if entry.adds && entry.update.is_none() {
        return Err(fault("it adds and brings nothing", "give it an update, or drop its x-adds"));
    }
    let adds = entry.adds || file.rsplit('/').next() == Some(ADDITIONS);
    let change = match (entry.update, entry.remove) {
        (Some(update), false) => Change::Update(update),
        (None, true) => Change::Remove,
        (Some(_), true) => return Err(fault("it both updates and removes", "make two actions of it")),
        (None, false) => return Err(fault("it does nothing", "give it an update or `remove: true`")),
    };
    Ok(Action { target: entry.target, reason, change, adds, path })
}

/// Applies the overlays in their order, and reports every action that no longer fits.
///
/// The actions that do fit are applied all the same, so that one run shows everything there is to fix.
///
/// # Errors
/// One diagnostic for each action that does not fit; its place names the action's reason.
pub fn apply(document: &mut Value, overlays: &[Overlay]) -> Result<(), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    for overlay in overlays {
        for (at, action) in overlay.actions.iter().enumerate() {
            if let Err(Misfit { problem, fix }) = act(document, action) {
                let reason = action.reason.split_whitespace().collect::<Vec<_>>().join(" ");
                let reason = reason.trim_end_matches('.');
                let place = format!("{}; reason: {reason})", place(&overlay.file, at, &action.target));
                problems.push(Diagnostic::new(place, problem, fix));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Why an action does not fit a document, and what to do.
struct Misfit {
    problem: String,
    fix: &'static str,
}

fn act(document: &mut Value, action: &Action) -> Result<(), Misfit> {
    let misfit = |problem: String, fix: &'static str| Err(Misfit { problem, fix });
    let located = action.path.query_located(document);
    let places = located.locations().map(|place| Pointer::of_text(&place.to_json_pointer()));
    let mut places: Vec<Pointer> = places.collect();
    if places.is_empty() {
        let problem = format!("it matches nothing: {}", present(document, &action.target));
        return misfit(problem, "drop the action, or aim it at what is there now");
    }
    let changed = match &action.change {
        Change::Update(update) => {
            let nodes: Vec<&Value> = places.iter().filter_map(|place| place.find(document)).collect();
            if let Some(there) =
                nodes.iter().find_map(|node| overlap::already(document, node, update, action.adds))
            {
                let fix = "drop the action if that says the same, else let a correction change what is there";
                return misfit(format!("it adds {there}, which the document has already"), fix);
            }
            let idle = nodes.iter().map(|node| overlap::idle(node, update));
            let idle = idle.reduce(|one, other| &one & &other).unwrap_or_default();
            let mut changed = false;
            for place in &places {
                if let Some(node) = place.find_mut(document) {
                    changed |= merge(node, update);
                }
            }
            if let Some(part) = idle.first().filter(|_| changed) {
                return misfit(
                    format!("it changes nothing at {part}"),
                    "drop that part, the document says so already",
                );
            }
            changed
        }
        Change::Remove => {
            // From the back, so that the indices of what is still to go stay true.
            places.sort_by_key(natural);
            places.iter().rev().filter(|place| remove(document, place)).count() > 0
        }
    };
    match changed {
        true => Ok(()),
        false => misfit("it changes nothing".to_owned(), "drop it, the document says so already"),
    }
}

/// The keys of a pointer in an order in which index 9 comes before index 10.
fn natural(pointer: &Pointer) -> Vec<(usize, String)> {
    pointer.keys().map(|key| (key.parse().unwrap_or(0), key)).collect()
}

fn remove(document: &mut Value, pointer: &Pointer) -> bool {
    let Some((parent, key)) = pointer.split() else { return false };
    match parent.find_mut(document) {
        Some(Value::Object(map)) => map.remove(&key).is_some(),
        Some(Value::Array(list)) => match key.parse::<usize>() {
            Ok(at) if at < list.len() => {
                list.remove(at);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn merge(node: &mut Value, update: &Value) -> bool {
    match (node, update) {
        (Value::Object(node), Value::Object(update)) => {
            let mut changed = false;
            for (key, value) in update {
                match node.get_mut(key) {
                    Some(old) => changed |= merge(old, value),
                    None => {
                        node.insert(key.clone(), value.clone());
                        changed = true;
                    }
                }
            }
            changed
        }
        (Value::Array(node), Value::Array(update)) => {
            node.extend(update.iter().cloned());
            !update.is_empty()
        }
        (node, update) => {
            let changed = node != update;
            *node = update.clone();
            changed
        }
    }
}
