//! What is to fix before an update fits: overlay actions, operations, schemas.
//!
//! What is wrong was found by `overlay` and `lint`; here it is listed in the order in which a maintainer fixes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::diagnostic::Diagnostic;

/// A heading, how many things there are to fix under it, and their entries.
type Section = (&'static str, usize, Vec<String>);

/// The things to fix, by heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToFix {
    sections: Vec<Section>,
}

impl ToFix {
    /// Sorts what was found: `overlays` are actions that do not fit, `found` is what the lint reports, `added` are the
    /// operations that the document has and the one before had not, `generator` is what the generator reports if the
    /// lint has nothing.
    pub fn of(
        overlays: &[Diagnostic],
        found: &[Diagnostic],
        added: &BTreeSet<String>,
        generator: Option<&Diagnostic>,
    ) -> Self {
        let is_operation = |place: &str| {
            let method = place.split_once(" /").map_or("", |(method, _)| method);
            !method.is_empty() && method.bytes().all(|letter| letter.is_ascii_uppercase())
        };
        let counted = |title, entries: Vec<String>| (title, entries.len(), entries);
        let mut sections = vec![
            ("Overlay actions that no longer apply", overlays.len(), by_problem(overlays)),
            counted("New operations", by_place(found, &|place| added.contains(place))),
            counted("Operations", by_place(found, &|place| is_operation(place) && !added.contains(place))),
            counted("Schemas and the rest of the document", by_place(found, &|place| !is_operation(place))),
            counted("What the generator cannot take", generator.iter().map(ToString::to_string).collect()),
        ];
        sections.retain(|(_, count, _)| *count > 0);
        Self { sections }
    }

    /// Whether there is nothing to fix.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// How many things there are to fix.
    pub fn len(&self) -> usize {
        self.sections.iter().map(|(_, count, _)| count).sum()
    }

    /// The things to fix as lists to tick off, under headings that begin with `heading`.
    pub fn markdown(&self, heading: &str) -> String {
        let mut page = String::new();
        for (title, count, entries) in &self.sections {
            let _ = write!(page, "{heading} {title}: {count} to fix\n\n");
            for entry in entries {
                let _ = writeln!(page, "- [ ] {entry}");
            }
            page.push('\n');
        }
        page
    }
}

/// One entry for each place, with all that is wrong there.
fn by_place(found: &[Diagnostic], wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut by_place: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for Diagnostic { place, problem, fix } in found.iter().filter(|found| wanted(&found.place)) {
        by_place.entry(place).or_default().push(format!("{problem}; {fix}"));
    }
    by_place
        .into_iter()
        .map(|(place, problems)| format!("{}: {}", code(place), problems.join(". ")))
        .collect()
}

/// One entry for each problem, with all places that have it: many actions are often about one operation.
fn by_problem(overlays: &[Diagnostic]) -> Vec<String> {
    let mut by_problem: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Diagnostic { place, problem, fix } in overlays {
        by_problem.entry(format!("{problem}; {fix}")).or_default().push(code(place));
    }
    let entries = by_problem.into_iter().map(|(problem, places)| match places.as_slice() {
        [only] => format!("{only}: {problem}"),
        many => {
            let many: String = many.iter().map(|place| format!("\n  - [ ] {place}")).collect();
            format!("{problem}{many}")
        }
    });
    entries.collect()
}

/// A text as code, whatever a document put into it.
fn code(text: &str) -> String {
    format!("`{}`", text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'"))
}
