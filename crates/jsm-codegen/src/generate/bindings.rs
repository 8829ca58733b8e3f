//! What progenitor makes of the effective document.
//!
//! The document is narrowed to what progenitor needs to see, in memory: error answers go, because one hand-written
//! place reads error bodies whatever their shape, and operations are called as their Rust types are.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::{ToTokens, quote};
use serde_json::Value;
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Expr, ImplItem, Item, Stmt};

use super::facts::{LIMITS, METHODS, object};
use super::types::words;

const SCHEMAS: &str = "#/components/schemas/";

/// Runs progenitor; `module` is the path of the module that the code will stand in.
pub(crate) fn bindings(document: &Value, module: &str) -> Result<syn::File, String> {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Exchange))
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    for (name, schema) in schemas {
        let impls = [TypeImpl::Display, TypeImpl::FromStr].into_iter();
        if let Some(item) = page_item(schema) {
            settings.with_replacement(
                name,
                format!("crate::Page<{module}::types::{item}>"),
                std::iter::empty(),
            );
        } else if let Some(id) = schema.get("x-jsm-id") {
            let rust = match id.as_str() {
                Some(id) => format!("crate::NumericId<{module}::id::{id}>"),
                None => format!("{module}::{name}"),
            };
            settings.with_replacement(name, rust, impls);
        }
    }
    let spec =
        serde_json::from_value(narrow(document)).map_err(|e| format!("is no OpenAPI 3.0 document: {e}"))?;
    let tokens = Generator::new(&settings)
        .generate_tokens(&spec)
        .map_err(|e| format!("progenitor does not take the document: {e}"))?;
    let mut file = syn::parse2(tokens).map_err(|e| format!("progenitor's output does not parse: {e}"))?;
    drop_api_version(&mut file);
    Ok(file)
}

/// Takes the header `api-version` out of every method: progenitor sends it, and no server asks for it.
fn drop_api_version(file: &mut syn::File) {
    let impls = file.items.iter_mut().filter_map(|item| match item {
        Item::Impl(item) => Some(&mut item.items),
        _ => None,
    });
    for member in impls.flatten() {
        let ImplItem::Fn(method) = member else { continue };
        let statements = &mut method.block.stmts;
        statements.retain(|statement| !statement.to_token_stream().to_string().contains("\"api-version\""));
        let names_map = |tokens: &dyn ToTokens| words(tokens.to_token_stream()).contains(HEADER_MAP);
        // It is made and sent along: nothing else goes into it.
        if statements.iter().filter(|statement| names_map(statement)).count() == 2 {
            statements.retain(|s| !matches!(s, Stmt::Local(local) if names_map(&local.pat)));
            SendNoMap.visit_block_mut(&mut method.block);
        }
    }
}

/// What progenitor calls the headers that a method adds.
const HEADER_MAP: &str = "header_map";

/// Takes out the call that sends the headers along.
struct SendNoMap;

impl VisitMut for SendNoMap {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::MethodCall(call) = expr
            && call.method == "headers"
        {
            *expr = (*call.receiver).clone();
        }
        visit_expr_mut(self, expr);
    }
}

/// The name of the schema of a page's items.
pub(crate) fn page_item(schema: &Value) -> Option<&str> {
    let values = schema.get("x-jsm-page")?.as_str()?;
    schema.get("properties")?.get(values)?.get("items")?.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

fn narrow(document: &Value) -> Value {
    let mut document = document.clone();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else { continue };
            if let Some(name) = operation.get("x-jsm-name").cloned() {
                operation.insert("operationId".to_owned(), name);
            }
            if let Some(Value::Object(responses)) = operation.get_mut("responses") {
                responses.retain(|status, _| status.starts_with('2'));
            }
        }
    }
    loosen(&mut document);
    document
}

/// Drops the limits and formats of values: an answer that breaks one is still an answer.
fn loosen(node: &mut Value) {
    match node {
        Value::Object(map) => {
            // A property may bear the name of a limit; a limit is never an object.
            map.retain(|key, value| value.is_object() || !LIMITS.contains(&key.as_str()));
            // A text in another form than promised is still a text.
            if map.get("type").is_some_and(|kind| kind == "string")
                && map.get("format").is_some_and(|f| f != "binary")
            {
                map.remove("format");
            }
            map.values_mut().for_each(loosen);
        }
        Value::Array(list) => list.iter_mut().for_each(loosen),
        _ => {}
    }
}

/// The names of the id types, and for a numeric form the id it is a form of.
pub(crate) fn ids(document: &Value) -> Vec<(String, Value)> {
    let schemas = document.get("components").into_iter().flat_map(|components| object(components, "schemas"));
    schemas.filter(|(_, s)| s.get("x-jsm-id").is_some()).map(|(name, s)| (name.clone(), s.clone())).collect()
}
