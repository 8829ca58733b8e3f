//! A last check of the generated items: what parses and would still not compile, or never hold a value.
//!
//! Reported here rather than by the compiler of a program that depends on the bindings, whose author cannot see the
//! document.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Ident, ImplItem, Item, ItemImpl};

use crate::diagnostic::Diagnostic;

/// Reports the first two items of one name in one module, or a type without values.
pub(crate) fn check(items: &[Item]) -> Result<(), Diagnostic> {
    const RENAME: &str = "give one of them an x-jsm-name in ergonomics.yaml";
    let report = |problem: String, fix: &str| Err(Diagnostic::new("", problem, fix));
    let mut names = BTreeSet::new();
    let mut methods = BTreeSet::new();
    for item in items {
        if let Some(name) = declared(item)
            && !names.insert(name)
        {
            return report(format!("two items would be called {name}"), RENAME);
        }
        match item {
            // The markers of id types have no values on purpose.
            Item::Mod(module) if module.ident != "id" => {
                module.content.as_ref().map_or(Ok(()), |(_, items)| check(items))?;
            }
            Item::Enum(item) if item.variants.is_empty() => {
                let problem = format!("nothing can be a value of {}", item.ident);
                return report(problem, "put any JSON ({}) in its place in generator.yaml");
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let ty = item.self_ty.to_token_stream().to_string();
                for name in functions(item) {
                    if !methods.insert((ty.clone(), name)) {
                        let problem = format!("two functions of {ty} would be called {name}");
                        return report(problem, RENAME);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn declared(item: &Item) -> Option<&Ident> {
    match item {
        Item::Struct(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Mod(item) => Some(&item.ident),
        Item::Static(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        _ => None,
    }
}

fn functions(item: &ItemImpl) -> impl Iterator<Item = &Ident> {
    item.items.iter().filter_map(|member| match member {
        ImplItem::Fn(function) => Some(&function.sig.ident),
        _ => None,
    })
}
