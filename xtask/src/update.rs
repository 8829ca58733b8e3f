//! `cargo xtask update`: from upstream's document to everything that is derived from it, or to a page of what to fix.
//!
//! Pinning, overlays, lint and comparing are done by what the other commands use; here they are joined so that either
//! all files are written or none. The page is written by `jsm_codegen::report`.

use std::path::Path;

use clap::Args;
use jsm_codegen::diff::{self, Bump, Change, Severity};
use jsm_codegen::effective::attempt;
use jsm_codegen::model::Document;
use jsm_codegen::report::{self, Step, ToFix};
use jsm_codegen::{bump, document, emit, lint, pins, proposal, surface};
use serde_json::Value;

use crate::files::{self, Draft, Writer};
use crate::outcome::{Error, Outcome};
use crate::pin::{self, PinArgs, Prepared};
use crate::{effective, propose};

/// Take upstream's document the whole way: pin, changes, overlays, lint, effective document.
///
/// Where something no longer fits nothing is written, and a page lists what to fix. The page is
/// target/spec-report.md in any case. Exit codes: 0 when all is written or current, 1 when there is something to fix,
/// 2 on bad input.
#[derive(Args, Clone, Debug, Default)]
pub struct UpdateArgs {
    /// The API; without it, every one that has a document of its own upstream.
    pub api: Option<String>,
    /// Read this file or https address instead of the url of openapi/pins.toml.
    #[arg(long, value_name = "FILE|URL", requires = "api")]
    pub from: Option<String>,
    /// Take a document that looks incomplete, as `cargo xtask pin` would with the same option.
    #[arg(long)]
    pub allow_shrink: bool,
    /// The day (YYYY-MM-DD) on which the document was read, if that is not today.
    #[arg(long, value_name = "DAY", value_parser = pin::day)]
    pub date: Option<String>,
    /// Commit what came of it on a branch of its own, and open a pull request with the page as its text.
    #[arg(long)]
    pub propose: bool,
}

/// Where the page is, seen from the root.
pub const PAGE: &str = "target/spec-report.md";

