//! The page that goes with an update of a documented API: what changed, what to fix, what to release, what to do.
//!
//! Nothing is decided or written here: `xtask` updates, and says what came of it.

mod to_fix; // What is to fix, by heading.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::diff::{self, Change, Kind, Severity};
use crate::distil;
use crate::model::place;

pub use to_fix::ToFix;

/// What came of updating one API.
#[derive(Debug)]
pub struct Step<'a> {
    /// The API.
    pub api: &'a str,
    /// What changed between what was pinned and what upstream says now.
    pub changes: &'a [Change],
    /// What no longer fits; nothing was written if there is any.
    pub to_fix: &'a ToFix,
    /// The version that the changes ask for.
    pub version: &'a str,
    /// The overlay that gives names to operations which had none, for a maintainer to edit.
    pub proposed: Option<&'a str>,
    /// The files that were written.
    pub written: &'a [String],
    /// The command that does it again.
    pub command: &'a str,
}

/// One line that says how it went, fit for the title of a pull request: what breaks comes first.
pub fn title(steps: &[Step<'_>]) -> String {
    let apis: Vec<&str> = steps.iter().filter(|step| !is_idle(step)).map(|step| step.api).collect();
    if apis.is_empty() {
        return "The documented APIs are as they were".to_owned();
    }
    let breaks = steps.iter().any(|step| diff::worst(step.changes) == Severity::Breaking);
    let stuck = steps.iter().any(|step| !step.to_fix.is_empty());
    format!(
        "{}The documentation of {} changed{}",
        if breaks { "[breaking] " } else { "" },
        apis.join(" and "),
        if stuck { ", and overlays have to follow" } else { "" },
    )
}

/// The page in markdown, one chapter for each API.
pub fn page(steps: &[Step<'_>]) -> String {
    let stuck = steps.iter().any(|step| !step.to_fix.is_empty());
    let mut page = format!("# {}\n", title(steps));
    for step in steps {
        let _ = write!(page, "\n## {}\n\n", step.api);
        if is_idle(step) {
            page += "The interface is as it was, and so is everything made from it.\n";
            continue;
        }
        if !step.to_fix.is_empty() {
            page += "Something no longer fits, so nothing was written.\n\n";
            page += &step.to_fix.markdown("###");
        }
        if let Some(place) = step.proposed {
            let _ = write!(
                page,
                "### Proposed names\n\n`{place}` gives names and groups to operations that had none. Edit it, then run `{}` \
                 again.\n\n",
                step.command
            );
        }
        page += &lowered(&diff::markdown(step.changes));
        let _ = write!(page, "\n### Suggested version\n\n`{}`\n", step.version);
        if !step.written.is_empty() && !stuck {
            page += "\n### Written\n\n";
            step.written.iter().for_each(|name| page += &format!("- `{name}`\n"));
        }
        page += "\n### Checklist\n\n";
        for entry in checklist(step, stuck) {
            let _ = writeln!(page, "- [ ] {entry}");
        }
    }
    page
}

/// The operations of one document that another has not, as diagnostics name them: `POST /path`.
pub fn added(before: Option<&Value>, after: &Value) -> BTreeSet<String> {
    let places = |document| {
        let all = distil::operations(document);
        all.map(|(path, method, _)| place(method, path)).collect::<BTreeSet<_>>()
    };
    let known = before.map(places).unwrap_or_default();
    places(after).into_iter().filter(|place| !known.contains(place)).collect()
}

fn is_idle(step: &Step<'_>) -> bool {
    step.changes.is_empty() && step.written.is_empty() && step.to_fix.is_empty()
}

fn checklist(step: &Step<'_>, stuck: bool) -> Vec<String> {
    let mut list = Vec::new();
    if stuck {
        list.push("Fix what is listed under \"to fix\", in the overlays that it names.".to_owned());
        list.push(format!("Run `{}` again: it writes everything at once.", step.command));
    }
    if diff::worst(step.changes) == Severity::Breaking {
        list.push("Read what breaks, and say in `CHANGELOG.md` what programs do about it.".to_owned());
    }
    let news = step.changes.iter().filter(|change| change.kind == Kind::OperationAdded);
    let news: Vec<String> =
        news.flat_map(|change| &change.operations).map(|name| format!("`{name}`")).collect();
    if !news.is_empty() {
        list.push(format!("Give the sandbox a handler for {}.", news.join(", ")));
    }
    list.push("Run `cargo test --workspace`, then `cargo insta review` for the snapshots.".to_owned());
    list.push("Give `CHANGELOG.md` a line for each change that users will feel.".to_owned());
    list.push("Run `cargo xtask ci`, and commit all of it together.".to_owned());
    list.push("At the release, run `cargo xtask bump --write`.".to_owned());
    list
}

/// A page whose headings are two levels lower.
fn lowered(page: &str) -> String {
    page.lines()
        .map(|line| if line.starts_with('#') { format!("##{line}\n") } else { format!("{line}\n") })
        .collect()
}
