//! OpenAPI Overlay documents, applied strictly.
//!
//! The standard lets an action that matches nothing pass in silence. Here every action must match, every part of it
//! must change something, and it says why it is there, so that an overlay which upstream has overtaken is noticed. What
//! an action finds in its way is told by `overlap`.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

mod overlap;

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

/// An action, or a whole file, that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The overlay's file.
    pub file: String,
    /// The number of the action in its file, from 1, and its target; absent when the file itself is at fault.
    pub action: Option<(usize, String)>,
    /// The action's reason, where it has one.
    pub reason: Option<String>,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some((number, target)) = &self.action {
            write!(f, ", action {number} ({target})")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Problem {}

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

/// Reads an overlay from YAML or JSON.
pub fn parse(file: &str, text: &str) -> Result<Overlay, Problem> {
    let fault = |action, message: String| Problem { file: file.to_owned(), action, reason: None, message };
    let read: File = serde_saphyr::from_str(text).map_err(|e| {
        let next = "openapi/README.md shows how one is written";
        fault(None, format!("is not an overlay document ({}); {next}", e.without_snippet()))
    })?;
    if !read.overlay.starts_with("1.0.") {
        return Err(fault(None, format!("is version {} of the format; write it as 1.0.0", read.overlay)));
    }
    let mut actions = Vec::with_capacity(read.actions.len());
    for (at, entry) in read.actions.into_iter().enumerate() {
        let fault = |message| fault(Some((at + 1, entry.target.clone())), message);
        let path = JsonPath::parse(&entry.target).map_err(|e| {
            fault(format!("the target is no JSONPath ({e}); write it as in $.paths['/path'].get"))
        })?;
        let reason = entry
            .description
            .or_else(|| read.reason.clone())
            .filter(|reason| !reason.trim().is_empty())
            .ok_or_else(|| {
                fault("has no reason; give it a description, or the file an x-reason".to_owned())
            })?;
        if entry.adds && entry.update.is_none() {
            return Err(fault("adds and brings nothing; give it an update, or drop its x-adds".to_owned()));
        }
        let adds = entry.adds || file.rsplit('/').next() == Some(ADDITIONS);
        let change = match (entry.update, entry.remove) {
            (Some(update), false) => Change::Update(update),
            (None, true) => Change::Remove,
            (Some(_), true) => {
                return Err(fault("both updates and removes; make two actions of it".to_owned()));
            }
            (None, false) => {
                return Err(fault("does nothing; give it an update or `remove: true`".to_owned()));
            }
        };
        actions.push(Action { target: entry.target, reason, change, adds, path });
    }
    Ok(Overlay { file: file.to_owned(), actions })
}

/// Applies the overlays in their order and tells of every action that no longer fits.
///
/// The actions that do fit are applied all the same, so that one run shows everything there is to mend.
pub fn apply(document: &mut Value, overlays: &[Overlay]) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    for overlay in overlays {
        for (at, action) in overlay.actions.iter().enumerate() {
            if let Err(message) = act(document, action) {
                problems.push(Problem {
                    file: overlay.file.clone(),
                    action: Some((at + 1, action.target.clone())),
                    reason: Some(action.reason.clone()),
                    message,
                });
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn act(document: &mut Value, action: &Action) -> Result<(), String> {
    let mut places: Vec<String> =
        action.path.query_located(document).locations().map(|place| place.to_json_pointer()).collect();
    if places.is_empty() {
        return Err("matches nothing; drop the action, or aim it at what stands there now".to_owned());
    }
    let mut changed = false;
    match &action.change {
        Change::Update(update) => {
            let nodes: Vec<&Value> = places.iter().filter_map(|place| document.pointer(place)).collect();
            if let Some(there) =
                nodes.iter().find_map(|node| overlap::already(document, node, update, action.adds))
            {
                let next =
                    "drop the action if that says the same, else let a correction change what is there";
                return Err(format!("adds {there}, which the document has already; {next}"));
            }
            let idle = nodes.iter().map(|node| overlap::idle(node, update));
            let idle = idle.reduce(|one, other| &one & &other).unwrap_or_default();
            for place in &places {
                if let Some(node) = document.pointer_mut(place) {
                    changed |= merge(node, update);
                }
            }
            if let Some(part) = idle.first().filter(|_| changed) {
                return Err(format!(
                    "changes nothing at {part}; drop that part, the document says so already"
                ));
            }
        }
        Change::Remove => {
            // From the back, so that the indices of what is still to go stay true.
            places.sort_by(|a, b| natural(a).cmp(&natural(b)));
            for place in places.iter().rev() {
                changed |= remove(document, place);
            }
        }
    }
    if changed { Ok(()) } else { Err("changes nothing; drop it, the document says so already".to_owned()) }
}

fn natural(pointer: &str) -> Vec<(usize, &str)> {
    pointer.split('/').map(|step| (step.parse().unwrap_or(0), step)).collect()
}

fn remove(document: &mut Value, pointer: &str) -> bool {
    let Some((parent, step)) = pointer.rsplit_once('/') else { return false };
    let key = step.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
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
