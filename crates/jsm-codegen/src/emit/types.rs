//! The generated types, made tolerant where servers are.
//!
//! typify writes what the document promises. What servers send differs: lists come as `null`, enums grow, required
//! fields are missing. The rules that bridge the two are here, once, for every type; none of them knows a type's name.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Fields, Item, ItemStruct, Meta, Token, Type, parse_quote};

use super::facts::{object, resolve, text};
use super::fields::deprecation;
use super::open_enums::{is_plain, meanings, open_enum};
use crate::annotations::{OfSchema, deprecated};

/// Rewrites the items of the module `types`; `answered` are the types that answers start from.
pub(crate) fn soften(items: &mut Vec<Item>, document: &Value, answered: &[Type]) {
    let read = reachable(items, answered);
    let schemas: BTreeMap<String, &Value> = document
        .get("components")
        .into_iter()
        .flat_map(|components| object(components, "schemas"))
        .map(|(name, schema)| (name.to_pascal_case(), schema))
        .collect();
    let open: BTreeSet<String> = items
        .iter()
        .filter_map(|item| match item {
            Item::Enum(item) if is_plain(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    let meanings = meanings(document);
    // What typify implements for a closed enum does not hold for an open one.
    items.retain(|item| match item {
        Item::Impl(item) => names(&item.self_ty).is_disjoint(&open),
        _ => true,
    });
    let mut softened = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match item {
            Item::Struct(mut item) => {
                let name = item.ident.to_string();
                soften_struct(&mut item, document, schemas.get(&name).copied(), read.contains(&name));
                softened.push(Item::Struct(item));
            }
            Item::Enum(item) if is_plain(&item) => {
                let meanings = meanings.get(&item.ident.to_string());
                softened.extend(open_enum(&item, meanings));
            }
            Item::Enum(mut item) => {
                item.attrs.push(json_schema());
                softened.push(Item::Enum(item));
            }
            other => softened.push(other),
        }
    }
    *items = softened;
}

fn json_schema() -> Attribute {
    parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))])
}

