//! The record of what is pinned: the model of `openapi/pins.toml`, and what differs between two pins.
//!
//! Files, addresses and clocks stay outside: texts come in and go out, and the day is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::distil::{self, Counts};
use crate::document;
use crate::model::{METHODS, place};

/// Every API that is pinned here, by the name of its folder.
pub type Pins = BTreeMap<String, Pin>;

/// What is known of one API's pin: one table of `pins.toml`.
///
/// A new API starts as a table with a title and a url; pinning fills in the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The name we give the API, which the pinned document carries as its title.
    pub title: String,
    /// Where upstream publishes the document.
    pub url: String,
    /// Whether the pinned document was written here from documentation, because upstream's cannot be had yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authored: bool,
    /// The version that upstream's document gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_version: Option<String>,
    /// The digest of the bytes that were read from upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_sha256: Option<String>,
    /// The digest of the pinned file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_sha256: Option<String>,
    /// The day (UTC, `YYYY-MM-DD`) on which these bytes were first read, or the authored file last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// How many paths the pinned document has.
    #[serde(default)]
    pub paths: usize,
    /// How many operations the pinned document has.
    #[serde(default)]
    pub operations: usize,
    /// How many schemas the pinned document has.
    #[serde(default)]
    pub schemas: usize,
}

/// Where a distilled document came from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// Upstream's document: these bytes, which give themselves this version.
    Upstream {
        /// The bytes as they were read.
        bytes: &'a [u8],
        /// `info.version`.
        version: &'a str,
    },
    /// A document written here.
    Authored,
}

impl Pin {
    /// The record of a distilled document that is pinned on `date`.
    ///
    /// The date of this record stays if what was read is what was read before, so that pinning the same bytes again
    /// changes nothing.
    pub fn record(&self, pinned: &Value, origin: Origin<'_>, date: &str) -> Pin {
        let Counts { paths, operations, schemas } = distil::counts(pinned);
        let pinned_sha256 = Some(document::sha256(document::canonical(pinned).as_bytes()));
        let (authored, upstream_version, upstream_sha256) = match origin {
            Origin::Upstream { bytes, version } => {
                (false, Some(version.to_owned()), Some(document::sha256(bytes)))
            }
            Origin::Authored => (true, None, None),
        };
        let same = match origin {
            Origin::Upstream { .. } => self.upstream_sha256 == upstream_sha256,
            Origin::Authored => self.authored && self.pinned_sha256 == pinned_sha256,
        };
        let date = self.date.clone().filter(|_| same).unwrap_or_else(|| date.to_owned());
        Pin {
            title: self.title.clone(),
            url: self.url.clone(),
            authored,
            upstream_version,
            upstream_sha256,
            pinned_sha256,
            date: Some(date),
            paths,
            operations,
            schemas,
        }
    }
}

/// Reads the text of `pins.toml`.
///
/// # Errors
/// Fails for what is not TOML, or not a table per API with the fields of [`Pin`].
pub fn read(text: &str) -> Result<Pins, Diagnostic> {
    toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Diagnostic::new(
            "",
            format!("line {line}: {}", error.message().trim_end()),
            "correct the table there: each API has at least a title and a url",
        )
    })
}

/// Writes the canonical text of `pins.toml`: APIs and fields in a fixed order, under one line that says who writes it.
pub fn write(pins: &Pins) -> String {
    let mut text = String::from("# Written by `cargo xtask pin`; title and url are yours to edit.\n");
    for (api, pin) in pins {
        let table = toml::to_string(&BTreeMap::from([(api, pin)]));
        text.push('\n');
        text.push_str(&table.expect("texts, booleans and counts always have a TOML form"));
    }
    text
}

/// Whether two distilled documents describe the same interface.
///
/// The version that a document gives itself is no part of that: upstream changes it with every build of its site.
pub fn same_interface(one: &Value, other: &Value) -> bool {
    let facts = |document: &Value| {
        let mut facts = document.clone();
        if let Some(version) = facts.pointer_mut("/info/version") {
            *version = json!("");
        }
        facts
    };
    facts(one) == facts(other)
}

