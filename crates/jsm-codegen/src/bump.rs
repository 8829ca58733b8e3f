//! The next version: how far changes move it, and the manifest with it written in.
//!
//! Which documents are compared is for `xtask` to find out, how much a change matters for [`crate::diff`] to say.

use std::collections::BTreeSet;

use crate::diff::{Bump, Severity};
use crate::document::Refusal;

/// The version after `base`, with the day of the API as build metadata: `0.3.0+20260620`.
///
/// Where nothing asks for a release the numbers stay.
///
/// # Errors
/// Refuses what is not a version before 1.0, and a day that is not written as `2026-06-20`.
pub fn next(base: &str, bump: Bump, day: Option<&str>) -> Result<String, Refusal> {
    let numbers: Option<Vec<u64>> =
        plain(base).split('.').map(|number| number.parse().ok().filter(|n| *n < u64::MAX)).collect();
    let (minor, patch) = match numbers.as_deref() {
        Some([0, minor, patch]) => (*minor, *patch),
        Some([_, _, _]) => {
            let next =
                "choose it by hand, and tell the rules in jsm-codegen's changes what holds from 1.0 on";
            return Err(Refusal::new(format!("{base} is not a version before 1.0"), next));
        }
        _ => {
            return Err(Refusal::new(format!("{base:?} is no version"), "write three numbers: 0.3.0"));
        }
    };
    let (minor, patch) = match bump {
        Bump::None => (minor, patch),
        Bump::Patch => (minor, patch + 1),
        Bump::Minor => (minor + 1, 0),
    };
    let metadata = match day {
        None => String::new(),
        Some(day) if crate::pins::is_day(day) => format!("+{}", day.replace('-', "")),
        Some(day) => return Err(Refusal::new(format!("{day:?} is no day"), "write it as 2026-06-20")),
    };
    Ok(format!("0.{minor}.{patch}{metadata}"))
}

/// A version without its build metadata, as requirements name it.
pub fn plain(version: &str) -> &str {
    version.split_once('+').map_or(version, |(plain, _)| plain)
}

/// Whether one version is a later release than another; build metadata does not count.
pub fn is_later(one: &str, other: &str) -> bool {
    let numbers =
        |version: &str| plain(version).split('.').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u64>>();
    numbers(one) > numbers(other)
}

/// How much the difference of two listings of a public surface matters: a line that is gone breaks, a new one adds.
pub fn listed(old: &str, new: &str) -> Severity {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (old.lines().collect(), new.lines().collect());
    match (old.is_subset(&new), new.is_subset(&old)) {
        (false, _) => Severity::Breaking,
        (true, false) => Severity::Additive,
        (true, true) => Severity::None,
    }
}

/// The version that the workspace's manifest gives its packages.
///
/// # Errors
/// Refuses a manifest that gives none.
pub fn version(manifest: &str) -> Result<String, Refusal> {
    let read: Result<toml::Table, _> = toml::from_str(manifest);
    let read =
        read.map_err(|error| Refusal::new(format!("it is not TOML: {}", error.message()), "mend it"))?;
    let version = read.get("workspace").and_then(|w| w.get("package")?.get("version")?.as_str());
    let next = "give the packages their version in [workspace.package]";
    version.map(str::to_owned).ok_or_else(|| Refusal::new("it has no workspace.package.version", next))
}

/// The workspace's manifest with another version for all of its packages; every other byte stays.
///
/// What the packages ask of each other goes without the build metadata, which requirements ignore.
///
/// # Errors
/// Refuses a manifest in which the versions are not each on a line of their own.
pub fn write(manifest: &str, version: &str) -> Result<String, Refusal> {
    let mut section = "";
    let mut written = String::with_capacity(manifest.len());
    for line in manifest.split_inclusive('\n') {
        if line.starts_with('[') {
            section = line.trim_end();
        }
        let to = match section {
            "[workspace.package]" if line.starts_with("version") => Some(version),
            "[workspace.dependencies]" if line.contains("path = \"") => Some(plain(version)),
            _ => None,
        };
        written += &to.and_then(|to| with_version(line, to)).unwrap_or_else(|| line.to_owned());
    }
    let own = self::version(&written)?;
    let read: toml::Table = toml::from_str(&written)
        .map_err(|error| Refusal::new(format!("it is not TOML: {}", error.message()), "mend it"))?;
    let dependencies = read["workspace"].get("dependencies").and_then(toml::Value::as_table);
    let behind = dependencies.into_iter().flatten().find(|(_, dependency)| {
        let asks = dependency.get("version").and_then(toml::Value::as_str);
        dependency.get("path").is_some() && asks.is_some_and(|asks| asks != plain(version))
    });
    match behind {
        None if own == version => Ok(written),
        _ => {
            let what = behind.map_or("workspace.package", |(name, _)| name.as_str());
            let next = "write each on one line, with `version = \"…\"` in it";
            Err(Refusal::new(format!("the version of {what} is not where it can be replaced"), next))
        }
    }
}

/// A line with another text after `version = `.
fn with_version(line: &str, to: &str) -> Option<String> {
    let start = line.find("version")?;
    let open = start + line[start..].find('"')? + 1;
    let close = open + line[open..].find('"')?;
    Some(format!("{}{to}{}", &line[..open], &line[close..]))
}
