//! The facts of an operation, as a constant.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::bound::{Bound, Context, ResponseBody};
use super::rust::{inner, name_of, read_names};
use crate::model::PaginationStyle;

/// The expression of an operation's `OperationInfo`.
pub(crate) fn info(context: &Context<'_>, bound: &Bound<'_>) -> TokenStream {
    let operation = bound.operation;
    let (api, name, group) = (context.api, operation.name(), operation.group());
    let (method, path) = (operation.method.to_uppercase(), operation.path);
    let (experimental, deprecated) = (operation.experimental, operation.deprecated);
    let (always_opt_in, idempotent) = (operation.always_opts_in(), operation.is_idempotent());
    let scopes = operation.scopes.iter().map(|set| quote!(&[#(#set),*]));
    let statuses = operation.statuses().map(|(status, text)| quote!((#status, #text)));
    let response_statuses = &operation.annotations.response_statuses;
    let rate_limit = option(operation.annotations.rate_limit);
    let batch_limit = option(operation.annotations.batch_limit);
    let rate_limit_key = option(operation.rate_limit_key);
    let pagination = option(operation.pagination().map(|pagination| match pagination.style {
        PaginationStyle::Offset => quote!(crate::Pagination::Offset),
        PaginationStyle::Number => quote!(crate::Pagination::Number),
        PaginationStyle::Cursor => quote!(crate::Pagination::Cursor),
        PaginationStyle::LinkCursor => quote!(crate::Pagination::LinkCursor),
    }));
    let body = match operation.annotations.multipart {
        Some(part) => quote!(crate::RequestBody::Multipart(#part)),
        None if bound.body().is_some() => quote!(crate::RequestBody::Json),
        None => quote!(crate::RequestBody::None),
    };
    let response = match bound.response_body() {
        ResponseBody::Nothing => quote!(crate::ResponseBody::Nothing),
        ResponseBody::Json => quote!(crate::ResponseBody::Json),
        ResponseBody::Bytes if operation.responds_with_html() => quote!(crate::ResponseBody::Page),
        ResponseBody::Bytes => quote!(crate::ResponseBody::Bytes),
    };
    let (response_properties, response_items) = response_shape(context, bound);
    quote! {
        crate::OperationInfo {
            api: #api,
            base: &super::BASE,
            name: #name,
            group: #group,
            method: #method,
            path: #path,
            scopes: &[#(#scopes),*],
            experimental: #experimental,
            always_opt_in: #always_opt_in,
            deprecated: #deprecated,
            statuses: &[#(#statuses),*],
            response_statuses: &[#(#response_statuses),*],
            pagination: #pagination,
            idempotent: #idempotent,
            rate_limit: #rate_limit,
            batch_limit: #batch_limit,
            rate_limit_key: #rate_limit_key,
            body: #body,
            response: #response,
            response_properties: #response_properties,
            response_items: #response_items,
        }
    }
}

/// The names of a response's properties, and of the one that holds the items of a page.
fn response_shape(context: &Context<'_>, bound: &Bound<'_>) -> (TokenStream, TokenStream) {
    if inner(&bound.output, "Page").is_some() {
        return (quote!(crate::page::PROPERTIES), option(Some("values")));
    }
    let names = context.structs.get(&name_of(&bound.output)).map(|item| read_names(item));
    let names = names.unwrap_or_default();
    (quote!(&[#(#names),*]), option(bound.operation.pagination().and_then(|pagination| pagination.items)))
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::std::option::Option::Some(#value)),
        None => quote!(::std::option::Option::None),
    }
}