/// What came of one API, owned.
struct Updated {
    prepared: Prepared,
    changes: Vec<Change>,
    to_fix: ToFix,
    version: String,
    /// The overlay that gives names to operations which have none, for a maintainer to edit.
    proposal: Option<Draft>,
    drafts: Vec<Draft>,
    command: String,
    names: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// Fails with exit code 2 if a document or an overlay cannot be read, with 1 if a file cannot be written; every file
/// is then as it was.
pub fn run(root: &Path, args: &UpdateArgs) -> Result<Outcome, Error> {
    let writer = Writer::open(root)?;
    let mut all = Vec::new();
    for api in apis(root, args)? {
        all.push(update(root, args, api)?);
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut records: Option<pins::Pins> = None;
    for updated in &all {
        drafts.extend(updated.drafts.iter().filter(|(path, _)| path != files::PINS).cloned());
        if updated.drafts.iter().any(|(path, _)| path == files::PINS) {
            let Prepared { api, pins_before, pins, .. } = &updated.prepared;
            let records = records.get_or_insert_with(|| pins_before.clone());
            records.extend(pins.get(api).map(|pin| (api.clone(), pin.clone())));
        }
    }
    drafts.extend(records.map(|records| (files::PINS.to_owned(), pins::write(&records))));

    let steps: Vec<Step<'_>> = all.iter().map(Updated::step).collect();
    let page = report::page(&steps);
    let stuck = steps.iter().any(|step| !step.to_fix.is_empty());
    let summary = summary(&steps, stuck);
    // Proposals are for editing: they are written even where nothing else is.
    let proposals: Vec<Draft> = all.iter().filter_map(|updated| updated.proposal.clone()).collect();
    let written = if stuck { proposals } else { [drafts, proposals].concat() };
    let with_page = [written.as_slice(), &[(PAGE.to_owned(), page)]].concat();
    writer.write_all(&with_page)?;
    if args.propose && (stuck || !written.is_empty()) {
        let key: String = all.iter().map(|updated| document::canonical(&updated.prepared.after)).collect();
        let paths: Vec<&str> = written.iter().map(|(path, _)| path.as_str()).collect();
        let proposed = propose::run(root, &key, &report::title(&steps), &paths, PAGE)?;
        return Ok(Outcome::Fine(format!("{summary}\n{proposed}")));
    }
    Ok(if stuck { Outcome::Stale(summary) } else { Outcome::Fine(summary) })
}

impl Updated {
    fn step(&self) -> Step<'_> {
        Step {
            api: &self.prepared.api,
            changes: &self.changes,
            to_fix: &self.to_fix,
            version: &self.version,
            proposed: self.proposal.as_ref().map(|(place, _)| place.as_str()),
            written: &self.names,
            command: &self.command,
        }
    }
}

fn apis(root: &Path, args: &UpdateArgs) -> Result<Vec<String>, Error> {
    if let Some(api) = &args.api {
        return Ok(vec![api.clone()]);
    }
    let text = files::read(root, files::PINS)?.unwrap_or_default();
    let pins = pins::read(&text).map_err(|error| error.within(files::PINS))?;
    // What is authored here has no document upstream that could change.
    Ok(pins.into_iter().filter(|(_, pin)| !pin.authored).map(|(api, _)| api).collect())
}

/// Makes everything of one API and writes nothing.
fn update(root: &Path, args: &UpdateArgs, api: String) -> Result<Updated, Error> {
    let mut command = format!("cargo xtask update {api}");
    if let Some(from) = &args.from {
        command += &format!(" --from {from}");
    }
    let pin = PinArgs {
        api: api.clone(),
        from: args.from.clone(),
        check: false,
        allow_shrink: args.allow_shrink,
        date: args.date.clone(),
    };
    let prepared = pin::prepare(root, &pin)?;
    let changes = compared(&prepared)?;
    let mut overlays = effective::overlays(root, &api)?;
    let (mut made, mut misfits) = attempt(&prepared.after, &overlays);
    let place = effective::proposed(&api);
    // Where an operation moved, its overlays are to be aimed at it: nothing is proposed in their place.
    let proposal = match misfits.is_empty() {
        true => proposal::proposal(&Document::read(&made), files::read(root, &place)?.as_deref()),
        false => None,
    };
    if let Some(text) = &proposal {
        overlays = effective::overlays_with(root, &api, Some(text))?;
        (made, misfits) = attempt(&prepared.after, &overlays);
    }
    let proposal = proposal.map(|text| (place, text));
    let document = Document::read(&made);
    let found = lint::lint(&document);
    let text = document::canonical(&made);
    // What does not pass the overlays or the lint is not given to the generator.
    let generated = match misfits.is_empty() && found.is_empty() {
        true => emit::emit(&api, &text).and_then(|source| surface::surface(&document, &source)),
        false => Ok(Default::default()),
    };
    let added = report::added(prepared.before.as_ref(), &prepared.after);
    let to_fix = ToFix::of(&misfits, &found, &added, generated.as_ref().err());

    let mut drafts = Vec::new();
    if to_fix.is_empty() {
        // Another edition of the same interface is no news: upstream numbers every build of its site.
        let same =
            prepared.before.as_ref().is_some_and(|before| pins::same_interface(before, &prepared.after));
        if !same {
            drafts.extend(prepared.drafts.iter().cloned());
        }
        let place = effective::place(&api);
        let before = files::read(root, &place)?;
        if before.as_deref() != Some(&text) && !(same && only_the_edition_differs(before.as_deref(), &made)) {
            drafts.push((place, text));
        }
    }
    let version = version(root, &prepared, &changes)?;
    let names = drafts.iter().map(|(path, _)| path.clone()).collect();
    Ok(Updated { prepared, changes, to_fix, version, proposal, drafts, command, names })
}

fn only_the_edition_differs(before: Option<&str>, made: &Value) -> bool {
    let before = before.and_then(|text| document::parse(text.as_bytes()).ok());
    before.is_some_and(|before| pins::same_interface(&before, made))
}

fn compared(prepared: &Prepared) -> Result<Vec<Change>, Error> {
    let Some(before) = &prepared.before else { return Ok(Vec::new()) };
    let pinned = files::pinned(&prepared.api);
    let read = |document| diff::read(document).map_err(|error| error.within(&pinned));
    let (old, new) = (read(before)?, read(&prepared.after)?);
    Ok(diff::compare(&old, &new))
}

/// The version that the changes ask for, from the one that the manifest has.
fn version(root: &Path, prepared: &Prepared, changes: &[Change]) -> Result<String, Error> {
    const MANIFEST: &str = "Cargo.toml";
    let worst = if prepared.before.is_none() { Severity::Additive } else { diff::worst(changes) };
    let asked = Bump::of(worst);
    // A folder that holds documents alone has no version to begin with.
    let Some(manifest) = files::read(root, MANIFEST)? else { return Ok(asked.name().to_owned()) };
    let day = prepared.pins.get(&prepared.api).and_then(|pin| pin.date.as_deref());
    let next = bump::version(&manifest).and_then(|base| bump::next(&base, asked, day));
    Ok(next.map_err(|error| error.within(MANIFEST))?)
}

/// What a terminal shows: the changes, then either what was written or what to fix.
fn summary(steps: &[Step<'_>], stuck: bool) -> String {
    let mut summary = String::new();
    for step in steps {
        summary += &format!("{}\n", step.api);
        if step.changes.is_empty() && step.written.is_empty() && step.to_fix.is_empty() {
            summary += "is current\n\n";
            continue;
        }
        summary += &format!("{}suggested version: {}\n", diff::text(step.changes), step.version);
        if let Some(place) = step.proposed {
            summary +=
                &format!("proposed {place}: edit its names and groups, then run the same command again\n");
        }
        if !step.to_fix.is_empty() {
            summary += &format!("\nto fix, {} in all:\n\n{}", step.to_fix.len(), step.to_fix.markdown("#"));
        } else if !stuck {
            step.written.iter().for_each(|path| summary += &format!("wrote {path}\n"));
        }
        summary += "\n";
    }
    if stuck {
        summary += "nothing was written: fix the overlays, then run the same command again\n";
    }
    summary + "the page is " + PAGE
}
