//! The next version: how far changes move it, and the manifest with it written in.
//!
//! Which documents are compared is decided in `xtask`, how much a change matters in [`crate::diff`].

use std::collections::BTreeSet;

use semver::{BuildMetadata, Version};
use toml_edit::{DocumentMut, Item, Value};

use crate::diagnostic::Diagnostic;
use crate::diff::{Bump, Severity};
use crate::pins::read_day;

/// The version after `base`, with the day of the API as build metadata: `0.3.0+20260620`.
///
/// Where nothing asks for a release the numbers stay.
///
/// # Errors
/// Fails for what is not a version before 1.0, and for a day that is not written as `2026-06-20`.
pub fn next(base: &str, bump: Bump, day: Option<&str>) -> Result<String, Diagnostic> {
    let mut version = parse(base)?;
    if version.major > 0 {
        let fix = "choose it by hand, and write into the rules of jsm-codegen's diff what holds from 1.0 on";
        return Err(Diagnostic::new("", format!("{base} is not a version before 1.0"), fix));
    }
    let up = |number: u64| {
        let problem = format!("{base} has no version after it");
        number.checked_add(1).ok_or_else(|| Diagnostic::new("", problem, "write three numbers: 0.3.0"))
    };
    match bump {
        Bump::None => {}
        Bump::Patch => version.patch = up(version.patch)?,
        Bump::Minor => (version.minor, version.patch) = (up(version.minor)?, 0),
    }
    let day = day.map(read_day).transpose()?;
    let day = day.map(|day| day.strftime("%Y%m%d").to_string()).unwrap_or_default();
    version.build = BuildMetadata::new(&day).unwrap_or_default();
    Ok(version.to_string())
}

/// A version without its build metadata, as requirements name it.
pub fn plain(version: &str) -> &str {
    version.split_once('+').map_or(version, |(plain, _)| plain)
}

/// Whether one version is a later release than another; build metadata does not count.
///
/// # Errors
/// Fails for what is not a version.
pub fn is_later(one: &str, other: &str) -> Result<bool, Diagnostic> {
    Ok(parse(one)?.cmp_precedence(&parse(other)?).is_gt())
}

fn parse(version: &str) -> Result<Version, Diagnostic> {
    let failed =
        |_| Diagnostic::new("", format!("{version:?} is not a version"), "write three numbers: 0.3.0");
    Version::parse(version).map_err(failed)
}

/// How much the difference of two listings of a public API matters: a line that is gone breaks, a new one adds.
pub fn listed(old: &BTreeSet<String>, new: &BTreeSet<String>) -> Severity {
    match (old.is_subset(new), new.is_subset(old)) {
        (false, _) => Severity::Breaking,
        (true, false) => Severity::Additive,
        (true, true) => Severity::None,
    }
}

/// The version that the workspace's manifest gives its packages.
///
/// # Errors
/// Fails for a manifest that gives none.
pub fn version(manifest: &str) -> Result<String, Diagnostic> {
    let manifest = document(manifest)?;
    let version = manifest.get("workspace").and_then(|item| item.get("package")?.get("version")?.as_str());
    let fix = "give the packages their version in [workspace.package]";
    let missing = || Diagnostic::new("", "it has no workspace.package.version", fix);
    version.map(str::to_owned).ok_or_else(missing)
}

/// The workspace's manifest with another version for all of its packages; every other byte stays.
///
/// What the packages ask of each other goes without the build metadata, which requirements ignore.
///
/// # Errors
/// Fails for a manifest that gives the packages no version.
pub fn write(manifest: &str, version: &str) -> Result<String, Diagnostic> {
    self::version(manifest)?;
    let mut document = document(manifest)?;
    let workspace = &mut document["workspace"];
    set(&mut workspace["package"]["version"], version);
    let dependencies = workspace.get_mut("dependencies").and_then(Item::as_table_like_mut);
    for (_, dependency) in dependencies.into_iter().flat_map(|table| table.iter_mut()) {
        let Some(dependency) = dependency.as_table_like_mut() else { continue };
        if dependency.contains_key("path")
            && let Some(asked) = dependency.get_mut("version")
        {
            set(asked, plain(version));
        }
    }
    Ok(document.to_string())
}

/// Replaces a text and keeps what is around it, such as a comment.
fn set(item: &mut Item, text: &str) {
    if let Some(value) = item.as_value_mut() {
        let around = value.decor().clone();
        *value = Value::from(text);
        *value.decor_mut() = around;
    }
}

fn document(manifest: &str) -> Result<DocumentMut, Diagnostic> {
    let failed = |error: toml_edit::TomlError| {
        Diagnostic::new("", format!("it is not TOML: {}", error.message()), "correct it")
    };
    manifest.parse::<DocumentMut>().map_err(failed)
}
