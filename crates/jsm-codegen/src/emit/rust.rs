//! Looking at Rust types and items, as progenitor and typify write them.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Field, Fields, Item, ItemStruct, Meta, Token, Type, parse_quote};

/// The structs of the module `types` that have fields of their own, by name.
pub(crate) type Structs<'i> = BTreeMap<String, &'i ItemStruct>;

/// Letters and digits alone: what two spellings of one name have in common.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The structs with fields of their own, by name.
pub(crate) fn structs(items: &[Item]) -> Structs<'_> {
    let structs = items.iter().filter_map(|item| match item {
        Item::Struct(item) if matches!(item.fields, Fields::Named(_)) => Some((item.ident.to_string(), item)),
        _ => None,
    });
    structs.collect()
}

/// The names that the items declare.
pub(crate) fn declared(items: &[Item]) -> BTreeSet<String> {
    edges(items).into_keys().collect()
}

/// Every type with the names that it mentions.
pub(crate) fn edges(items: &[Item]) -> BTreeMap<String, BTreeSet<String>> {
    let edges = items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some((item.ident.to_string(), words(item.fields.to_token_stream()))),
        // The name of a variant is no mention of a type.
        Item::Enum(item) => {
            let held = item.variants.iter().flat_map(|variant| words(variant.fields.to_token_stream()));
            Some((item.ident.to_string(), held.collect()))
        }
        Item::Type(item) => Some((item.ident.to_string(), names(&item.ty))),
        _ => None,
    });
    edges.collect()
}

/// The names of the types that can be reached from the given ones.
pub(crate) fn reachable(items: &[Item], roots: &[Type]) -> BTreeSet<String> {
    reached(&edges(items), roots)
}

/// The names of the types to which the edges lead from the given ones.
pub(crate) fn reached(edges: &BTreeMap<String, BTreeSet<String>>, roots: &[Type]) -> BTreeSet<String> {
    let mut open: Vec<String> = roots.iter().flat_map(names).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(next) = edges.get(&name)
            && seen.insert(name)
        {
            open.extend(next.iter().cloned());
        }
    }
    seen
}

/// The `T` of `Wrapper<T>`, whatever path leads to the wrapper.
pub(crate) fn inner<'t>(ty: &'t Type, wrapper: &str) -> Option<&'t Type> {
    arguments(ty, |last| last == wrapper)?.next_back()
}

/// The first type argument of a type.
pub(crate) fn first_argument(ty: &Type) -> Option<&Type> {
    arguments(ty, |_| true)?.next()
}

fn arguments(ty: &Type, wanted: impl Fn(&Ident) -> bool) -> Option<impl DoubleEndedIterator<Item = &Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| wanted(&last.ident))?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    Some(arguments.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }))
}

/// The last name in the path of a type; empty for a type without one.
pub(crate) fn name_of(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The path of a type without its arguments, and the last name in it.
pub(crate) fn path_and_name(ty: &Type) -> (String, String) {
    let text = ty.to_token_stream().to_string();
    let path = text.split('<').next().unwrap_or_default().trim();
    let last = path.rsplit("::").next().unwrap_or_default().trim();
    (path.to_owned(), last.to_owned())
}

/// A type of the module `types` as it is called from beside that module.
pub(crate) fn qualified(ty: &Type, declared: &BTreeSet<String>) -> Type {
    struct Qualify<'a>(&'a BTreeSet<String>);
    impl syn::visit_mut::VisitMut for Qualify<'_> {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            syn::visit_mut::visit_path_mut(self, path);
            if let Some(ident) = path.get_ident()
                && self.0.contains(&ident.to_string())
            {
                *path = parse_quote!(types::#ident);
            }
        }
    }
    let mut ty = ty.clone();
    syn::visit_mut::VisitMut::visit_type_mut(&mut Qualify(declared), &mut ty);
    ty
}

/// The field of a struct that JSON calls so.
pub(crate) fn property<'i>(item: &'i ItemStruct, json: &str) -> Option<(&'i Ident, &'i Type)> {
    let field = item.fields.iter().find(|field| json_name(field) == json)?;
    Some((field.ident.as_ref()?, &field.ty))
}

/// The field that JSON calls so, of the struct that a type names.
pub(crate) fn field<'i>(ty: &Type, json: &str, structs: &Structs<'i>) -> Option<(&'i Ident, &'i Type)> {
    property(structs.get(&name_of(ty))?, json)
}

/// The name a field has in JSON.
pub(crate) fn json_name(field: &Field) -> String {
    let renamed = serde_metas(field).into_iter().find_map(|meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident("rename") => literal(&pair.value),
        _ => None,
    });
    renamed.unwrap_or_else(|| {
        let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        ident.strip_prefix("r#").unwrap_or(&ident).to_owned()
    })
}

/// The names under which the fields of a struct are read from JSON; none where a field takes all names.
pub(crate) fn read_names(item: &ItemStruct) -> Vec<String> {
    let mut names = Vec::new();
    for field in &item.fields {
        names.push(json_name(field));
        for meta in serde_metas(field) {
            match meta {
                Meta::NameValue(pair) if pair.path.is_ident("alias") => names.extend(literal(&pair.value)),
                Meta::Path(path) if path.is_ident("flatten") => return Vec::new(),
                _ => {}
            }
        }
    }
    names
}

/// What the serde attributes of a field say.
fn serde_metas(field: &Field) -> Vec<Meta> {
    let attributes = field.attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    let metas = attributes
        .filter_map(|attr| attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok());
    metas.flatten().collect()
}

fn literal(value: &syn::Expr) -> Option<String> {
    match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// The identifiers in a type.
pub(crate) fn names(ty: &Type) -> BTreeSet<String> {
    words(ty.to_token_stream())
}

/// The identifiers in some code.
pub(crate) fn words(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![tokens];
    while let Some(tokens) = open.pop() {
        for token in tokens {
            match token {
                TokenTree::Group(group) => open.push(group.stream()),
                TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
                _ => {}
            }
        }
    }
    found
}
