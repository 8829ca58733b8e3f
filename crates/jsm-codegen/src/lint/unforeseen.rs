//! What no rule reports: the generator is tried, and if it gives up, each operation is tried alone to name the place.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::effective::prune;
use crate::emit::attempt;
use crate::model::{Document, list};

/// Reports the first operation that the generator cannot take, or the document as a whole.
pub(super) fn check(document: &Document<'_>) -> Option<Diagnostic> {
    let problem = gives_up(document.json)?;
    let one = document.operations.iter().find_map(|operation| {
        let item = document.json.get("paths")?.get(operation.path)?;
        let parameters: Vec<&Value> = list(item, "parameters").collect();
        let mut alone = document.json.clone();
        alone["paths"] = json!({
            operation.path: { operation.method: item.get(operation.method)?, "parameters": parameters }
        });
        prune(&mut alone);
        Some((operation.place(), gives_up(&alone)?))
    });
    let (place, problem) = one.unwrap_or_else(|| ("the document".to_owned(), problem));
    Some(Diagnostic::new(place, problem, "give it a simpler form in generator.yaml"))
}

/// Why the generator does not take a document, if it does not.
fn gives_up(document: &Value) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| attempt("api", &Document::read(document)))) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("the generator cannot take it ({})", error.problem)),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
            let message: Vec<&str> = message.split_whitespace().collect();
            Some(format!("the generator panics on it ({})", message.join(" ")))
        }
    }
}
