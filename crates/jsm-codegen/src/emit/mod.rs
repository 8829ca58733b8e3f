//! From the effective document of an API to the Rust source of its module.
//!
//! progenitor writes the types and the methods; here they are made tolerant, and every operation becomes a value.
//! The result is a pure function of the document. Whatever progenitor would panic on, `lint` says first.

mod bindings;
mod constructor;
mod docs;
pub(crate) mod facts;
mod fields;
mod index;
mod open_enums;
mod operations;
mod pagination;
mod samples;
mod seams;
mod sound;
pub(crate) mod types;

#[cfg(feature = "maintain")]
pub(crate) use docs::common_base;
#[cfg(feature = "maintain")]
pub(crate) use operations::plain;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{ImplItem, ImplItemFn, Item, Type};

use crate::annotations::OfDocument;

/// Generates the module of one API as Rust source, formatted so that errors and documentation can point into it.
///
/// `api` is the name of the module; `document` is the text of the effective document.
///
/// # Errors
///
/// The message tells what in the document cannot be generated.
pub fn emit(api: &str, document: &str) -> Result<String, String> {
    module(api, document).map(|file| prettyplease::unparse(&file))
}

/// Whether the document can be generated; what would come of it is not written out.
///
/// # Errors
///
/// As [`emit`].
#[cfg(feature = "maintain")]
pub(crate) fn attempt(api: &str, document: &str) -> Result<(), String> {
    module(api, document).map(drop)
}

/// The source that puts a generated module into the crate: its landing page, and the document it was made from.
///
/// `document` is the text of the effective document, `document_file` the file that holds it.
///
/// # Errors
///
/// The message says that the document is not JSON.
pub fn include(api: &str, document: &str, document_file: &str) -> Result<String, String> {
    let document = parse(api, document)?;
    let landing = index::landing(&document, &facts::facts(&document));
    Ok(format!(
        "#[allow(deprecated, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]\n\
         #[allow(rustdoc::bare_urls, rustdoc::invalid_html_tags)]\n\
         pub mod {api} {{\n\
             #![doc = {landing:?}]\n\
             /// The effective OpenAPI document.\n\
             pub const DOCUMENT: &str = include_str!({document_file:?});\n\
             include!(concat!(env!(\"OUT_DIR\"), \"/{api}.rs\"));\n\
         }}\n"
    ))
}

fn parse(api: &str, text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|e| format!("{api}: is not JSON: {e}"))
}

