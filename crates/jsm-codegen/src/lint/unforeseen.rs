//! What no rule reports: the generator is tried, and if it gives up, each operation is tried alone to name the place.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::effective::prune;
use crate::emit::attempt;
use crate::model::{Document, list};

/// Reports the first operation that the generator cannot take, or the document as a whole.
pub(super) fn check(document: &Document<'_>) -> Option<Diagnostic> {
    let whole = gives_up(document.json)?;
    if !whole.place.is_empty() {
        return Some(whole);
    }
    let one = document.operations.iter().find_map(|operation| {
        let item = document.json.get("paths")?.get(operation.path)?;
        let parameters: Vec<&Value> = list(item, "parameters").collect();
        let mut alone = document.json.clone();
        alone["paths"] = json!({
            operation.path: { operation.method: item.get(operation.method)?, "parameters": parameters }
        });
        prune(&mut alone);
        Some(Diagnostic { place: operation.place(), ..gives_up(&alone)? })
    });
    Some(one.unwrap_or_else(|| Diagnostic { place: "the document".to_owned(), ..whole }))
}

/// Why the generator does not take a document, if it does not. Where the generator knows the place, such as that of an
/// annotation which leads nowhere, it knows the fix too.
fn gives_up(document: &Value) -> Option<Diagnostic> {
    let unforeseen =
        |problem: String| Some(Diagnostic::new("", problem, "give it a simpler form in generator.yaml"));
    match catch_unwind(AssertUnwindSafe(|| attempt("api", &Document::read(document)))) {
        Ok(Ok(())) => None,
        Ok(Err(error)) if !error.place.is_empty() => Some(error),
        Ok(Err(error)) => unforeseen(format!("the generator cannot take it ({})", error.problem)),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
            let message: Vec<&str> = message.split_whitespace().collect();
            unforeseen(format!("the generator panics on it ({})", message.join(" ")))
        }
    }
}
