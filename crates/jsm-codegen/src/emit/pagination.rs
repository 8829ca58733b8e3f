//! What a paginated operation says about its pages.
//!
//! Styles and names come from `x-jsm-pagination`; when a list ends, and prefetching, are decided in `jsm-client`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Type;

use super::bound::{Bound, Context, Param};
use super::rust::{inner, name_of, property, qualified};
use crate::model::PaginationStyle;

/// The implementation of `Paginated`, where the operation is paginated.
pub(crate) fn paginated(context: &Context<'_>, bound: &Bound<'_>) -> Option<TokenStream> {
    let pagination = bound.operation.pagination()?;
    let (_, position_parameter) = pagination.position();
    let position_parameter = position_parameter?;
    let at = bound.argument(position_parameter)?;
    let (position, seek) = (position(pagination.style, at), seek(pagination.style, at));
    let limit = pagination.limit.and_then(|limit| bound.argument(limit));
    let (page_size, set_page_size) = page_size(limit);
    let (item, page_parts) = page_parts(context, bound)?;
    let name = &bound.name;
    Some(quote! {
        impl crate::Paginated for #name {
            type Item = #item;
            const POSITION_PARAMETER: &'static str = #position_parameter;
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
                #set_page_size
            }
            fn page_parts(page: Self::Output) -> crate::PageParts<Self::Item> {
                #page_parts
            }
        }
    })
}

/// The position's variant that holds a number; none where a position is a cursor.
fn number(style: PaginationStyle) -> Option<Ident> {
    match style {
        PaginationStyle::Offset => Some(format_ident!("Offset")),
        PaginationStyle::Number => Some(format_ident!("Number")),
        PaginationStyle::Cursor | PaginationStyle::LinkCursor => None,
    }
}

/// Reads the position from its parameter.
fn position(style: PaginationStyle, at: &Param<'_>) -> TokenStream {
    let ident = &at.ident;
    match (number(style), at.optional) {
        (Some(variant), true) => quote! {
            self.#ident.as_ref().map_or(crate::Position::Start, |at| {
                crate::Position::#variant(at.to_string().parse().unwrap_or(0))
            })
        },
        (Some(variant), false) => quote! {
            crate::Position::#variant(self.#ident.to_string().parse().unwrap_or(0))
        },
        (None, _) => quote! {
            self.#ident.clone().map_or(crate::Position::Start, crate::Position::Cursor)
        },
    }
}

/// Sets the parameter of the position.
fn seek(style: PaginationStyle, at: &Param<'_>) -> TokenStream {
    match number(style) {
        Some(variant) => {
            let set = set(at, quote!(*to));
            quote!(if let crate::Position::#variant(to) = to { #set })
        }
        None => {
            let ident = &at.ident;
            quote!(if let crate::Position::Cursor(to) = to { self.#ident = ::std::option::Option::Some(to.clone()); })
        }
    }
}

/// Reads and sets the parameter that limits the length of a page.
fn page_size(limit: Option<&Param<'_>>) -> (TokenStream, TokenStream) {
    let Some(limit) = limit else { return (quote!(::std::option::Option::None), quote!(let _ = size;)) };
    let ident = &limit.ident;
    let read = if limit.optional { quote!(self.#ident.as_ref()?) } else { quote!(self.#ident) };
    (quote!(#read.to_string().parse().ok()), set(limit, quote!(size)))
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

/// The type of the items, and the expression that takes a response apart.
fn page_parts(context: &Context<'_>, bound: &Bound<'_>) -> Option<(Type, TokenStream)> {
    if let Some(item) = inner(&bound.output, "Page") {
        return Some((item.clone(), quote!(page.into())));
    }
    let pagination = bound.operation.pagination()?;
    let response = context.structs.get(&name_of(&bound.output))?;
    let field = |name: Option<&str>| property(response, name?);
    let option = |name: Option<&str>| match field(name) {
        Some((ident, _)) => quote!(page.#ident.into()),
        None => quote!(::std::option::Option::None),
    };
    let number = |name: Option<&str>| match field(name) {
        Some((ident, ty)) if inner(ty, "Option").is_some() => {
            quote!(page.#ident.and_then(|n| u64::try_from(n).ok()))
        }
        Some((ident, _)) => quote!(u64::try_from(page.#ident).ok()),
        None => quote!(::std::option::Option::None),
    };
    let (items, ty) = field(pagination.items)?;
    let item = qualified(inner(ty, "Vec")?, &context.declared);
    let (start, limit) = (number(pagination.response_start), number(pagination.response_limit));
    // Some servers send the flag as a text.
    let last = match field(pagination.last) {
        Some((ident, ty)) if inner(ty, "Option").is_some_and(is_text) => {
            quote!(page.#ident.and_then(|text| text.parse().ok()))
        }
        Some((ident, ty)) if is_text(ty) => quote!(page.#ident.parse().ok()),
        _ => option(pagination.last),
    };
    let next = option(pagination.next);
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
    name_of(ty) == "String"
}
