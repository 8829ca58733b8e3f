//! What is to mend before an update fits: overlay actions, operations, schemas, each with what stands there.
//!
//! What is wrong was found by `overlay` and `lint`; here it is told in the order in which one mends it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::lint::Finding;
use crate::overlay::Problem;

/// A heading, how many things there are to mend under it, and their entries.
type Section = (&'static str, usize, Vec<String>);

/// The things to mend, by heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    sections: Vec<Section>,
}

impl Work {
    /// Sorts out what was found in a document: `document` is what the overlays left, `added` are the operations that
    /// it has and the one before had not, `refusal` is what the generator says if the lint has let it through.
    pub fn of(
        document: &Value,
        problems: &[Problem],
        findings: &[Finding],
        added: &BTreeSet<String>,
        refusal: Option<&str>,
    ) -> Self {
        let is_operation = |place: &str| {
            let method = place.split_once(" /").map_or("", |(method, _)| method);
            !method.is_empty() && method.bytes().all(|letter| letter.is_ascii_uppercase())
        };
        let part = |wanted: &dyn Fn(&str) -> bool| {
            let mut by_place: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for finding in findings.iter().filter(|finding| wanted(&finding.place)) {
                let told = format!("{}; {}", finding.problem, finding.remedy);
                by_place.entry(&finding.place).or_default().push(told);
            }
            let entries =
                by_place.into_iter().map(|(place, told)| format!("{}: {}", code(place), told.join(". ")));
            entries.collect::<Vec<_>>()
        };
        let refusals: Vec<String> = refusal.into_iter().map(str::to_owned).collect();
        let counted = |title, entries: Vec<String>| (title, entries.len(), entries);
        let mut sections = vec![
            ("Overlay actions that no longer apply", problems.len(), actions(document, problems)),
            counted("New operations", part(&|place| added.contains(place))),
            counted("Operations", part(&|place| is_operation(place) && !added.contains(place))),
            counted("Schemas and the rest of the document", part(&|place| !is_operation(place))),
            counted("What the generator refuses", refusals),
        ];
        sections.retain(|(_, count, _)| *count > 0);
        Work { sections }
    }

    /// Whether there is nothing to mend.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// How many things there are to mend.
    pub fn len(&self) -> usize {
        self.sections.iter().map(|(_, count, _)| count).sum()
    }

    /// The things to mend as lists to tick off, under headings that begin with `heading`.
    pub fn markdown(&self, heading: &str) -> String {
        let mut page = String::new();
        for (title, count, entries) in &self.sections {
            let _ = write!(page, "{heading} {title}: {count} to mend\n\n");
            for entry in entries {
                let _ = writeln!(page, "- [ ] {entry}");
            }
            page.push('\n');
        }
        page
    }
}

/// One entry for each place at which actions end: many of them are often about one operation.
fn actions(document: &Value, problems: &[Problem]) -> Vec<String> {
    let mut places: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    for problem in problems {
        let mut told = code(&problem.file);
        let mut stands = String::new();
        if let Some((number, target)) = &problem.action {
            let _ = write!(told, ", action {number}, {}", code(target));
            stands = format!(". There now: {}", self::stands(document, target));
        }
        if let Some(reason) = &problem.reason {
            let _ = write!(told, "; its reason: {}", one_line(reason).trim_end_matches('.'));
        }
        places.entry((stands, &problem.message)).or_default().push(told);
    }
    let entries = places.into_iter().map(|((stands, message), told)| match told.as_slice() {
        [only] => format!("{only}: {message}{stands}"),
        many => {
            let many: String = many.iter().map(|told| format!("\n  - [ ] {told}")).collect();
            format!("{message}{stands}{many}")
        }
    });
    entries.collect()
}

/// What a document has where a JSONPath leads: what it selects, or else where the path ends and what goes on there.
pub fn stands(document: &Value, target: &str) -> String {
    let cuts = steps(target);
    for (at, &cut) in cuts.iter().enumerate().rev() {
        let (reached, rest) = target.split_at(cut);
        let Ok(path) = JsonPath::parse(reached) else { continue };
        let nodes = path.query(document).all();
        let [first, others @ ..] = nodes.as_slice() else { continue };
        if rest.is_empty() {
            let more = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
            return format!("{}{more}", code(&shortened(&first.to_string())));
        }
        let missing = &rest[..cuts.get(at + 1).map_or(rest.len(), |next| next - cut)];
        return match others.len() {
            0 => format!("{} has {}", code(reached), entries(first, missing)),
            more => format!(
                "{} is {} places, the first with {}",
                code(reached),
                more + 1,
                entries(first, missing)
            ),
        };
    }
    "no such place at all".to_owned()
}

/// Where a JSONPath can be cut so that its first steps are left, the shortest first.
fn steps(path: &str) -> Vec<usize> {
    let (mut cuts, mut depth, mut quote, mut escaped) = (Vec::new(), 0_usize, None, false);
    for (at, letter) in path.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => {
                if depth == 0 {
                    cuts.push(at);
                }
                depth += 1;
            }
            (None, ']') => depth = depth.saturating_sub(1),
            (None, '.') if depth == 0 => cuts.push(at),
            (None, _) => {}
        }
    }
    cuts.push(path.len());
    cuts
}

/// The names inside a node, those first that are most like the step that is missing.
fn entries(node: &Value, missing: &str) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> = match node {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(list) => list
            .iter()
            .map(|item| {
                let name = ["name", "$ref", "operationId"].iter().find_map(|key| item.get(key)?.as_str());
                name.map_or_else(|| shortened(&item.to_string()), str::to_owned)
            })
            .collect(),
        scalar => return code(&shortened(&scalar.to_string())),
    };
    if names.is_empty() {
        return "nothing inside".to_owned();
    }
    // What a filter looks for stands in quotation marks, as a name in brackets does.
    let wanted = missing.split(['\'', '"']).nth(1).unwrap_or(missing.trim_matches(['.', '[', ']']));
    let alike = |name: &str| name.chars().zip(wanted.chars()).take_while(|(one, other)| one == other).count();
    names.sort_by_key(|name| std::cmp::Reverse(alike(name)));
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| code(name)).collect();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{rest}", shown.join(", "))
}

fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST).chain(['…']).collect()
    }
}

/// A text as code, whatever a document put into it.
fn code(text: &str) -> String {
    format!("`{}`", one_line(text).replace('`', "'"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
