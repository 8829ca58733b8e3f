//! Documented and recorded bodies read as the generated types, and what the types know of them survives.
//!
//! How errors read is the client's business (`tests/fixtures/recorded/errors.json`); here are responses and requests.

use std::collections::{BTreeMap, BTreeSet};

use jsm_raw::samples::{Rewrite, Sample};
use jsm_raw::servicedesk::types::FormValidationErrorResponse;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::apis::APIS;
use crate::recording::recordings;

/// A body as a fixture has it.
#[derive(Deserialize)]
struct Case {
    /// The method and the path of its operation.
    operation: String,
    /// `request` or `response`.
    part: String,
    status: Option<u16>,
    #[serde(default)]
    why: String,
    body: Value,
}

const FIXTURES: [(&str, &str, &str); 3] = [
    ("servicedesk", "examples", include_str!("../fixtures/examples/servicedesk.json")),
    ("csm", "examples", include_str!("../fixtures/examples/csm.json")),
    ("servicedesk", "recorded", include_str!("../fixtures/recorded/servicedesk.json")),
];

/// All fixtures, by API and kind: those above, and the recordings of sites.
fn fixtures() -> Vec<(String, String, Vec<Case>)> {
    let read = |(api, kind, text): (&str, &str, &str)| {
        let cases = serde_json::from_str(text).expect("the fixture is a list of cases");
        (api.to_owned(), kind.to_owned(), cases)
    };
    let mut all: Vec<_> = FIXTURES.map(read).into();
    for recording in recordings() {
        for (file, exchange) in recording.exchanges {
            let (Some(api), Some(operation)) = (exchange["api"].as_str(), exchange["operation"].as_str())
            else {
                continue;
            };
            let case = |part: &str, status: Option<u64>| Case {
                operation: operation.to_owned(),
                part: part.to_owned(),
                status: status.and_then(|status| u16::try_from(status).ok()),
                why: file.clone(),
                body: exchange[part]["json"].clone(),
            };
            let status = exchange["response"]["status"].as_u64();
            let mut cases =
                vec![case("request", None), case("response", status.filter(|status| *status < 300))];
            // How errors read is the client's business.
            cases.retain(|case| !case.body.is_null() && (case.part == "request" || case.status.is_some()));
            all.push((api.to_owned(), "recording".to_owned(), cases));
        }
    }
    all
}

#[test]
fn every_body_is_read_and_keeps_what_is_known_of_it() {
    let mut faults = Vec::new();
    let mut left_out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (api, kind, cases) in fixtures() {
        let api = APIS.iter().find(|known| known.name == api).expect("the fixtures are of known APIs");
        let document = api.value();
        let samples = (api.samples)();
        for (at, case) in cases.iter().enumerate() {
            let place = format!("{kind}, number {} ({} {} {})", at + 1, case.operation, case.part, case.why);
            let Some((schema, rewrite)) = reader(&document, &samples, case) else {
                faults.push(format!("{place}: the bindings read no such body"));
                continue;
            };
            match rewrite(case.body.to_string().as_bytes()) {
                Ok(after) => {
                    let mut compared = Compared { document: &document, ..Compared::default() };
                    compared.compare(schema, &case.body, &after, "");
                    faults.extend(compared.lost.iter().map(|lost| format!("{place}: {lost}")));
                    let unknown = left_out.entry(format!("{} {}", case.operation, case.part)).or_default();
                    unknown.extend(compared.unknown);
                }
                Err(error) => faults.push(format!("{place}: {error}")),
            }
        }
    }
    assert!(faults.is_empty(), "{} bodies are not read as they should:\n{}", faults.len(), faults.join("\n"));

    // What no type knows is no fault, but a reviewer wants to see it.
    let table =
        left_out.into_iter().filter(|(_, unknown)| !unknown.is_empty()).map(|(operation, unknown)| {
            let unknown: String = unknown.into_iter().map(|place| format!("  {place}\n")).collect();
            format!("{operation}\n{unknown}")
        });
    insta::assert_snapshot!("left_out", table.collect::<String>());
}

