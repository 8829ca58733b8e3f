//! Comparing a response with the document.

use std::collections::HashSet;

use bytes::Bytes;
use jsm_raw::{Document, Mismatch, OperationInfo, Place, ResponseBody, ValuePath, Visit, Visited};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::repairs::Repair;
use super::super::tree::{parse, type_of};
use super::repaired::Repaired;
use super::report::{Drift, DriftKind, DriftReport};
use crate::error::request_id;
use crate::transport::Head;

/// How many differences of one response are reported.
const MOST: usize = 1_000;

/// How a response differs that is not decoded. The body of an error has any shape that is not JSON, because servers in
/// front of the API send errors too; one that is JSON is compared with what is documented for its status.
pub(super) fn undecoded(
    info: &'static OperationInfo,
    head: &Head,
    body: Option<&Bytes>,
) -> Option<DriftReport> {
    let document = Document::of(info.api)?;
    let mut found = status(document, info, head)?;
    if let Some((schema, pointer)) = schema(document, info, head.status.as_u16())
        && let Some((value, _)) = body.and_then(|body| parse(body))
        && (value.is_object() || value.is_array())
    {
        found = found.and_of(document, schema, &pointer, &value, &[]);
    }
    report(info, head, found)
}

/// How a response differs that was read whole.
pub(super) fn response(
    info: &'static OperationInfo,
    head: &Head,
    body: &Bytes,
    repairs: &[Repair],
) -> Option<DriftReport> {
    let document = Document::of(info.api)?;
    let mut found = status(document, info, head)?;
    if info.response == ResponseBody::Json
        && let Some((schema, pointer)) = decoded_as(document, info, head.status.as_u16())
    {
        match parse(body) {
            Some((value, _)) => found = found.and_of(document, schema, &pointer, &value, repairs),
            None if is_json(body) => {}
            None => found.add(DriftKind::NoJson, "$".to_owned(), pointer),
        }
    }
    report(info, head, found)
}

/// Whether a body that cannot be compared is JSON all the same: it is too large, or it breaks off, which is an accident
/// of the connection.
fn is_json(body: &[u8]) -> bool {
    let is_whole = |text: &str| match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => true,
        Err(error) => error.is_eof() && !text.trim().is_empty(),
    };
    std::str::from_utf8(body).is_ok_and(is_whole)
}

fn report(info: &'static OperationInfo, head: &Head, found: Found) -> Option<DriftReport> {
    let request_id = request_id(&head.headers).map(str::to_owned);
    let report = DriftReport { operation: info, status: head.status, request_id, drift: found.listed };
    (!report.drift.is_empty()).then_some(report)
}

/// Whether the status is documented; nothing for what the document does not have at all.
fn status(document: &Document, info: &OperationInfo, head: &Head) -> Option<Found> {
    document.operation(info)?;
    let mut found = Found::default();
    if document.response(info, head.status.as_u16()).is_none() {
        let pointer = document.pointer(info) + "/responses";
        found.add(DriftKind::UndocumentedStatus, "$".to_owned(), pointer);
    }
    Some(found)
}

/// The schema of a response with this status, and its JSON pointer.
fn schema<'d>(document: &'d Document, info: &OperationInfo, status: u16) -> Option<(&'d Value, String)> {
    let (name, response) = document.response(info, status)?;
    let content = response.get("content")?.as_object()?;
    let (media, content) = content.iter().find(|(media, _)| media.contains("json"))?;
    let operation = document.pointer(info);
    let (root, schema) = (Place::Root(&operation), content.get("schema")?);
    let responses = root.child("responses");
    let response = responses.child(name);
    let content = response.child("content");
    Some((schema, content.child(media).child("schema").to_string()))
}

/// The schema that a response with this status was decoded as: its own, else that of a success.
fn decoded_as<'d>(document: &'d Document, info: &OperationInfo, status: u16) -> Option<(&'d Value, String)> {
    let documented = info.statuses.iter().map(|(status, _)| *status).filter(|status| *status < 300);
    [status].into_iter().chain(documented).find_map(|status| schema(document, info, status))
}

/// Differences, each of them once.
#[derive(Default)]
struct Found {
    listed: Vec<Drift>,
    known: HashSet<Drift>,
}

impl Found {
    /// These differences, and those of a value.
    fn and_of(
        self,
        document: &Document,
        schema: &Value,
        pointer: &str,
        value: &Value,
        repairs: &[Repair],
    ) -> Self {
        let mut search = Search { found: self, repaired: Repaired::of(repairs) };
        document.compare(schema, Place::Root(pointer), value, &mut search);
        search.finish()
    }

    fn add(&mut self, kind: DriftKind, path: String, pointer: String) {
        let drift = Drift { kind, path, pointer };
        if self.listed.len() < MOST && self.known.insert(drift.clone()) {
            self.listed.push(drift);
        }
    }
}

/// Collects the differences of one body.
struct Search {
    found: Found,
    repaired: Repaired,
}

impl Visit for Search {
    fn value(&mut self, at: &Visited<'_>) {
        self.repaired.note(at);
    }

    fn mismatch(&mut self, at: &Visited<'_>, mismatch: Mismatch<'_>) {
        let found = type_of(at.value);
        let (kind, shape) = match mismatch {
            Mismatch::Unknown => (DriftKind::UnknownField { found }, at.path.shape()),
            // The type of a list or an object is another one, which is reported.
            Mismatch::EnumValue if at.value.is_array() || at.value.is_object() => return,
            Mismatch::EnumValue => (DriftKind::UnknownEnumValue, at.path.shape()),
            Mismatch::OutOfRange => (DriftKind::OutOfRange, at.path.shape()),
            Mismatch::Missing(name) | Mismatch::AlwaysPresent(name) => {
                (DriftKind::MissingField, ValuePath::Property(at.path, name).shape())
            }
            Mismatch::Type(documented) => {
                (DriftKind::OtherType { documented: documented.to_owned(), found }, at.path.shape())
            }
            Mismatch::Null => {
                let documented = at.schema.get("type").and_then(Value::as_str).unwrap_or("a value");
                (DriftKind::OtherType { documented: documented.to_owned(), found }, at.path.shape())
            }
            // Limits are those of requests.
            _ => return,
        };
        self.found.add(kind, format!("${shape}"), at.place.to_string());
    }
}

impl Search {
    /// The differences and the repairs. A value that was repaired is listed as such alone.
    fn finish(self) -> Found {
        let Self { mut found, repaired } = self;
        let repaired: Vec<Drift> = repaired.into_drift().collect();
        let is_repaired = |drift: &Drift| {
            matches!(drift.kind, DriftKind::OtherType { .. })
                && repaired.iter().any(|repaired| repaired.path == drift.path)
        };
        found.listed.retain(|drift| !is_repaired(drift));
        for Drift { kind, path, pointer } in repaired {
            found.add(kind, path, pointer);
        }
        found
    }
}
