//! The overlay action that records a difference between a server and the documents (`openapi/README.md`).

use jsm_client::serde_json::{Value, json};
use jsm_client::{Drift, DriftKind, DriftReport, RepairAction};

/// Where an action belongs, and the action as one line of YAML.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OverlayAction {
    pub(crate) file: &'static str,
    pub(crate) yaml: String,
}

/// The value that an action has in place of a new enum value, which reports do not have.
pub(crate) const NEW_VALUE: &str = "THE_NEW_VALUE";

/// The action, or what to do where there is none. `document` is the effective document of the operation's API.
pub(crate) fn overlay_action(
    document: &Value,
    report: &DriftReport,
    drift: &Drift,
) -> Result<OverlayAction, &'static str> {
    let schema = document.pointer(&drift.pointer).unwrap_or(&Value::Null);
    let target = target(document, &drift.pointer);
    let correction = |target: String, change: String| {
        let reason = json!(format!("seen in responses of {}", report.operation.name));
        let target = json!(target);
        let yaml = format!("- {{target: {target}, description: {reason}, {change}}}");
        Ok(OverlayAction { file: "corrections.yaml", yaml })
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
            correction(format!("{target}.properties"), change)
        }
        DriftKind::UnknownEnumValue => {
            correction(format!("{target}.enum"), format!("x-adds: true, update: [{NEW_VALUE}]"))
        }
        DriftKind::MissingField => {
            let lists = |key: &str| {
                let listed = schema.get(key).and_then(Value::as_array);
                listed.is_some_and(|names| names.iter().any(|listed| listed == name))
            };
            let remove = |key: &str| {
                let list = format!("{target}{}[?@ == {}]", step(key), quoted(name));
                correction(list, "remove: true".to_owned())
            };
            match lists("required") {
                true => remove("required"),
                // The annotation is added by this file, after corrections.
                false => Ok(OverlayAction { file: "ergonomics.yaml", ..remove("x-jsm-always-present")? }),
            }
        }
        _ if schema.get("x-jsm-id").is_some() => Err("nothing: an id is read from text and from numbers"),
        DriftKind::OtherType { found, .. }
        | DriftKind::Repaired(
            RepairAction::Converted { from: found, .. }
            | RepairAction::LeftOut { found }
            | RepairAction::Dropped { found },
        ) => {
            let change = if *found == "null" { json!({"nullable": true}) } else { typed(found) };
            correction(target, format!("update: {change}"))
        }
        DriftKind::OutOfRange => correction(target, format!("update: {}", json!({"format": "int64"}))),
        DriftKind::UndocumentedStatus => match report.status.as_u16() {
            429 | 500.. => Err("nothing: any server can send this status"),
            status => {
                let response = json!({"description": "Seen on a site.", "x-jsm-inferred": true});
                let update = json!({status.to_string(): response});
                correction(target, format!("x-adds: true, update: {update}"))
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
        "null" => json!({}),
        found => json!({"type": found}),
    }
}

/// The JSONPath of a place in the pinned document, which overlays change: schemas have other names there.
fn target(document: &Value, pointer: &str) -> String {
    let keys = pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"));
    let mut keys: Vec<String> = keys.collect();
    if let [components, schemas, name, ..] = keys.as_mut_slice()
        && (components.as_str(), schemas.as_str()) == ("components", "schemas")
        && let Some(pinned) = document["x-jsm-pinned-names"][name.as_str()].as_str()
    {
        pinned.clone_into(name);
    }
    keys.iter().fold("$".to_owned(), |path, key| path + &step(key))
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