/// What a new pin would change, by name. `Display` gives a summary, one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Paths, operations and schemas before.
    pub before: Counts,
    /// Paths, operations and schemas after.
    pub after: Counts,
    /// Operations, as `GET /path`.
    pub operations: Names,
    /// Schemas.
    pub schemas: Names,
    /// Everything else: `servers`, `components.securitySchemes`, what a path says for all its operations.
    pub others: Names,
}

/// Names of one sort that came, went or mean something else now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// New ones.
    pub added: BTreeSet<String>,
    /// Gone ones.
    pub removed: BTreeSet<String>,
    /// Those that are described otherwise than before.
    pub changed: BTreeSet<String>,
}

/// Compares two distilled documents by the names of their operations and schemas.
pub fn difference(before: &Value, after: &Value) -> Difference {
    fn operations(document: &Value) -> BTreeMap<String, &Value> {
        distil::operations(document)
            .map(|(path, method, operation)| (place(method, path), operation))
            .collect()
    }
    fn schemas(document: &Value) -> BTreeMap<String, &Value> {
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        schemas.into_iter().flatten().map(|(name, schema)| (name.clone(), schema)).collect()
    }
    fn others(document: &Value) -> BTreeMap<String, &Value> {
        let entries =
            |pointer: &str| document.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
        let mut others = BTreeMap::new();
        for (key, part) in
            entries("").filter(|(key, _)| !["info", "paths", "components"].contains(&key.as_str()))
        {
            others.insert(key.clone(), part);
        }
        others.extend(document.pointer("/info/title").map(|title| ("info.title".to_owned(), title)));
        for (section, part) in entries("/components").filter(|(section, _)| *section != "schemas") {
            others.insert(format!("components.{section}"), part);
        }
        for (path, item) in entries("/paths") {
            for (key, part) in item.as_object().into_iter().flatten() {
                if !METHODS.contains(&key.as_str()) {
                    others.insert(format!("{key} of {path}"), part);
                }
            }
        }
        others
    }
    fn names(before: BTreeMap<String, &Value>, after: BTreeMap<String, &Value>) -> Names {
        Names {
            added: after.keys().filter(|name| !before.contains_key(*name)).cloned().collect(),
            removed: before.keys().filter(|name| !after.contains_key(*name)).cloned().collect(),
            changed: after
                .iter()
                .filter(|(name, now)| before.get(*name).is_some_and(|then| then != *now))
                .map(|(name, _)| name.clone())
                .collect(),
        }
    }
    Difference {
        before: distil::counts(before),
        after: distil::counts(after),
        operations: names(operations(before), operations(after)),
        schemas: names(schemas(before), schemas(after)),
        others: names(others(before), others(after)),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { before, after, operations, schemas, others } = self;
        write!(
            f,
            "paths {} -> {}, operations {} -> {}, schemas {} -> {}",
            before.paths, after.paths, before.operations, after.operations, before.schemas, after.schemas
        )?;
        for (sort, names) in [("operation", operations), ("schema", schemas), ("part", others)] {
            for (what, names) in
                [("added", &names.added), ("removed", &names.removed), ("changed", &names.changed)]
            {
                for name in names {
                    write!(f, "\n  {sort} {what}: {name}")?;
                }
            }
        }
        Ok(())
    }
}

/// The day (UTC) of a moment, as `YYYY-MM-DD`.
pub fn day(time: SystemTime) -> String {
    let moment = Timestamp::try_from(time).unwrap_or_default();
    moment.to_zoned(TimeZone::UTC).date().to_string()
}

/// Reads a day of the form `YYYY-MM-DD`.
///
/// # Errors
/// Fails for any other text, and for a day that no calendar has.
pub fn read_day(text: &str) -> Result<Date, Diagnostic> {
    // ISO 8601 has other forms too; one is enough for a file that is compared.
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    day.ok_or_else(|| Diagnostic::new("", format!("{text:?} is not a day"), "write it as 2026-06-20"))
}
