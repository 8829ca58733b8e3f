//! `cargo xtask bump`: the version of the next release, from what changed since the last one.
//!
//! The old files come from git, the rules from `jsm-codegen`. What is generated is compared by its effective document,
//! what is written by hand by the listing of its public API, and by cargo-semver-checks where that is installed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use clap::Args;
use jsm_codegen::diff::{self, Bump, Severity};
use jsm_codegen::{bump, document, pins};

use crate::files::{self, Writer};
use crate::git::{git, list, show};
use crate::outcome::{Error, Outcome};
use crate::{effective, public_api};

const MANIFEST: &str = "Cargo.toml";

/// Propose the next version, and write it into the manifest with --write.
///
/// It has the date of the pinned API as build metadata: 0.3.0+20260620.
#[derive(Args, Clone, Debug, Default)]
pub struct BumpArgs {
    /// Compare with this revision instead of the last tag (or the last commit, where there is no tag yet).
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Write the version into Cargo.toml.
    #[arg(long)]
    pub write: bool,
}

/// What was compared, in lines, and how much the change matters that matters most.
struct Compared {
    report: String,
    worst: Severity,
}

impl Compared {
    fn add(&mut self, what: &str, severity: Severity) {
        self.report += &format!("{what}: {}\n", severity.name());
        self.worst = self.worst.max(severity);
    }
}

/// Runs the command.
///
/// # Errors
/// Fails with exit code 2 if there is no such revision or a file in it cannot be read, with 1 if the manifest cannot
/// be written.
pub fn run(root: &Path, args: &BumpArgs) -> Result<Outcome, Error> {
    let writer = match args.write {
        true => Some(Writer::open(root)?),
        false => files::settled(root).map(|()| None)?,
    };
    let since = since(root, args)?;
    let mut compared = Compared { report: format!("since {since}\n"), worst: Severity::None };
    documents(root, &since, &mut compared)?;
    public_apis(root, &since, &mut compared)?;
    let (line, severity) = semver_checks(&|| Command::new("cargo"), root, &since);
    compared.report += &format!("{line}\n");
    compared.worst = compared.worst.max(severity.unwrap_or(Severity::None));

    let manifest = files::read(root, MANIFEST)?
        .ok_or_else(|| Error::work(MANIFEST, "it is missing", "restore it from version control"))?;
    let now = bump::version(&manifest).map_err(|error| error.within(MANIFEST))?;
    let before = match show(root, &since, MANIFEST)? {
        Some(before) => bump::version(&before).map_err(|error| error.within(MANIFEST))?,
        None => now.clone(),
    };
    let asked = Bump::of(compared.worst);
    let day = day(root)?;
    let mut next = bump::next(&before, asked, day.as_deref())?;
    // A version that was raised further by hand stays.
    if bump::is_later(&now, &next)? {
        next = bump::next(&now, Bump::None, day.as_deref())?;
    }
    let mut report = compared.report + &format!("bump: {} ({})\n", asked.name(), Bump::RULE);
    if asked == Bump::None && !bump::is_later(&now, &before)? {
        return Ok(Outcome::Fine(report + &format!("{now} stays: nothing asks for a release")));
    }
    report += &format!("{now} -> {next}");
    if let Some(writer) = writer.filter(|_| next != now) {
        let text = bump::write(&manifest, &next).map_err(|error| error.within(MANIFEST))?;
        writer.write_all(&[(MANIFEST.to_owned(), text)])?;
        report += &format!("\nwrote {MANIFEST}; head CHANGELOG.md's entries with the version");
    }
    Ok(Outcome::Fine(report))
}

/// The revision to compare with.
fn since(root: &Path, args: &BumpArgs) -> Result<String, Error> {
    let since = match &args.since {
        Some(since) => since.clone(),
        None => git(root, &["describe", "--tags", "--abbrev=0"])?
            .map_or("HEAD".to_owned(), |tag| tag.trim().to_owned()),
    };
    let commit = format!("{since}^{{commit}}");
    match !since.starts_with('-') && git(root, &["rev-parse", "--verify", "--quiet", &commit])?.is_some() {
        true => Ok(since),
        false => Err(Error::input("", format!("there is no revision {since:?}"), "name a tag or a commit")),
    }
}