fn soften_struct(item: &mut ItemStruct, document: &Value, schema: Option<&Value>, read: bool) {
    item.attrs.push(json_schema());
    let Fields::Named(fields) = &mut item.fields else { return };
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    let always = schema.map(OfSchema::read).unwrap_or_default().always;
    for field in &mut fields.named {
        let name = json_name(field);
        let property = schema.and_then(|schema| schema.get("properties")).and_then(|all| all.get(&name));
        let mut serde = Serde::take(field);
        if always.contains(&name.as_str())
            && let Some(inner) = inner(&field.ty, "Option")
        {
            field.ty = inner.clone();
            serde.set("default", None);
            serde.set("skip_serializing_if", Some("crate::lenient::is_default"));
        }
        if (serde.has("default") || read && has_default(&field.ty)) && inner(&field.ty, "Option").is_none() {
            let reader = if inner(&field.ty, "Vec").is_some() {
                "crate::lenient::list"
            } else if always.contains(&name.as_str()) && is_scalar(&field.ty) {
                "crate::lenient::always"
            } else {
                "crate::lenient::null_as_default"
            };
            serde.set("default", None);
            serde.set("deserialize_with", Some(reader));
        }
        for alias in property.map(OfSchema::read).unwrap_or_default().alias {
            serde.push(parse_quote!(alias = #alias));
        }
        serde.put(field);
        // A reference has no description of its own; what it refers to has.
        let meant = property.map(|property| text(resolve(document, property), "description"));
        let documented = field.attrs.iter().any(|attr| attr.path().is_ident("doc"));
        if let Some(description) = meant.filter(|text| !text.is_empty() && !documented) {
            field.attrs.insert(0, parse_quote!(#[doc = #description]));
        }
        field.attrs.extend(deprecation(property.and_then(deprecated)));
    }
}

fn has_default(ty: &Type) -> bool {
    let (path, last) = last_name(ty);
    is_scalar(ty) || ["Vec", "BTreeMap", "Value"].contains(&last.as_str()) || path.starts_with("crate")
}

/// Whether values of the type have no parts that can be odd by themselves.
fn is_scalar(ty: &Type) -> bool {
    const KNOWN: [&str; 7] = ["String", "Id", "NumericId", "bool", "i32", "i64", "f64"];
    let (path, last) = last_name(ty);
    // An id's alias is defined beside `types`, a type of the document's is named without a path.
    KNOWN.contains(&last.as_str()) || path.starts_with("crate") && !path.contains("Page")
}

/// The path of a type without its arguments, and the last name in it.
fn last_name(ty: &Type) -> (String, String) {
    let text = ty.to_token_stream().to_string();
    let path = text.split('<').next().unwrap_or_default().trim();
    let last = path.rsplit("::").next().unwrap_or_default().trim();
    (path.to_owned(), last.to_owned())
}

/// The names under which the fields of a struct are read from JSON; none where a field takes all names.
pub(crate) fn read_names(item: &ItemStruct) -> Vec<String> {
    let mut names = Vec::new();
    for field in &item.fields {
        names.push(json_name(field));
        for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
            let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            for meta in metas.into_iter().flatten() {
                match meta {
                    Meta::NameValue(pair) if pair.path.is_ident("alias") => {
                        names.extend(literal(&pair.value))
                    }
                    Meta::Path(path) if path.is_ident("flatten") => return Vec::new(),
                    _ => {}
                }
            }
        }
    }
    names
}

/// The name a field has in JSON.
pub(crate) fn json_name(field: &Field) -> String {
    let renamed = field.attrs.iter().filter(|attr| attr.path().is_ident("serde")).find_map(|attr| {
        let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
        metas.iter().find_map(|meta| match meta {
            Meta::NameValue(pair) if pair.path.is_ident("rename") => literal(&pair.value),
            _ => None,
        })
    });
    renamed.unwrap_or_else(|| {
        let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        ident.strip_prefix("r#").unwrap_or(&ident).to_owned()
    })
}

fn literal(value: &syn::Expr) -> Option<String> {
    match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// The `T` of `Wrapper<T>`, whatever path leads to the wrapper.
pub(crate) fn inner<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == wrapper)?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().rev().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The serde attribute of a field, taken apart.
struct Serde(Vec<Meta>);

impl Serde {
    fn take(field: &mut Field) -> Self {
        let mut metas = Vec::new();
        field.attrs.retain(|attr| {
            let read = attr.path().is_ident("serde").then(|| {
                attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                    .map(|read| metas.extend(read))
            });
            !matches!(read, Some(Ok(())))
        });
        Self(metas)
    }

    fn put(self, field: &mut Field) {
        let metas = self.0;
        if !metas.is_empty() {
            field.attrs.push(parse_quote!(#[serde(#(#metas),*)]));
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|meta| meta.path().is_ident(name))
    }

    fn set(&mut self, name: &str, value: Option<&str>) {
        self.0.retain(|meta| !meta.path().is_ident(name));
        let name = format_ident!("{name}");
        self.0.push(match value {
            Some(value) => parse_quote!(#name = #value),
            None => parse_quote!(#name),
        });
    }

    fn push(&mut self, meta: Meta) {
        self.0.push(meta);
    }
}

/// The names of the types that can be reached from the given ones.
pub(crate) fn reachable(items: &[Item], roots: &[Type]) -> BTreeSet<String> {
    reached(&edges(items), roots)
}

/// Every type with the names that it mentions.
pub(crate) fn edges(items: &[Item]) -> BTreeMap<String, BTreeSet<String>> {
    let edges = items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some((item.ident.to_string(), words(item.fields.to_token_stream()))),
        Item::Enum(item) => Some((item.ident.to_string(), words(item.variants.to_token_stream()))),
        Item::Type(item) => Some((item.ident.to_string(), names(&item.ty))),
        _ => None,
    });
    edges.collect()
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

/// The names that the items declare.
pub(crate) fn declared(items: &[Item]) -> BTreeSet<String> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Struct(item) => Some(item.ident.to_string()),
            Item::Enum(item) => Some(item.ident.to_string()),
            Item::Type(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect()
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

fn names(ty: &Type) -> BTreeSet<String> {
    words(ty.to_token_stream())
}

/// The identifiers in some code.
pub(crate) fn words(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![tokens];
    while let Some(tokens) = open.pop() {
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Group(group) => open.push(group.stream()),
                proc_macro2::TokenTree::Ident(ident) => {
                    found.insert(ident.to_string());
                }
                _ => {}
            }
        }
    }
    found
}

/// The module of id types: a marker for each, and the alias that programs use.
pub(crate) fn ids(names: &[(String, Value)]) -> TokenStream {
    let mut markers = TokenStream::new();
    let mut aliases = TokenStream::new();
    for (name, schema) in names {
        let ident = format_ident!("{name}");
        let doc = schema
            .get("description")
            .and_then(Value::as_str)
            .map_or_else(|| format!("`{name}`"), str::to_owned);
        let marker = format!("Tells [`{name}`](super::{name}) apart from the other ids.");
        aliases.extend(quote! {
            #[doc = #doc]
            pub type #ident = crate::Id<id::#ident>;
        });
        markers.extend(quote! {
            #[doc = #marker]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum #ident {}
            impl crate::IdKind for #ident {
                const NAME: &'static str = #name;
            }
        });
    }
    quote! {
        /// What tells the id types apart.
        pub mod id { #markers }
        #aliases
    }
}
