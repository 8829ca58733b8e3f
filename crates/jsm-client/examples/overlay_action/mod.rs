//! The overlay action that records a difference between a server and the documents (`openapi/README.md`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use jsm_client::serde_json::{self, Value, json};
use jsm_client::{Drift, DriftKind, DriftReport, RepairAction};

/// Where an action belongs, and the action as one line of YAML.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OverlayAction {
    pub(crate) file: &'static str,
    pub(crate) yaml: String,
}

/// The value that an action has in place of a new enum value, which reports do not have.
pub(crate) const NEW_VALUE: &str = "THE_NEW_VALUE";

/// The overlay for what other overlays have added after the corrections: it applies after them.
const LATER: &str = "ergonomics.yaml";

/// What a field is called whose values are of several types.
const ANY: &str = "any";

/// Makes one kind of both where one action has to record both: a field that is unknown, whatever its values are.
pub(crate) fn unite(kind: &mut DriftKind, other: &DriftKind) {
    if let (DriftKind::UnknownField { found }, DriftKind::UnknownField { found: other }) = (kind, other) {
        match (*found, *other) {
            (one, other) if one == other => {}
            // A null counts as absent.
            (_, "null") => {}
            ("null", other) => *found = other,
            _ => *found = ANY,
        }
    }
}

/// The action, or what to do where there is none. `document` is the effective document of the operation's API.
pub(crate) fn overlay_action(
    document: &Value,
    report: &DriftReport,
    drift: &Drift,
) -> Result<OverlayAction, &'static str> {
    let schema = document.pointer(&drift.pointer).unwrap_or(&Value::Null);
    let keys = pinned_keys(document, &drift.pointer);
    // The change of the place itself, or of this member of it.
    let correction = |member: Option<&str>, entries: &str, change: String| {
        let keys = keys.iter().map(String::as_str).chain(member).collect::<Vec<_>>();
        let file = if is_pinned(report.operation.api, &keys) { "corrections.yaml" } else { LATER };
        let reason = json!(format!("seen in responses of {}", report.operation.name));
        let target = keys.iter().fold("$".to_owned(), |path, key| path + &step(key)) + entries;
        let yaml = format!("- {{target: {}, description: {reason}, {change}}}", json!(target));
        Ok(OverlayAction { file, yaml })
    };
    let name = drift.path.rsplit_once('.').map_or("*", |(_, name)| name);
    match &drift.kind {
        DriftKind::UnknownField { .. } if name == "*" => {
            Err("look at the site: the object has names that are data, so it may be a map now")
        }
        DriftKind::UnknownField { found } => {
            let mut field = typed(found);
            field["x-jsm-inferred"] = true.into();
            let change = format!("x-adds: true, update: {}", json!({name: field}));
            correction(Some("properties"), "", change)
        }
        DriftKind::UnknownEnumValue => {
            correction(Some("enum"), "", format!("x-adds: true, update: [{NEW_VALUE}]"))
        }
        DriftKind::MissingField => {
            let lists = |key: &str| {
                let listed = schema.get(key).and_then(Value::as_array);
                listed.is_some_and(|names| names.iter().any(|listed| listed == name))
            };
            let list = if lists("required") { "required" } else { "x-jsm-always-present" };
            correction(Some(list), &format!("[?@ == {}]", quoted(name)), "remove: true".to_owned())
        }
        DriftKind::OtherType { found: "string" | "number", .. } if schema.get("x-jsm-id").is_some() => {
            Err("nothing: an id is read from text and from numbers")
        }
        _ if schema.get("x-jsm-id").is_some() => {
            Err("look at the site: an id is missing, or is no id any more")
        }
        DriftKind::OtherType { found, .. }
        | DriftKind::Repaired(
            RepairAction::Converted { from: found, .. }
            | RepairAction::LeftOut { found }
            | RepairAction::Dropped { found },
        ) => {
            let change = if *found == "null" { json!({"nullable": true}) } else { typed(found) };
            correction(None, "", format!("update: {change}"))
        }
        DriftKind::OutOfRange => correction(None, "", format!("update: {}", json!({"format": "int64"}))),
        DriftKind::UndocumentedStatus => match report.status.as_u16() {
            429 | 500.. => Err("nothing: any server can send this status"),
            status => {
                let response = json!({"description": "Seen on a site.", "x-jsm-inferred": true});
                let update = json!({status.to_string(): response});
                correction(None, "", format!("x-adds: true, update: {update}"))
            }
        },
        DriftKind::NoJson => Err("look at the site: the operation may respond with something else now"),
        _ => Err("nothing: the client repairs it"),
    }
}

/// A schema of values of a JSON type.
fn typed(found: &str) -> Value {
    match found {
        "array" => json!({"type": "array", "items": {}}),
        "null" | ANY => json!({}),
        found => json!({"type": found}),
    }
}

/// The keys that lead to a place in the pinned document, which overlays change: schemas have other names there.
fn pinned_keys(document: &Value, pointer: &str) -> Vec<String> {
    let keys = pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"));
    let mut keys: Vec<String> = keys.collect();
    if let [components, schemas, name, ..] = keys.as_mut_slice()
        && (components.as_str(), schemas.as_str()) == ("components", "schemas")
        && let Some(pinned) = document["x-jsm-pinned-names"][name.as_str()].as_str()
    {
        pinned.clone_into(name);
    }
    keys
}

/// The pinned documents of this checkout, by API.
static PINNED: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let apis = folders.find_map(|folder| fs::read_dir(folder.join("openapi")).ok());
    let apis = apis.into_iter().flatten().flatten();
    let pinned = apis.filter_map(|api| {
        let text = fs::read(api.path().join("pinned.json")).ok()?;
        Some((api.file_name().into_string().ok()?, serde_json::from_slice(&text).ok()?))
    });
    pinned.collect()
});

/// Whether the pinned document has a place. What it does not have, an overlay has added.
fn is_pinned(api: &str, keys: &[&str]) -> bool {
    // Outside a checkout there is none to look into.
    let Some(pinned) = PINNED.get(api) else { return true };
    let found = keys.iter().try_fold(pinned, |node, key| match node {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        node => node.get(key),
    });
    found.is_some()
}

/// One step of a JSONPath.
fn step(key: &str) -> String {
    let is_plain = |text: &str| {
        text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !text.starts_with(|first: char| first.is_ascii_digit())
    };
    match key {
        key if is_plain(key) => format!(".{key}"),
        key if !key.is_empty() && key.len() < 3 && key.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("[{key}]")
        }
        key => format!("[{}]", quoted(key)),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