/// Compares the effective documents of all APIs, those of the revision and those of now.
fn documents(root: &Path, since: &str, compared: &mut Compared) -> Result<(), Error> {
    let old = list(root, since, "crates/jsm-raw/openapi/")?;
    let old = old.iter().filter_map(|path| path.rsplit('/').next()?.strip_suffix(".json"));
    let apis: BTreeSet<String> = old.map(str::to_owned).chain(effective::apis(root)?).collect();
    for api in apis {
        let place = effective::place(&api);
        let severity = match (show(root, since, &place)?, files::read(root, &place)?) {
            (Some(old), Some(new)) => {
                let read =
                    |text: &str| document::parse(text.as_bytes()).map_err(|error| error.within(&place));
                let (old, new) = (read(&old)?, read(&new)?);
                diff::worst(&diff::compare(&diff::read(&old)?, &diff::read(&new)?))
            }
            (None, Some(_)) => Severity::Additive,
            (Some(_), None) => Severity::Breaking,
            (None, None) => Severity::None,
        };
        compared.add(&place, severity);
    }
    Ok(())
}

/// Compares the public APIs of what is written by hand.
fn public_apis(root: &Path, since: &str, compared: &mut Compared) -> Result<(), Error> {
    for name in public_api::CRATES {
        let folder = format!("crates/{name}/src/");
        let mut old = public_api::Sources::new();
        for path in list(root, since, &folder)?.into_iter().filter(|path| path.ends_with(".rs")) {
            let text = show(root, since, &path)?.unwrap_or_default();
            old.insert(path.trim_start_matches(&folder).to_owned(), text);
        }
        let new = public_api::sources(root, name)?;
        if !old.is_empty() || !new.is_empty() {
            let (old, new) = (public_api::listing(&old)?, public_api::listing(&new)?);
            compared.add(&format!("public API of {name}"), bump::listed(&old, &new));
        }
    }
    Ok(())
}

/// Asks cargo-semver-checks, where it is installed as a subcommand of `cargo`: what it says in a line, and how much that
/// matters, if it could compare.
pub fn semver_checks(cargo: &dyn Fn() -> Command, root: &Path, since: &str) -> (String, Option<Severity>) {
    let run = |arguments: &[&str]| cargo().arg("semver-checks").args(arguments).current_dir(root).output();
    if !run(&["--version"]).is_ok_and(|output| output.status.success()) {
        return ("skipped: cargo-semver-checks is not installed".to_owned(), None);
    }
    // By default it allows what the version in the manifest allows, which an earlier run can have raised.
    let mut arguments = vec!["--baseline-rev", since, "--release-type", "patch"];
    arguments.extend(public_api::CRATES.iter().flat_map(|name| ["--package", *name]));
    let (is_fine, printed) = match run(&arguments) {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            (output.status.success(), text.into_owned())
        }
        Err(error) => (false, format!("error: {error}")),
    };
    let severity = match printed {
        _ if is_fine => Severity::None,
        text if text.contains("requires new major version") => Severity::Breaking,
        text if text.contains("requires new minor version") => Severity::Additive,
        text => {
            let why = text.lines().find(|line| line.contains("error")).unwrap_or("no error was printed");
            return (format!("cargo-semver-checks failed: {}", why.trim()), None);
        }
    };
    (format!("cargo-semver-checks: {}", severity.name()), Some(severity))
}

/// The day of the latest document that came from upstream; where none did, of the latest that was written here.
fn day(root: &Path) -> Result<Option<String>, Error> {
    let text = files::read(root, files::PINS)?.unwrap_or_default();
    let pins = pins::read(&text).map_err(|error| error.within(files::PINS))?;
    let latest =
        pins.into_values().map(|pin| (!pin.authored, pin.date)).filter(|(_, day)| day.is_some()).max();
    Ok(latest.and_then(|(_, day)| day))
}
