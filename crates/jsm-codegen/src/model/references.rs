//! References of a document that lead nowhere, out of it, or in a circle.

use serde_json::Value;

use super::pointer::Pointer;
use super::problems::Problems;

/// Reports every such reference, with the place that it is in.
pub(super) fn check(document: &Value, problems: &mut Problems) {
    visit(document, document, &Pointer::root(), problems);
}

fn visit(document: &Value, node: &Value, at: &Pointer, problems: &mut Problems) {
    match node {
        Value::Object(entries) => {
            if let Some(target) = entries.get("$ref").and_then(Value::as_str) {
                let problem = match Pointer::from_reference(target) {
                    None => Some("leads out of the document"),
                    Some(inside) if inside.find(document).is_none() => Some("leads nowhere"),
                    Some(_) if is_circular(document, target) => Some("leads in a circle"),
                    Some(_) => None,
                };
                if let Some(problem) = problem {
                    problems.add(
                        &format!("#{at}"),
                        format!("the reference {target} {problem}"),
                        "aim it at a component in corrections.yaml",
                    );
                }
            }
            entries.iter().for_each(|(key, value)| visit(document, value, &at.join(key), problems));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| visit(document, item, &at.item(index), problems));
        }
        _ => {}
    }
}

/// Whether the target is itself nothing but a reference, and so on without end.
fn is_circular(document: &Value, target: &str) -> bool {
    let next = |target: &str| Pointer::from_reference(target)?.find(document)?.get("$ref")?.as_str();
    let mut seen = vec![target];
    let mut at = target;
    while let Some(next) = next(at) {
        if seen.contains(&next) {
            return true;
        }
        seen.push(next);
        at = next;
    }
    false
}
