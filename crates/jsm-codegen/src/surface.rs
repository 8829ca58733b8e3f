//! The public Rust surface of a generated API, one line for each thing that a program can name.
//!
//! What a program can name is read from the generated source, so that nothing is listed that is not there; what is known
//! about operations is read from the document. Documentation is no part of it, nor are progenitor's own methods, which
//! follow the operations one to one. How two surfaces differ is for a diff to show.

mod operations; // The lines of operations.
mod types; // The lines of structs and enums.
mod written; // Types and signatures, on one line.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{Item, ItemImpl, ItemMod, Type};

use crate::diagnostic::Diagnostic;
use crate::emit::{edges, reached};
use crate::model::{Document, Operation};
use operations::{associated, operation};
use types::{enumeration, methods, open_enums, structure};
use written::{last, short, signature, written};

/// The part for what no single group of operations owns.
pub const SHARED: &str = "shared";

/// The lines of an API's surface by part: one part for each group of operations, and [`SHARED`].
///
/// `source` is what was generated from the document. A type is in the part of the group whose operations alone reach
/// it. Setters that an operation hands on to a shared body are listed with the body's type only, so that one property
/// is one line.
///
/// # Errors
///
/// When the source is not what [`crate::emit::emit`] writes.
pub fn surface(document: &Document<'_>, source: &str) -> Result<BTreeMap<String, String>, Diagnostic> {
    let failed = |problem: String| Diagnostic::new("", problem, "generate it from this document");
    let file = syn::parse_file(source)
        .map_err(|error| failed(format!("the generated source does not parse: {error}")))?;
    let modules: BTreeMap<String, &[Item]> = file.items.iter().filter_map(public_module).collect();
    let types = modules.get("types").copied();
    let types = types.ok_or_else(|| failed("the generated source has no module of types".to_owned()))?;
    let groups = || modules.iter().filter(|(name, _)| !["types", "id", "bindings"].contains(&name.as_str()));

    let edges = edges(types);
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (group, items) in groups() {
        let roots: Vec<Type> = items.iter().flat_map(mentioned).collect();
        for name in reached(&edges, &roots) {
            owners.entry(name).or_default().insert(group);
        }
    }
    let home = |name: &str| match owners.get(name) {
        Some(groups) if groups.len() == 1 => groups.first().map_or(SHARED, |group| *group).to_owned(),
        _ => SHARED.to_owned(),
    };

    let named: BTreeMap<(&str, String), &Operation<'_>> = document
        .operations
        .iter()
        .map(|operation| ((operation.group(), operation.name()), operation))
        .collect();
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (group, items) in groups() {
        let lines = parts.entry(group.clone()).or_default();
        for item in *items {
            let Item::Struct(item) = item else { continue };
            let Some(known) = named.get(&(group.as_str(), item.ident.to_string())) else { continue };
            let members = items.iter().filter_map(|other| implementation(other, &item.ident));
            operation(known, item, &members.collect::<Vec<_>>(), &|name| home(name) == SHARED, lines);
        }
    }
    for (name, lines) in lines_of_types(types) {
        parts.entry(home(&name)).or_default().extend(lines);
    }
    for (name, line) in lines_beside_types(&file.items) {
        parts.entry(home(&name)).or_default().extend(line);
    }
    parts.entry(SHARED.to_owned()).or_default().extend(lines_of_all(document, &file.items));
    let text = |lines: BTreeSet<String>| lines.into_iter().map(|line| line + "\n").collect();
    Ok(parts.into_iter().map(|(part, lines)| (part, text(lines))).collect())
}

/// The lines of the module `types`, by the type that they are about.
fn lines_of_types(types: &[Item]) -> impl Iterator<Item = (String, Vec<String>)> {
    let open = open_enums(types);
    types.iter().filter_map(move |item| match item {
        Item::Struct(item) => Some((item.ident.to_string(), structure(item))),
        Item::Enum(item) => {
            let name = item.ident.to_string();
            let lines = enumeration(item, open.get(&name));
            Some((name, lines))
        }
        Item::Type(item) => {
            Some((item.ident.to_string(), vec![format!("types::{} = {}", item.ident, short(&item.ty))]))
        }
        Item::Impl(item) if item.trait_.is_none() => {
            let name = item.self_ty.to_token_stream().to_string();
            let methods = methods(item).filter(|method| method.sig.ident != "as_str");
            let lines = methods.map(|method| signature(&format!("types::{name}"), method, &[])).collect();
            Some((name, lines))
        }
        _ => None,
    })
}

/// The lines of what is implemented for types beside their module, by the type.
fn lines_beside_types(items: &[Item]) -> impl Iterator<Item = (String, Vec<String>)> {
    items.iter().filter_map(|item| {
        let Item::Impl(item) = item else { return None };
        let name = item.self_ty.to_token_stream().to_string().replace(' ', "");
        let name = name.strip_prefix("types::")?;
        let lines = match &item.trait_ {
            Some((path, _)) if last(path) == "Sealed" => return None,
            Some((path, _)) => vec![format!("types::{name} is {}", last(path))],
            None => methods(item).map(|method| signature(&format!("types::{name}"), method, &[])).collect(),
        };
        Some((name.to_owned(), lines))
    })
}

/// The lines of ids, and of what holds for the whole API.
fn lines_of_all(document: &Document<'_>, items: &[Item]) -> Vec<String> {
    let ids = items.iter().filter_map(|item| match item {
        Item::Type(item) => Some(format!("{} = {}", item.ident, written(&item.ty))),
        _ => None,
    });
    let base = &document.annotations.base;
    let base = [("site", base.site), ("gateway", base.gateway)];
    let base = base.into_iter().filter_map(|(name, path)| Some(format!(" [{name} {:?}]", path?)));
    ids.chain([format!("BASE{}", base.collect::<String>())]).collect()
}

fn public_module(item: &Item) -> Option<(String, &[Item])> {
    match item {
        Item::Mod(ItemMod { vis: syn::Visibility::Public(_), ident, content: Some((_, items)), .. }) => {
            Some((ident.to_string(), items))
        }
        _ => None,
    }
}

/// The types that an item of a group names: those of its fields, and what its implementations return.
fn mentioned(item: &Item) -> Vec<Type> {
    match item {
        Item::Struct(item) => item.fields.iter().map(|field| field.ty.clone()).collect(),
        Item::Impl(item) => associated(item).map(|(_, ty)| ty.clone()).collect(),
        _ => Vec::new(),
    }
}

fn implementation<'a>(item: &'a Item, name: &syn::Ident) -> Option<&'a ItemImpl> {
    match item {
        Item::Impl(item) if matches!(&*item.self_ty, Type::Path(path) if path.path.is_ident(name)) => {
            Some(item)
        }
        _ => None,
    }
}
