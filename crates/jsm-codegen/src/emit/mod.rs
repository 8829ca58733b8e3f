//! From the effective document of an API to the Rust source of its module.
//!
//! progenitor writes the types and the methods; here the types are made lenient, and every operation becomes a value.
//! The result is a pure function of the document. Whatever progenitor would panic on, `lint` reports first.

mod batches; // Traits of operations that send lists in batches.
mod bindings; // Running progenitor.
mod bound; // Operations, each with the method that progenitor wrote for it.
mod constructor; // `new` of operations.
mod dates; // Types that are moments.
mod docs; // The documentation and the search names of operations.
mod durations; // Lengths of time, and cycles of SLAs.
mod field_values; // Values of fields, read and written.
mod fields; // `new` and setters of the types of bodies.
mod ids; // Id types.
mod index; // The landing page of an API.
mod info; // The facts of operations, as constants.
mod links; // Ids that only links carry.
mod module; // All of it, as one module.
mod narrow; // The document as progenitor gets it.
mod open_enums; // Enums that keep the values they do not list.
mod operations; // Operations as values.
mod pagination; // Traits of operations that are paginated.
mod reference; // Where operations are in Atlassian's documentation.
mod rust; // Looking at Rust types and items.
mod samples; // Sample arguments of every operation.
mod types; // Types, made lenient.
mod validate; // What would not compile.

#[cfg(feature = "maintain")]
pub(crate) use reference::common_base;
#[cfg(feature = "maintain")]
pub(crate) use rust::{edges, json_name, reached};

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::model::Document;

#[cfg(feature = "maintain")]
pub(crate) use rust::plain;

/// Generates the module of one API as Rust source, formatted so that errors and documentation can point into it.
///
/// `api` is the name of the module; `document` is the text of the effective document.
///
/// # Errors
///
/// What in the document cannot be generated.
pub fn emit(api: &str, document: &str) -> Result<String, Diagnostic> {
    let json = parse(api, document)?;
    module::module(api, &Document::read(&json)).map(|file| prettyplease::unparse(&file))
}

/// Checks whether the document can be generated; what would come of it is not written out.
///
/// # Errors
///
/// As [`emit`].
#[cfg(feature = "maintain")]
pub(crate) fn attempt(api: &str, document: &Document<'_>) -> Result<(), Diagnostic> {
    module::module(api, document).map(drop)
}

/// The source that puts a generated module into the crate: its landing page, and the document it was made from.
///
/// `document` is the text of the effective document, `document_file` the file that holds it.
///
/// # Errors
///
/// The document is not JSON.
pub fn include(api: &str, document: &str, document_file: &str) -> Result<String, Diagnostic> {
    let landing = index::landing(&Document::read(&parse(api, document)?));
    Ok(format!(
        "#[allow(deprecated, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]\n\
         #[allow(rustdoc::bare_urls, rustdoc::invalid_html_tags)]\n\
         pub mod {api} {{\n\
             #![doc = {landing:?}]\n\
             /// The effective OpenAPI document.\n\
             pub const DOCUMENT: &str = include_str!({document_file:?});\n\
             include!(concat!(env!(\"OUT_DIR\"), \"/{api}.rs\"));\n\
         }}\n"
    ))
}

fn parse(api: &str, text: &str) -> Result<Value, Diagnostic> {
    let failed = |error: serde_json::Error| {
        Diagnostic::new(api, format!("it is not JSON: {error}"), "write it with `cargo xtask effective`")
    };
    serde_json::from_str(text).map_err(failed)
}
