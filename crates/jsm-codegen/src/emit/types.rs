//! The generated types, made lenient where servers are.
//!
//! typify writes what the document promises. What servers send differs: lists come as `null`, enums grow, required
//! fields are missing. The rules that bridge the two are here, once, for every type; none of them knows a type's name.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use quote::format_ident;
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Fields, Item, ItemStruct, Meta, Token, Type, parse_quote};

use super::fields::deprecation;
use super::open_enums::{is_plain, meanings, open_enum};
use super::rust::{inner, json_name, names, path_and_name, reachable};
use crate::model::{Document, Schema};

/// Rewrites the items of the module `types`; `outputs` are the types that responses start from.
pub(crate) fn make_lenient(items: &mut Vec<Item>, document: &Document<'_>, outputs: &[Type]) {
    let read = reachable(items, outputs);
    let schemas: BTreeMap<String, &Schema<'_>> =
        document.schemas.iter().map(|(name, schema)| (name.to_pascal_case(), schema)).collect();
    let open = items.iter().filter_map(|item| match item {
        Item::Enum(item) if is_plain(item) => Some(item.ident.to_string()),
        _ => None,
    });
    let open: BTreeSet<String> = open.collect();
    let meanings = meanings(document);
    // What typify implements for a closed enum does not hold for an open one.
    items.retain(|item| match item {
        Item::Impl(item) => names(&item.self_ty).is_disjoint(&open),
        _ => true,
    });
    let mut lenient = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match item {
            Item::Struct(mut item) => {
                let name = item.ident.to_string();
                lenient_struct(&mut item, document, schemas.get(&name).copied(), read.contains(&name));
                lenient.push(Item::Struct(item));
            }
            Item::Enum(item) if is_plain(&item) => {
                let meanings = meanings.get(&item.ident.to_string());
                lenient.extend(open_enum(&item, meanings));
            }
            Item::Enum(mut item) => {
                item.attrs.push(json_schema());
                lenient.push(Item::Enum(item));
            }
            other => lenient.push(other),
        }
    }
    *items = lenient;
}

fn json_schema() -> Attribute {
    parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))])
}

/// Lets the fields of a struct be read leniently; `read` says that responses hold it.
fn lenient_struct(item: &mut ItemStruct, document: &Document<'_>, schema: Option<&Schema<'_>>, read: bool) {
    item.attrs.push(json_schema());
    let Fields::Named(fields) = &mut item.fields else { return };
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    let always_present =
        schema.map(|schema| schema.annotations.always_present.as_slice()).unwrap_or_default();
    for field in &mut fields.named {
        let name = json_name(field);
        let always_present = always_present.contains(&name.as_str());
        let property = schema.and_then(|schema| schema.properties.get(name.as_str()));
        let mut serde = Serde::take(field);
        if always_present && let Some(inner) = inner(&field.ty, "Option") {
            field.ty = inner.clone();
            serde.set("default", None);
            serde.set("skip_serializing_if", Some("crate::lenient::is_default"));
        }
        if (serde.has("default") || read && has_default(&field.ty)) && inner(&field.ty, "Option").is_none() {
            let reader = if inner(&field.ty, "Vec").is_some() {
                "crate::lenient::list"
            } else if always_present && is_scalar(&field.ty) {
                "crate::lenient::always"
            } else {
                "crate::lenient::null_as_default"
            };
            serde.set("default", None);
            serde.set("deserialize_with", Some(reader));
        }
        for alias in property.into_iter().flat_map(|property| &property.annotations.alias) {
            serde.push(parse_quote!(alias = #alias));
        }
        serde.put(field);
        // A reference has no description of its own; what it refers to has.
        let meant = property.map(|property| document.resolve(property).description);
        let documented = field.attrs.iter().any(|attr| attr.path().is_ident("doc"));
        if let Some(description) = meant.filter(|text| !text.is_empty() && !documented) {
            field.attrs.insert(0, parse_quote!(#[doc = #description]));
        }
        field.attrs.extend(deprecation(property.and_then(Schema::deprecation)));
    }
}

fn has_default(ty: &Type) -> bool {
    let (path, last) = path_and_name(ty);
    is_scalar(ty) || ["Vec", "BTreeMap", "Value"].contains(&last.as_str()) || path.starts_with("crate")
}

/// Whether values of the type have no parts that can be odd by themselves.
fn is_scalar(ty: &Type) -> bool {
    const KNOWN: [&str; 7] = ["String", "Id", "NumericId", "bool", "i32", "i64", "f64"];
    let (path, last) = path_and_name(ty);
    // An id's alias is defined beside `types`, a type of the document's is named without a path.
    KNOWN.contains(&last.as_str()) || path.starts_with("crate") && !path.contains("Page")
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
