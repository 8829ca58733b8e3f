//! `cargo xtask bump`: the version of the next release, from what changed since the last one.
//!
//! The old files come from git, the rules from `jsm-codegen`. Generated code is judged by its effective document,
//! hand-written code by the snapshots of its public surface.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use clap::Args;
use jsm_codegen::diff::{self, Bump, Severity};
use jsm_codegen::{bump, document, pins};

use crate::effective;
use crate::files::{self, Writer};
use crate::outcome::{Failure, Outcome};

const MANIFEST: &str = "Cargo.toml";
const SNAPSHOTS: &str = "tests/it/snapshots";

/// Propose the next version, and write it into the manifest with --write.
///
/// It carries the date of the pinned API as build metadata: 0.3.0+20260620.
#[derive(Args, Clone, Debug, Default)]
pub struct BumpArgs {
    /// Compare with this revision instead of the last tag (or the last commit, where there is no tag yet).
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Write the version into Cargo.toml.
    #[arg(long)]
    pub write: bool,
}

/// Runs the command.
///
/// # Errors
/// Fails with exit code 2 if there is no such revision or a file in it cannot be read, with 1 if the manifest cannot
/// be written.
pub fn run(root: &Path, args: &BumpArgs) -> Result<Outcome, Failure> {
    let writer = match args.write {
        true => Some(Writer::open(root)?),
        false => files::settled(root).map(|()| None)?,
    };
    let since = match &args.since {
        Some(since) => since.clone(),
        None => git(root, &["describe", "--tags", "--abbrev=0"])?
            .map_or("HEAD".to_owned(), |tag| tag.trim().to_owned()),
    };
    if since.starts_with('-')
        || git(root, &["rev-parse", "--verify", "--quiet", &format!("{since}^{{commit}}")])?.is_none()
    {
        return Err(Failure::input(format!("there is no revision {since:?}"), "name a tag or a commit"));
    }
    let mut told = format!("since {since}\n");
    let mut worst = Severity::None;
    let old_apis =
        git(root, &["ls-tree", "--name-only", &since, "crates/jsm-raw/openapi/"])?.unwrap_or_default();
    let old_apis = old_apis.lines().filter_map(|path| path.rsplit('/').next()?.strip_suffix(".json"));
    let apis: BTreeSet<String> = old_apis.map(str::to_owned).chain(effective::apis(root)?).collect();
    for api in apis {
        let place = effective::place(&api);
        let (old, new) = (shown(root, &since, &place)?, files::read(root, &place)?);
        let (severity, count) = match (old, new) {
            (Some(old), Some(new)) => compared(&place, &old, &new)?,
            (None, Some(_)) => (Severity::Additive, 1),
            (Some(_), None) => (Severity::Breaking, 1),
            (None, None) => (Severity::None, 0),
        };
        told += &format!("{place}: {count} changes, the most is {}\n", severity.name());
        worst = worst.max(severity);
    }
    for path in surfaces(root, &since)? {
        let (old, new) = (shown(root, &since, &path)?, files::read(root, &path)?);
        // Before a snapshot was there, nothing is known of what it lists.
        let Some(old) = old else { continue };
        let severity = bump::listed(&old, &new.unwrap_or_default());
        told += &format!("{path}: {}\n", severity.name());
        worst = worst.max(severity);
    }

    let manifest = files::read(root, MANIFEST)?
        .ok_or_else(|| Failure::work(format!("{MANIFEST} is missing"), "restore it from version control"))?;
    let refused = |refusal| Failure::refused(MANIFEST, refusal);
    let now = bump::version(&manifest).map_err(refused)?;
    let before = match shown(root, &since, MANIFEST)? {
        Some(before) => bump::version(&before).map_err(refused)?,
        None => now.clone(),
    };
    let asked = Bump::of(worst);
    let day = day(root)?;
    let mut next = bump::next(&before, asked, day.as_deref()).map_err(refused)?;
    // Whoever went further by hand had a reason.
    if bump::is_later(&now, &next) {
        next = bump::next(&now, Bump::None, day.as_deref()).map_err(refused)?;
    }
    told += &format!("bump: {} ({})\n", asked.name(), Bump::RULE);
    if asked == Bump::None && !bump::is_later(&now, &before) {
        return Ok(Outcome::Fine(told + &format!("{now} stays: nothing asks for a release")));
    }
    told += &format!("{now} -> {next}");
    if let Some(writer) = writer.filter(|_| next != now) {
        let text = bump::write(&manifest, &next).map_err(refused)?;
        writer.write_all(&[(MANIFEST.to_owned(), text)])?;
        told += &format!("\nwrote {MANIFEST}; head CHANGELOG.md's entries with the version");
    }
    Ok(Outcome::Fine(told))
}

fn compared(place: &str, old: &str, new: &str) -> Result<(Severity, usize), Failure> {
    let refused = |refusal| Failure::refused(place, refusal);
    let (old, new) = (
        document::parse(old.as_bytes()).map_err(refused)?,
        document::parse(new.as_bytes()).map_err(refused)?,
    );
    let changes = diff::compare(&diff::read(&old).map_err(refused)?, &diff::read(&new).map_err(refused)?);
    Ok((diff::worst(&changes), changes.len()))
}

/// The snapshots of hand-written surfaces, those of the revision and those of now.
fn surfaces(root: &Path, since: &str) -> Result<BTreeSet<String>, Failure> {
    let old = git(root, &["ls-tree", "--name-only", since, &format!("{SNAPSHOTS}/")])?.unwrap_or_default();
    let now = std::fs::read_dir(root.join(SNAPSHOTS)).into_iter().flatten().flatten();
    let now = now.filter_map(|entry| Some(format!("{SNAPSHOTS}/{}", entry.file_name().into_string().ok()?)));
    let all = old.lines().map(str::to_owned).chain(now);
    Ok(all.filter(|path| path.contains("/it__public__") && path.ends_with(".snap")).collect())
}

/// The day of the latest document that came from upstream; where none did, of the latest that was written here.
fn day(root: &Path) -> Result<Option<String>, Failure> {
    let text = files::read(root, files::PINS)?.unwrap_or_default();
    let pins = pins::read(&text).map_err(|refusal| Failure::refused(files::PINS, refusal))?;
    let latest =
        pins.into_values().map(|pin| (!pin.authored, pin.date)).filter(|(_, day)| day.is_some()).max();
    Ok(latest.and_then(|(_, day)| day))
}

fn shown(root: &Path, revision: &str, path: &str) -> Result<Option<String>, Failure> {
    git(root, &["show", &format!("{revision}:{path}")])
}

/// What git prints, or nothing where it fails: then there is no such thing.
fn git(root: &Path, words: &[&str]) -> Result<Option<String>, Failure> {
    let ran = Command::new("git").arg("-C").arg(root).args(words).output();
    let ran = ran.map_err(|error| Failure::work(format!("git does not run ({error})"), "install git"))?;
    Ok(ran.status.success().then(|| String::from_utf8_lossy(&ran.stdout).into_owned()))
}
