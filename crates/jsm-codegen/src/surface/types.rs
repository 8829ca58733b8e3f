//! The lines of structs and enums.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, ImplItemFn, Item, ItemEnum, ItemImpl, ItemStruct, Visibility};

use super::written::{deprecated, short};
use crate::emit::json_name;

/// The lines of a struct: itself and its fields.
pub(super) fn structure(item: &ItemStruct) -> Vec<String> {
    let name = format!("types::{}", item.ident);
    let default = if mentions(&item.attrs, "derive", "Default") { " [default]" } else { "" };
    let mut lines = vec![format!("{name} struct{default}")];
    for (at, field) in item.fields.iter().enumerate() {
        let ident = field.ident.as_ref().map_or_else(|| at.to_string(), ToString::to_string);
        let json = json_name(field);
        let camel = heck::AsLowerCamelCase(&ident).to_string();
        let also = aliases(field).into_iter().map(|alias| format!(" [also {alias}]"));
        let called = match &item.fields {
            Fields::Named(_) if mentions(&field.attrs, "serde", "flatten") => Some(" [flattened]".to_owned()),
            Fields::Named(_) if camel != json => Some(format!(" [{json}]")),
            _ => None,
        };
        let notes: String = called.into_iter().chain(also).collect();
        let deprecated = deprecated(&field.attrs);
        lines.push(format!("{name}.{ident}: {}{notes}{deprecated}", short(&field.ty)));
    }
    lines
}

/// The values of every open enum: it reads any text, its values are in the method that writes it.
pub(super) fn open_enums(types: &[Item]) -> BTreeMap<String, Vec<String>> {
    let found = types.iter().filter_map(|item| {
        let Item::Impl(item) = item else { return None };
        let method = methods(item).find(|method| method.sig.ident == "as_str")?;
        Some((item.self_ty.to_token_stream().to_string(), texts(method.block.to_token_stream())))
    });
    found.collect()
}

/// The lines of an enum: itself and its values, which an open enum has in a method.
pub(super) fn enumeration(item: &ItemEnum, values: Option<&Vec<String>>) -> Vec<String> {
    let name = format!("types::{}", item.ident);
    let mut lines = vec![format!("{name} {}", if values.is_some() { "open enum" } else { "enum" })];
    for (at, variant) in item.variants.iter().enumerate() {
        let ident = &variant.ident;
        let holds = variant.fields.iter().map(|field| match &field.ident {
            Some(ident) => format!("{ident}: {}", short(&field.ty)),
            None => short(&field.ty),
        });
        let holds: Vec<String> = holds.collect();
        lines.push(match (values, holds.is_empty()) {
            (_, false) => format!("{name}::{ident}({})", holds.join(", ")),
            (Some(values), true) => {
                format!("{name}::{ident} {:?}", values.get(at).map_or("", String::as_str))
            }
            (None, true) => {
                let as_field =
                    syn::Field { attrs: variant.attrs.clone(), ident: Some(ident.clone()), ..stand_in() };
                format!("{name}::{ident} {:?}", json_name(&as_field))
            }
        });
    }
    lines
}

/// The public methods of an implementation.
pub(super) fn methods(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|member| match member {
        ImplItem::Fn(member) if matches!(member.vis, Visibility::Public(_)) => Some(member),
        _ => None,
    })
}

fn mentions(attrs: &[Attribute], attribute: &str, word: &str) -> bool {
    let mut found = attrs.iter().filter(|attr| attr.path().is_ident(attribute));
    found.any(|attr| {
        attr.meta.to_token_stream().into_iter().any(|token| match token {
            TokenTree::Group(group) => group.stream().into_iter().any(|token| token.to_string() == word),
            _ => false,
        })
    })
}

/// The other names under which a field is read.
fn aliases(field: &syn::Field) -> Vec<String> {
    let mut found = Vec::new();
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        // What else the attribute says does not matter here; serde checks that it parses.
        let _ = attr.parse_nested_meta(|meta| {
            if let Ok(value) = meta.value() {
                let text: syn::LitStr = value.parse()?;
                if meta.path.is_ident("alias") {
                    found.push(text.value());
                }
            }
            Ok(())
        });
    }
    found
}

fn stand_in() -> syn::Field {
    syn::parse_quote!(stand_in: ())
}

/// Every string literal of some code, in its order.
fn texts(code: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in code {
        match token {
            TokenTree::Group(group) => found.extend(texts(group.stream())),
            TokenTree::Literal(text) => {
                found
                    .extend(syn::parse2::<syn::LitStr>(text.to_token_stream()).ok().map(|text| text.value()));
            }
            _ => {}
        }
    }
    found
}
