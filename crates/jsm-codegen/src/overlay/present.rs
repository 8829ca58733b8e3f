//! What a document has where a JSONPath leads, or where such a path ends.

use serde_json::Value;
use serde_json_path::JsonPath;

/// What a document has where a JSONPath leads: what it selects, or else where the path ends and what goes on there.
pub fn present(document: &Value, target: &str) -> String {
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
    // What a filter looks for is in quotation marks, as a name in brackets is.
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
