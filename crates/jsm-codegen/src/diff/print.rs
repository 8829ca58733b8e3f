//! Changes as pages: plain text for a terminal, markdown for a pull request, JSON for programs.
//!
//! All three hold the same entries in the same order. The last line of a page says which version is asked for; the
//! JSON form has no such line, for it is an array and nothing else.

use std::fmt::Write;

use serde::Serialize;

use super::compare::{Change, worst};
use super::kinds::Kind;
use super::rules::{Bump, Severity};

const GROUPS: [Severity; 3] = [Severity::Breaking, Severity::Additive, Severity::None];

/// The closing line: the version that is asked for, and the rule it follows from.
pub fn closing(changes: &[Change]) -> String {
    let worst = worst(changes);
    let found = match worst {
        _ if changes.is_empty() => "nothing changed",
        Severity::None => "nothing here matters to a program",
        Severity::Additive => "the most here is additive",
        Severity::Breaking => "something here breaks",
    };
    format!("version bump: {} ({}; {found})", Bump::of(worst).name(), Bump::RULE)
}

/// One line for each change, grouped by severity.
pub fn text(changes: &[Change]) -> String {
    let mut page = String::new();
    let width = changes.iter().map(|change| change.kind.name().len()).max().unwrap_or_default();
    for (severity, group) in groups(changes) {
        let _ = writeln!(page, "{} ({})", severity.name(), group.len());
        for change in group {
            let _ = write!(page, "  {:width$}  {}", change.kind.name(), line(&change.text));
            if !names_its_operations(change) {
                let _ = write!(page, "  [{}]", operations(change, line));
            }
            page.push('\n');
        }
        page.push('\n');
    }
    page + &closing(changes) + "\n"
}

/// A page fit for the text of a pull request; breaking changes say why they are.
pub fn markdown(changes: &[Change]) -> String {
    let mut page = String::from("# Changes of the documented interface\n\n");
    if changes.is_empty() {
        page.push_str("None.\n\n");
    }
    for (severity, group) in groups(changes) {
        let title = match severity {
            Severity::Breaking => "Breaking",
            Severity::Additive => "Additive",
            Severity::None => "Without effect on programs",
        };
        let _ = writeln!(page, "## {title} ({})\n", group.len());
        for change in group {
            let _ = write!(page, "- **{}** {}", change.kind.name(), escaped(&change.text));
            if severity == Severity::Breaking {
                let _ = write!(page, "; {}", change.rule.reason);
            }
            if !names_its_operations(change) {
                let _ = write!(page, " (in {})", operations(change, |name| format!("`{}`", line(name))));
            }
            page.push('\n');
        }
        page.push('\n');
    }
    let line = closing(changes);
    let (bump, rule) = line.split_once(" (").unwrap_or((&line, ""));
    page + "**" + bump + "** (" + rule + "\n"
}

/// An array with one object for each change.
pub fn json(changes: &[Change]) -> String {
    #[derive(Serialize)]
    struct Entry<'c> {
        kind: Kind,
        severity: Severity,
        at: &'c str,
        operations: Vec<&'c str>,
        text: &'c str,
    }
    let entries = changes.iter().map(|change| Entry {
        kind: change.kind,
        severity: change.severity(),
        at: &change.at,
        operations: change.operations.iter().map(String::as_str).collect(),
        text: &change.text,
    });
    // Writing can fail for maps with odd keys alone, and there are none.
    serde_json::to_string_pretty(&entries.collect::<Vec<_>>()).unwrap_or_default() + "\n"
}

fn groups(changes: &[Change]) -> impl Iterator<Item = (Severity, Vec<&Change>)> {
    GROUPS.into_iter().filter_map(|severity| {
        let group: Vec<&Change> = changes.iter().filter(|change| change.severity() == severity).collect();
        (!group.is_empty()).then_some((severity, group))
    })
}

/// Whether nothing is left to say of the operations: there are none, or the text begins with the only one.
fn names_its_operations(change: &Change) -> bool {
    let mut names = change.operations.iter();
    match (names.next(), names.next()) {
        (None, _) => true,
        (Some(only), None) => change.text.strip_prefix(only).is_some_and(|rest| rest.starts_with(": ")),
        _ => false,
    }
}

fn operations(change: &Change, say: impl Fn(&str) -> String) -> String {
    change.operations.iter().map(|name| say(name)).collect::<Vec<_>>().join(", ")
}

/// A text on one line, whatever a document put into its names.
fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A text that markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in line(text).chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#') {
            shown.push('\\');
        }
        shown.push(letter);
    }
    shown
}
