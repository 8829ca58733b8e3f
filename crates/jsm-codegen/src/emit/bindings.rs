//! What progenitor makes of the effective document.
//!
//! The document is narrowed to what progenitor needs to see, in memory: error answers go, because one hand-written
//! place reads error bodies whatever their shape, and operations are called as their Rust types are.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::{ToTokens, quote};
use serde_json::{Map, Value};
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Expr, ImplItem, Item, Stmt, UseTree, parse_quote};

use super::facts::{LIMITS, METHODS, object, with_default};
use super::types::words;
use crate::annotations::{Id, OfOperation, OfSchema};

const SCHEMAS: &str = "#/components/schemas/";

/// Runs progenitor; `module` is the path of the module that the code will stand in.
pub(crate) fn bindings(document: &Value, module: &str) -> Result<syn::File, String> {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Recorder))
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
        } else if let Some(id) = OfSchema::read(schema).id {
            let rust = match id {
                Id::NumberOf(id) => format!("crate::NumericId<{module}::id::{id}>"),
                Id::Own => format!("{module}::{name}"),
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
    encode_paths_ourselves(&mut file);
    Ok(file)
}

/// Lets paths be written by our `encode_path`: progenitor's leaves semicolons as they are.
fn encode_paths_ourselves(file: &mut syn::File) {
    struct Drop;
    impl VisitMut for Drop {
        fn visit_use_group_mut(&mut self, group: &mut syn::UseGroup) {
            let names = std::mem::take(&mut group.items).into_iter();
            let others =
                names.filter(|name| !matches!(name, UseTree::Name(name) if name.ident == "encode_path"));
            group.items = others.collect();
        }
    }
    file.items.iter_mut().for_each(|item| Drop.visit_item_mut(item));
    file.items.push(parse_quote!(
        #[allow(unused_imports)]
        use crate::encode_path;
    ));
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
    let values = OfSchema::read(schema).page?;
    schema.get("properties")?.get(values)?.get("items")?.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

fn narrow(document: &Value) -> Value {
    let mut document = document.clone();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else { continue };
            let name = OfOperation::read(operation, method).name.map(str::to_owned);
            let Some(operation) = operation.as_object_mut() else { continue };
            if let Some(name) = name {
                operation.insert("operationId".to_owned(), name.into());
            }
            if let Some(Value::Object(responses)) = operation.get_mut("responses") {
                responses.retain(|status, _| status.starts_with('2'));
            }
        }
    }
    for (part, names) in [("paths", true), ("components", false)] {
        document.get_mut(part).into_iter().for_each(|part| loosen(part, names));
    }
    document
}

/// Maps whose keys are names that the API chooses.
const NAMED: [&str; 7] =
    ["content", "headers", "parameters", "properties", "requestBodies", "responses", "schemas"];

/// Drops what promises something of values that a type would hold servers to: an answer that breaks it is still an
/// answer. `names` says that the keys of a map are names, so that none of them is a keyword.
fn loosen(node: &mut Value, names: bool) {
    match node {
        Value::Object(map) => {
            if !names {
                loosen_schema(map);
            }
            for (key, value) in map {
                loosen(value, !names && NAMED.contains(&key.as_str()));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|node| loosen(node, false)),
        _ => {}
    }
}

fn loosen_schema(map: &mut Map<String, Value>) {
    map.retain(|key, _| !LIMITS.contains(&key.as_str()));
    // A text in another form than promised is still a text.
    if map.get("type").is_some_and(|kind| kind == "string")
        && map.get("format").is_some_and(|f| f != "binary")
    {
        map.remove("format");
    }
    // Only texts have names in Rust; a number that is not listed is still a number.
    if let Some(values) = map.get("enum").and_then(Value::as_array)
        && values.iter().any(|value| !value.is_string() && !value.is_null())
    {
        if values.iter().all(|value| value.is_i64() || value.is_null()) {
            map.entry("type").or_insert_with(|| "integer".into());
        }
        map.remove("enum");
    }
    // What a server does without a value is documentation: nobody sent it, so nothing is read or sent in its place.
    if let Some(default) = map.remove("default") {
        let known = map.get("description").and_then(Value::as_str).unwrap_or_default();
        let described = with_default(known, Some(&default));
        map.insert("description".to_owned(), described.into());
    }
}

/// The schemas that are ids of their own, by name.
pub(crate) fn ids(document: &Value) -> Vec<(String, Value)> {
    let schemas = document.get("components").into_iter().flat_map(|components| object(components, "schemas"));
    let own = schemas.filter(|(_, schema)| OfSchema::read(schema).id == Some(Id::Own));
    own.map(|(name, schema)| (name.clone(), schema.clone())).collect()
}
