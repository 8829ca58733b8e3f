//! `cargo xtask pin`: upstream's document, distilled, beside the record of where it came from.
//!
//! Distilling, counting and comparing are done by `jsm-codegen`; this module reads, decides whether to take what it
//! read, and writes both files or neither.

use std::path::Path;
use std::time::SystemTime;

use jsm_codegen::diagnostic::Diagnostic;
use jsm_codegen::distil::{self, Distilled};
use jsm_codegen::document;
use jsm_codegen::pins::{self, Origin, Pins};
use serde_json::Value;

use crate::files::{self, Draft, Writer};
use crate::outcome::{Error, Outcome};
use crate::source::Source;

/// Pin the interface facts of an upstream document.
///
/// An API that is marked as authored in openapi/pins.toml has no upstream document yet: without --from its own
/// pinned.json is put in canonical form and recorded; with --from the real document takes its place.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PinArgs {
    /// The API: a table of openapi/pins.toml.
    pub api: String,
    /// Read this file or https address instead of the url of openapi/pins.toml.
    #[arg(long, value_name = "FILE|URL")]
    pub from: Option<String>,
    /// Write nothing: exit with 0 if the pin is current, with 1 and a summary if it is not.
    #[arg(long)]
    pub check: bool,
    /// Take a document that looks incomplete: fewer than half of the operations pinned now, or references to
    /// components that it does not have.
    #[arg(long)]
    pub allow_shrink: bool,
    /// The day (YYYY-MM-DD) on which the document was read, if that is not today.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub date: Option<String>,
}

/// What pinning would write, and what is there now.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The name of the API.
    pub api: String,
    /// The text of the pinned file now, if there is one.
    pub text_before: Option<String>,
    /// The document that is pinned now, if there is one.
    pub before: Option<Value>,
    /// The document to be pinned.
    pub after: Value,
    /// Every record, as it is.
    pub pins_before: Pins,
    /// Every record, with this API's brought up to date.
    pub pins: Pins,
    /// The files whose text would change.
    pub drafts: Vec<Draft>,
    /// Keys of the document that are neither known facts nor known prose, and how often each was left out.
    pub left_out: Vec<(String, usize)>,
}

/// Pins, or checks the pin.
///
/// # Errors
/// Fails with exit code 2 if the input cannot be taken, with 1 if a file cannot be written; every file is then as it
/// was.
pub fn run(root: &Path, args: &PinArgs) -> Result<Outcome, Error> {
    if args.check {
        files::settled(root)?;
        return Ok(check(&prepare(root, args)?, args));
    }
    let writer = Writer::open(root)?;
    let prepared = prepare(root, args)?;
    let Prepared { api, before, after, drafts, left_out, .. } = &prepared;
    writer.write_all(drafts)?;
    let mut text = match (drafts.is_empty(), before) {
        (true, _) => format!("{api} is pinned as it was: nothing to write"),
        (false, Some(before)) if pins::same_interface(before, after) => {
            format!("{api} is pinned again; its interface is the same as before")
        }
        (false, Some(before)) => format!("{api} is pinned: {}", pins::difference(before, after)),
        (false, None) => {
            let counts = distil::counts(after);
            let (paths, operations, schemas) = (counts.paths, counts.operations, counts.schemas);
            format!("{api} is pinned: {paths} paths, {operations} operations, {schemas} schemas")
        }
    };
    for (path, _) in drafts {
        text += &format!("\nwrote {path}");
    }
    for (key, times) in left_out {
        text += &format!("\nleft out `{key}`, neither a fact nor prose that distil knows (places: {times})");
    }
    Ok(Outcome::Fine(text))
}