#[test]
fn every_fixture_of_an_operation_names_one_that_there_is() {
    for (api, kind, cases) in fixtures() {
        let api = APIS.iter().find(|known| known.name == api).expect("the fixtures are of known APIs");
        for case in cases {
            let known =
                api.operations.iter().any(|info| format!("{} {}", info.method, info.path) == case.operation);
            assert!(known, "{kind}: there is no {}", case.operation);
        }
    }
}

/// The schema of a case's body and what reads it.
fn reader<'a>(document: &'a Value, samples: &[Sample], case: &Case) -> Option<(&'a Value, Rewrite)> {
    let sample = samples.iter().find(|s| format!("{} {}", s.info.method, s.info.path) == case.operation)?;
    let operation = &document["paths"][sample.info.path][sample.info.method.to_lowercase()];
    if case.part == "request" {
        return Some((operation.pointer("/requestBody/content/application~1json/schema")?, sample.body?));
    }
    let status = case.status?;
    let documented =
        |status: u16| operation.pointer(&format!("/responses/{status}/content/application~1json/schema"));
    match status {
        422 => Some((documented(422)?, rejected_form)),
        // What a negative response holds is what a positive one does.
        _ if sample.info.response_statuses.contains(&status) => Some((documented(200)?, sample.reread?)),
        _ => Some((documented(status)?, sample.reread?)),
    }
}

fn rejected_form(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_slice::<FormValidationErrorResponse>(body)?)
}

/// A body before and after it was read, in the light of its schema.
struct Compared<'a> {
    document: &'a Value,
    /// Known values that did not survive.
    lost: Vec<String>,
    /// Places that the schema does not know.
    unknown: BTreeSet<String>,
}

impl Default for Compared<'_> {
    fn default() -> Self {
        Self { document: &Value::Null, lost: Vec::new(), unknown: BTreeSet::new() }
    }
}

impl Compared<'_> {
    fn compare(&mut self, schema: &Value, before: &Value, after: &Value, place: &str) {
        let mut all = Vec::new();
        self.flatten(schema, &mut all);
        let properties: Map<String, Value> = all
            .iter()
            .filter_map(|schema| schema.get("properties")?.as_object())
            .flatten()
            .map(|(name, property)| (name.clone(), property.clone()))
            .collect();
        let rest = all.iter().find_map(|schema| schema.get("additionalProperties"));
        let anything = properties.is_empty() && rest.is_none();
        match (before, after) {
            // Absent, `null` and empty are one and the same to a reader.
            (before, after) if is_empty(before) && is_empty(after) => {}
            (Value::Object(before), Value::Object(after)) if !anything => {
                for (name, value) in before {
                    let place = format!("{place}.{name}");
                    let known =
                        properties.iter().find(|(known, property)| *known == name || also(property, name));
                    match (known, rest) {
                        (Some((known, property)), _) => {
                            self.compare(property, value, after.get(known).unwrap_or(&Value::Null), &place);
                        }
                        (None, Some(rest)) => {
                            self.compare(rest, value, after.get(name).unwrap_or(&Value::Null), &place);
                        }
                        (None, None) => drop(self.unknown.insert(place)),
                    }
                }
            }
            (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
                let items = all.iter().find_map(|schema| schema.get("items")).unwrap_or(&Value::Null);
                for (before, after) in before.iter().zip(after) {
                    self.compare(items, before, after, &format!("{place}[]"));
                }
            }
            // An id is one and the same as a text and as a number.
            (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number))
                if number.to_string() == *text => {}
            (before, after) if before == after => {}
            (before, after) => self.lost.push(format!("{place} was {before} and is {after}")),
        }
    }

    /// A schema and all that it is put together from.
    fn flatten<'s>(&'s self, schema: &'s Value, all: &mut Vec<Value>) {
        let schema = match schema.get("$ref").and_then(Value::as_str) {
            Some(target) => {
                self.document.pointer(target.trim_start_matches('#')).expect("the lint has followed it")
            }
            None => schema,
        };
        all.push(schema.clone());
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.flatten(part, all);
        }
    }
}

/// Whether a property is read under this name too.
fn also(property: &Value, name: &str) -> bool {
    property["x-jsm-alias"].as_array().into_iter().flatten().any(|alias| alias == name)
}

/// What a type may leave out when it is written.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