fn module(api: &str, text: &str) -> Result<syn::File, String> {
    let document = parse(api, text)?;
    let facts = facts::facts(&document);
    let mut file =
        bindings::bindings(&document, &format!("crate::{api}")).map_err(|e| format!("{api}: {e}"))?;
    let methods: Vec<ImplItemFn> = file.items.iter().flat_map(methods).cloned().collect();
    let by_name: BTreeMap<String, &ImplItemFn> =
        methods.iter().map(|method| (operations::plain(&method.sig.ident.to_string()), method)).collect();
    let bound = operations::bind(&facts, &by_name).map_err(|e| format!("{api}: {e}"))?;

    let types = file.items.iter_mut().find_map(|item| match item {
        Item::Mod(item) if item.ident == "types" => item.content.as_mut().map(|(_, items)| items),
        _ => None,
    });
    let types = types.ok_or_else(|| format!("{api}: progenitor's output has no module of types"))?;
    order_fields(types, &document);
    let outputs: Vec<Type> = bound.iter().map(|operation| operation.output.clone()).collect();
    types::soften(types, &document, &outputs);
    let bodies: Vec<Type> =
        bound.iter().flat_map(|o| o.params.iter().filter(|p| p.is_body()).map(|p| p.ty.clone())).collect();
    let written = types::reachable(types, &bodies);
    let structs = operations::structs(types);
    let writers: TokenStream = structs
        .iter()
        .filter(|(name, _)| written.contains(*name))
        .map(|(_, item)| fields::writer(item))
        .collect();
    let names = types::declared(types);
    let reference = docs::Reference::of(&document, &facts);

    let groups: BTreeSet<&str> = facts.iter().map(|facts| facts.group.as_str()).collect();
    let groups = groups.into_iter().map(|group| {
        let doc = format!("Operations on: {}.", group.replace('_', " "));
        let members = bound.iter().filter(|bound| bound.facts.group == group);
        let members = members.map(|bound| operations::operation(bound, api, &structs, &names, &reference));
        let members: Vec<TokenStream> = members.collect::<Result<_, _>>()?;
        let name = format_ident!("{group}");
        Ok(quote! {
            #[doc = #doc]
            pub mod #name {
                #[allow(unused_imports)]
                use super::types;
                #(#members)*
            }
        })
    });
    let groups: Vec<TokenStream> =
        groups.collect::<Result<_, String>>().map_err(|e| format!("{api}: {e}"))?;
    let seams = seams::of_types(&document, &structs).map_err(|e| format!("{api}: {e}"))?;
    let infos = bound.iter().map(|bound| {
        let (group, name) = (format_ident!("{}", bound.facts.group), &bound.name);
        quote!(<#group::#name as crate::Operation>::INFO)
    });
    let samples = bound.iter().map(|bound| samples::sample(bound, &document, &structs, &names));
    let ids = types::ids(&bindings::ids(&document));
    let count = bound.len();
    let base = base(&document);
    let rest = quote! {
        #ids
        #base
        #(#groups)*
        #seams
        /// The facts of every operation, in the order of the document.
        pub static OPERATIONS: [&crate::OperationInfo; #count] = [#(#infos),*];
        /// One sample of every operation.
        #[cfg(feature = "samples")]
        pub fn samples() -> ::std::vec::Vec<crate::samples::Sample> {
            ::std::vec![#(#samples),*]
        }
        impl progenitor_client::ClientHooks<crate::Recorder> for Client {
            async fn exec(
                &self,
                request: ::reqwest::Request,
                _: &OperationInfo,
            ) -> ::reqwest::Result<::reqwest::Response> {
                self.inner.exec(&self.client, request).await
            }
        }
    };
    let rest: syn::File =
        syn::parse2(rest).map_err(|e| format!("{api}: the operations do not parse: {e}"))?;
    let writers: syn::File =
        syn::parse2(writers).map_err(|e| format!("{api}: the setters do not parse: {e}"))?;
    for item in &mut file.items {
        if let Item::Mod(item) = item
            && item.ident == "types"
            && let Some((_, items)) = &mut item.content
        {
            items.extend(writers.items.clone());
        }
    }
    file.items.extend(rest.items);
    sound::check(&file.items).map_err(|e| format!("{api}: {e}"))?;
    Ok(file)
}

/// What holds for the whole API: where it is, from the annotation `x-jsm-base` (below a site, below the gateway, or
/// both), and its general limits, from `x-jsm-rate-limits` and `x-jsm-write-rate-limits`.
fn base(document: &Value) -> TokenStream {
    let path = |path: Option<&str>| match path {
        Some(path) => quote!(::std::option::Option::Some(#path)),
        None => quote!(::std::option::Option::None),
    };
    let base = OfDocument::read(document);
    let (site, gateway) = (path(base.site), path(base.gateway));
    let rates = base.rates().map(|(method, rate)| quote!((#method, #rate)));
    let write_rate_limits = base.write_rate_limits().map(|(writes, seconds)| quote!((#writes, #seconds)));
    quote! {
        /// What holds for the whole API.
        pub static BASE: crate::Base = crate::Base {
            site: #site,
            gateway: #gateway,
            rate_limits: &[#(#rates),*],
            write_rate_limits: &[#(#write_rate_limits),*],
        };
    }
}

/// The methods that send a request.
fn methods(item: &Item) -> impl Iterator<Item = &ImplItemFn> {
    let members = match item {
        Item::Impl(item) if item.trait_.is_none() => item.items.as_slice(),
        _ => &[],
    };
    members.iter().filter_map(|member| match member {
        ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
        _ => None,
    })
}

fn order_fields(items: &mut [Item], document: &Value) {
    let required: BTreeMap<String, Vec<&str>> = document
        .get("components")
        .into_iter()
        .flat_map(|components| facts::object(components, "schemas"))
        .map(|(name, schema)| {
            (operations::plain(name), facts::list(schema, "required").filter_map(Value::as_str).collect())
        })
        .collect();
    for item in items {
        if let Item::Struct(item) = item
            && let Some(required) = required.get(&operations::plain(&item.ident.to_string()))
        {
            fields::order(item, required);
        }
    }
}