/// Reads, checks and distils, and says what would be written.
///
/// # Errors
/// As [`run`]; nothing is written in any case.
pub fn prepare(root: &Path, args: &PinArgs) -> Result<Prepared, Error> {
    let api = &args.api;
    let pins_text = files::read(root, files::PINS)?.unwrap_or_default();
    let pins_before = pins::read(&pins_text).map_err(|error| error.within(files::PINS))?;
    let Some(pin) = pins_before.get(api) else {
        let known: Vec<&str> = pins_before.keys().map(String::as_str).collect();
        return Err(Error::input(
            "",
            format!("there is no api named {api:?}"),
            format!("give one of: {} (a new one begins as a table in {})", known.join(", "), files::PINS),
        ));
    };
    let path = files::pinned(api);
    let text_before = files::read(root, &path)?;
    let before = text_before.as_ref().map(|text| document::parse(text.as_bytes())).transpose();
    let before = before.map_err(|Diagnostic { problem, .. }| {
        Error::input(path.as_str(), problem, "restore the file from version control, then pin again")
    })?;

    // What is authored here is its own upstream until a real document is given.
    let authored = pin.authored && args.from.is_none();
    let (place, bytes) = match (&text_before, authored) {
        (Some(text), true) => (path.clone(), text.clone().into_bytes()),
        (None, true) => {
            let next = "write it from the documentation, or give upstream's document with --from";
            return Err(Error::input(
                path.as_str(),
                format!("there is no such file, and {api} is authored here"),
                next,
            ));
        }
        (_, false) => {
            let source = Source::new(args.from.as_ref().unwrap_or(&pin.url));
            (source.to_string(), source.read()?)
        }
    };
    let read = document::parse(&bytes).map_err(|error| error.within(&place))?;
    let Distilled { document: after, version, left_out } =
        distil::distil(&read, &pin.title).map_err(|error| error.within(&place))?;
    if !args.allow_shrink {
        require_complete(before.as_ref(), &after).map_err(|error| error.within(&place))?;
    }

    let origin =
        if authored { Origin::Authored } else { Origin::Upstream { bytes: &bytes, version: &version } };
    let today = args.date.clone().unwrap_or_else(|| pins::day(SystemTime::now()));
    let mut pins = pins_before.clone();
    pins.insert(api.clone(), pin.record(&after, origin, &today));
    let mut drafts = vec![(path, document::canonical(&after))];
    if pins != pins_before {
        drafts.push((files::PINS.to_owned(), pins::write(&pins)));
    }
    if text_before.as_ref() == Some(&drafts[0].1) {
        drafts.remove(0);
    }
    let left_out = left_out.into_iter().collect();
    Ok(Prepared { api: api.clone(), text_before, before, after, pins_before, pins, drafts, left_out })
}

fn check(prepared: &Prepared, args: &PinArgs) -> Outcome {
    let Prepared { api, text_before, before, after, pins_before, drafts, .. } = prepared;
    let recorded = pins_before.get(api).and_then(|pin| pin.pinned_sha256.as_deref());
    let authored = pins_before.get(api).is_some_and(|pin| pin.authored) && args.from.is_none();
    let command = match &args.from {
        Some(from) => format!("run cargo xtask pin {api} --from {from}"),
        None => format!("run cargo xtask pin {api}"),
    };
    let (Some(text), Some(before)) = (text_before, before) else {
        return Outcome::Stale(format!("{api} is not pinned yet: {command}"));
    };
    if !pins::same_interface(before, after) {
        return Outcome::Stale(format!(
            "{api} is not current: {command}\n{}",
            pins::difference(before, after)
        ));
    }
    if recorded != Some(document::sha256(text.as_bytes()).as_str()) || authored && !drafts.is_empty() {
        let path = files::pinned(api);
        return Outcome::Stale(format!("{path} is not the file that {} records: {command}", files::PINS));
    }
    Outcome::Fine(match drafts.is_empty() {
        true => format!("{api} is current"),
        false => {
            format!("{api} is current: upstream has another edition of the document, with the same interface")
        }
    })
}

fn require_complete(before: Option<&Value>, after: &Value) -> Result<(), Diagnostic> {
    const NEXT: &str = "check that it is the whole document; if it is, add --allow-shrink";
    let (now, then) =
        (distil::counts(after).operations, before.map_or(0, |before| distil::counts(before).operations));
    if now * 2 < then {
        return Err(Diagnostic::new(
            "",
            format!("it has {now} operations, fewer than half of the {then} pinned now"),
            NEXT,
        ));
    }
    let dangling = distil::dangling_references(after);
    match dangling.first() {
        Some(first) => {
            let more = dangling.len() - 1;
            let rest = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            Err(Diagnostic::new("", format!("it refers to {first}{rest}, which it does not have"), NEXT))
        }
        None => Ok(()),
    }
}

pub(crate) fn day(text: &str) -> Result<String, Diagnostic> {
    pins::read_day(text).map(|day| day.to_string())
}
