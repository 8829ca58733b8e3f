//! A last look at the generated items: what parses and would still not compile, or never hold a value.
//!
//! Told here rather than by the compiler of whoever builds the bindings, who cannot see the document. What keeps
//! progenitor from generating at all is `lint`'s to tell.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Ident, ImplItem, Item, ItemImpl};

/// Tells of the first two things of one name in one place, or of a type without values.
pub(crate) fn check(items: &[Item]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    let mut methods = BTreeSet::new();
    for item in items {
        if let Some(name) = declared(item)
            && !names.insert(name)
        {
            return Err(format!("two things would be called {name}"));
        }
        match item {
            // The markers that tell ids apart have no values on purpose.
            Item::Mod(module) if module.ident != "id" => {
                module.content.as_ref().map_or(Ok(()), |(_, items)| check(items))?;
            }
            Item::Enum(item) if item.variants.is_empty() => {
                return Err(format!("nothing can be a value of {}", item.ident));
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let ty = item.self_ty.to_token_stream().to_string();
                for name in functions(item) {
                    if !methods.insert((ty.clone(), name)) {
                        return Err(format!("two functions of {ty} would be called {name}"));
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
