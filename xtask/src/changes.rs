//! `cargo xtask changes OLD NEW`: what a user of the library will feel between two documents.
//!
//! Here the documents are read; what changed and how much it matters is found by `jsm_codegen::diff`.

use std::path::Path;
use std::process::Command;

use clap::{Args, ValueEnum};
use jsm_codegen::diff::{self, Severity};
use jsm_codegen::document;
use serde_json::Value;

use crate::outcome::{Error, Outcome};
use crate::source::{LIMIT, Source};

/// Show what changed in the interface between two OpenAPI documents, and how much it matters to programs.
///
/// Exit codes: 0 when nothing breaks, 1 when something does, 2 on bad input.
#[derive(Args, Clone, Debug)]
pub struct ChangesArgs {
    /// The older document (upstream, pinned or effective): a file, a url, or `git:REV:PATH`.
    pub old: String,
    /// The newer document, likewise.
    pub new: String,
    /// How to show it.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// How changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line for each change.
    Text,
    /// A page for a pull request.
    Markdown,
    /// An array of objects; the closing line goes to stderr.
    Json,
}

/// Runs the command; `git:` documents are taken from the repository at `root`.
///
/// # Errors
/// Fails with exit code 2 if a document cannot be had or is not an OpenAPI 3.0 document.
pub fn run(root: &Path, args: &ChangesArgs) -> Result<Outcome, Error> {
    let read = |place: &str| -> Result<Value, Error> {
        let bytes = bytes(root, place)?;
        Ok(document::parse(&bytes).map_err(|error| error.within(place))?)
    };
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let old = diff::read(&old).map_err(|error| error.within(&args.old))?;
    let new = diff::read(&new).map_err(|error| error.within(&args.new))?;
    let changes = diff::compare(&old, &new);
    let page = match args.format {
        Format::Text => diff::text(&changes),
        Format::Markdown => diff::markdown(&changes),
        Format::Json => {
            eprintln!("{}", diff::closing(&changes));
            diff::json(&changes)
        }
    };
    let page = page.trim_end().to_owned();
    Ok(match diff::worst(&changes) {
        Severity::Breaking => Outcome::Stale(page),
        _ => Outcome::Fine(page),
    })
}

fn bytes(root: &Path, place: &str) -> Result<Vec<u8>, Error> {
    let Some(object) = place.strip_prefix("git:") else { return Source::new(place).read() };
    let next = "write git:REV:PATH, with the path as it is seen from the root of the repository";
    match object.split_once(':') {
        Some((revision, path)) if !revision.is_empty() && !path.is_empty() && !revision.starts_with('-') => {}
        _ => return Err(Error::input(place, "it does not name a revision and a path", next)),
    }
    let shown = Command::new("git").arg("-C").arg(root).args(["show", object]).output();
    let shown =
        shown.map_err(|error| Error::input(place, format!("git does not run ({error})"), "install git"))?;
    if !shown.status.success() {
        let message = String::from_utf8_lossy(&shown.stderr);
        let message = message.lines().next().unwrap_or("git show failed").trim_start_matches("fatal: ");
        return Err(Error::input(place, message, next));
    }
    if shown.stdout.len() as u64 > LIMIT {
        let next = "check that it is the API document";
        return Err(Error::input(place, format!("larger than {} MB", LIMIT / (1024 * 1024)), next));
    }
    Ok(shown.stdout)
}
