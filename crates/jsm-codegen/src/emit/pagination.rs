//! What a paged operation says of its pages.
//!
//! The styles come from `x-jsm-pagination`; stop rules and prefetching are `jsm-client`'s.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{ItemStruct, Type};

use super::operations::{Bound, Param, plain};
use super::types::{inner, json_name, qualified};

/// The implementation of `Paginated`, where the operation is paged.
pub(crate) fn paginated(
    bound: &Bound<'_>,
    structs: &BTreeMap<String, &ItemStruct>,
    declared: &BTreeSet<String>,
) -> Option<TokenStream> {
    let pagination = bound.facts.pagination.as_ref()?;
    let style = pagination.style.as_str();
    let part = match style {
        "offset" => "start",
        "number" => "page",
        _ => "cursor",
    };
    let param = |part: &str| -> Option<&Param<'_>> {
        let name = plain(pagination.name(part)?);
        bound.params.iter().find(|param| !param.is_body() && plain(&param.ident.to_string()) == name)
    };
    let at = param(part)?;
    let variant = match style {
        "offset" => format_ident!("Offset"),
        "number" => format_ident!("Number"),
        _ => format_ident!("Cursor"),
    };
    let ident = &at.ident;
    let set = set(at, quote!(*to));
    let seek = match style {
        "offset" | "number" => quote!(if let crate::Position::#variant(to) = to { #set }),
        _ => {
            quote!(if let crate::Position::Cursor(to) = to { self.#ident = ::std::option::Option::Some(to.clone()); })
        }
    };
    let position = match (style, at.optional) {
        ("offset" | "number", true) => quote! {
            self.#ident.as_ref().map_or(crate::Position::Start, |at| {
                crate::Position::#variant(at.to_string().parse().unwrap_or(0))
            })
        },
        ("offset" | "number", false) => quote! {
            crate::Position::#variant(self.#ident.to_string().parse().unwrap_or(0))
        },
        _ => quote! {
            self.#ident.clone().map_or(crate::Position::Start, crate::Position::Cursor)
        },
    };
    let (limit, page_size) = match param("limit") {
        Some(limit) => {
            let ident = &limit.ident;
            let read = if limit.optional { quote!(self.#ident.as_ref()?) } else { quote!(self.#ident) };
            (self::set(limit, quote!(size)), quote!(#read.to_string().parse().ok()))
        }
        None => (quote!(let _ = size;), quote!(::std::option::Option::None)),
    };
    let (item, parts) = page_parts(bound, structs, declared)?;
    let name = &bound.name;
    let parameter = pagination.name(part)?;
    Some(quote! {
        impl crate::Paginated for #name {
            type Item = #item;
            const POSITION_PARAMETER: &'static str = #parameter;
            fn position(&self) -> crate::Position {
                #position
            }
            fn seek(&mut self, to: &crate::Position) {
                #seek
            }
            fn page_size(&self) -> ::std::option::Option<u32> {
                #page_size
            }
            fn set_page_size(&mut self, size: u32) {
                #limit
            }
            fn page_parts(page: Self::Output) -> crate::PageParts<Self::Item> {
                #parts
            }
        }
    })
}

/// Sets a parameter from a number, which its type may hold in several ways.
fn set(param: &Param<'_>, number: TokenStream) -> TokenStream {
    let (ident, ty) = (&param.ident, &param.ty);
    let value = match ty.to_token_stream().to_string().as_str() {
        "i32" | "i64" | "u32" | "u64" => quote!(#ty::try_from(#number).unwrap_or(#ty::MAX)),
        _ => quote!((#number).to_string().into()),
    };
    if param.optional {
        quote!(self.#ident = ::std::option::Option::Some(#value);)
    } else {
        quote!(self.#ident = #value;)
    }
}

/// The type of the items, and the expression that takes an answer apart.
fn page_parts(
    bound: &Bound<'_>,
    structs: &BTreeMap<String, &ItemStruct>,
    declared: &BTreeSet<String>,
) -> Option<(Type, TokenStream)> {
    if let Some(item) = inner(&bound.output, "Page") {
        return Some((item.clone(), quote!(page.into())));
    }
    let pagination = bound.facts.pagination.as_ref()?;
    let Type::Path(path) = &bound.output else { return None };
    let answer = structs.get(&path.path.segments.last()?.ident.to_string())?;
    let field = |part: &str| -> Option<(&Ident, &Type)> {
        let name = pagination.name(part)?;
        answer.fields.iter().find(|f| json_name(f) == name).and_then(|f| Some((f.ident.as_ref()?, &f.ty)))
    };
    let (items, ty) = field("items")?;
    let item = qualified(inner(ty, "Vec")?, declared);
    let option = |part: &str| match field(part) {
        Some((ident, _)) => quote!(page.#ident.into()),
        None => quote!(::std::option::Option::None),
    };
    let number = |part: &str| match field(part) {
        Some((ident, ty)) if inner(ty, "Option").is_some() => {
            quote!(page.#ident.and_then(|n| u64::try_from(n).ok()))
        }
        Some((ident, _)) => quote!(u64::try_from(page.#ident).ok()),
        None => quote!(::std::option::Option::None),
    };
    // Some servers send the flag as a text.
    let last = match field("last") {
        Some((ident, ty)) if inner(ty, "Option").is_some_and(is_text) => {
            quote!(page.#ident.and_then(|text| text.parse().ok()))
        }
        Some((ident, ty)) if is_text(ty) => quote!(page.#ident.parse().ok()),
        _ => option("last"),
    };
    let next = option("next");
    let (start, limit) = (number("response-start"), number("response-limit"));
    Some((
        item,
        quote! {
            crate::PageParts {
                start: #start,
                limit: #limit,
                last: #last,
                next: #next,
                linked: false,
                items: page.#items,
            }
        },
    ))
}

fn is_text(ty: &Type) -> bool {
    ty.to_token_stream().to_string().ends_with("String")
}
