//! The module of one API, put together: progenitor's items, our types and operations beside them.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{ImplItem, ImplItemFn, Item, Type, parse_quote};

use super::bound::{Bound, Context, bind};
use super::reference::Reference;
use super::rust::{declared, plain, reachable, structs};
use super::{
    bindings, dates, durations, field_values, fields, ids, links, operations, samples, types, validate,
};
use crate::diagnostic::Diagnostic;
use crate::model::Document;

/// The module of one API.
pub(crate) fn module(api: &str, document: &Document<'_>) -> Result<syn::File, Diagnostic> {
    let mut file = bindings::bindings(document, &format!("crate::{api}"))?;
    let bound = bind(document, &file.items.iter().flat_map(methods).collect())?;
    let types = types_of(&mut file)?;
    make_types_ours(types, document, &bound);
    let (structs, declared) = (structs(types), declared(types));
    let context = Context { api, document, reference: Reference::of(document), structs, declared };
    let beside = parse(beside_types(&context, &bound)?, "the operations")?;
    let writers = parse(writers(types, &bound), "the setters")?;
    types_of(&mut file)?.extend(writers);
    set_apart(&mut file);
    file.items.extend(beside);
    validate::check(&file.items)?;
    Ok(file)
}

/// The methods that send a request, by the plain form of their names.
fn methods(item: &Item) -> impl Iterator<Item = (String, &ImplItemFn)> {
    let members = match item {
        Item::Impl(item) if item.trait_.is_none() => item.items.as_slice(),
        _ => &[],
    };
    members.iter().filter_map(|member| match member {
        ImplItem::Fn(method) if method.sig.asyncness.is_some() => {
            Some((plain(&method.sig.ident.to_string()), method))
        }
        _ => None,
    })
}

/// The items of the module `types`.
fn types_of(file: &mut syn::File) -> Result<&mut Vec<Item>, Diagnostic> {
    let types = file.items.iter_mut().find_map(|item| match item {
        Item::Mod(item) if item.ident == "types" => item.content.as_mut().map(|(_, items)| items),
        _ => None,
    });
    let fix = "adapt jsm-codegen to this version of progenitor";
    types.ok_or_else(|| Diagnostic::new("", "progenitor's output has no module of types", fix))
}

/// Moves what progenitor wrote, but for the types, into a hidden module: programs call operations, and the names of its
/// client are not to meet theirs.
fn set_apart(file: &mut syn::File) {
    let is_types = |item: &Item| matches!(item, Item::Mod(item) if item.ident == "types");
    let (types, client): (Vec<Item>, Vec<Item>) =
        std::mem::take(&mut file.items).into_iter().partition(is_types);
    file.items = types;
    file.items.push(parse_quote! {
        /// What progenitor generates: a client with one method for each operation.
        #[doc(hidden)]
        pub mod bindings {
            #[allow(unused_imports)]
            use super::types;
            #(#client)*
            impl progenitor_client::ClientHooks<crate::Recorder> for Client {
                async fn exec(
                    &self,
                    request: ::reqwest::Request,
                    _: &OperationInfo,
                ) -> ::reqwest::Result<::reqwest::Response> {
                    self.inner.exec(&self.client, request).await
                }
            }
        }
    });
}

/// Puts required fields into the document's order, and makes every type lenient.
fn make_types_ours(types: &mut Vec<Item>, document: &Document<'_>, bound: &[Bound<'_>]) {
    let schemas: BTreeMap<String, _> =
        document.schemas.iter().map(|(name, schema)| (plain(name), schema)).collect();
    for item in types.iter_mut() {
        if let Item::Struct(item) = item
            && let Some(schema) = schemas.get(&plain(&item.ident.to_string()))
        {
            fields::order(item, &schema.required);
        }
    }
    let outputs: Vec<Type> = bound.iter().map(|operation| operation.output.clone()).collect();
    types::make_lenient(types, document, &outputs);
}

/// `new` and setters of every struct that a request can carry.
fn writers(types: &[Item], bound: &[Bound<'_>]) -> TokenStream {
    let bodies = bound.iter().filter_map(|operation| operation.body());
    let bodies: Vec<Type> = bodies.map(|body| body.ty.clone()).collect();
    let written = reachable(types, &bodies);
    let structs = structs(types);
    structs.iter().filter(|(name, _)| written.contains(*name)).map(|(_, item)| fields::writer(item)).collect()
}

/// What is beside the module `types`: ids, operations by group, their table, the client's hook.
fn beside_types(context: &Context<'_>, bound: &[Bound<'_>]) -> Result<TokenStream, Diagnostic> {
    let ids = ids::ids(context.document);
    let base = base(context.document);
    let groups: BTreeSet<&str> = bound.iter().map(|bound| bound.operation.group()).collect();
    let groups = groups.into_iter().map(|group| self::group(context, bound, group));
    let groups: Vec<TokenStream> = groups.collect::<Result<_, _>>()?;
    let (links, dates) = (links::links(context)?, dates::dates(context)?);
    let (durations, field_values) = (durations::durations(context)?, field_values::field_values(context)?);
    let infos = bound.iter().map(|bound| {
        let (group, name) = (format_ident!("{}", bound.operation.group()), &bound.name);
        quote!(<#group::#name as crate::Operation>::INFO)
    });
    let samples = bound.iter().map(|bound| samples::sample(context, bound));
    let count = bound.len();
    Ok(quote! {
        #ids
        #base
        #(#groups)*
        #links
        #dates
        #durations
        #field_values
        /// The facts of every operation, in the order of the document.
        pub static OPERATIONS: [&crate::OperationInfo; #count] = [#(#infos),*];
        /// One sample of every operation.
        #[cfg(feature = "samples")]
        pub fn samples() -> ::std::vec::Vec<crate::samples::Sample> {
            ::std::vec![#(#samples),*]
        }
    })
}

/// The module of one group of operations.
fn group(context: &Context<'_>, bound: &[Bound<'_>], group: &str) -> Result<TokenStream, Diagnostic> {
    let doc = format!("Operations on: {}.", group.replace('_', " "));
    let members = bound.iter().filter(|bound| bound.operation.group() == group);
    let members = members.map(|bound| operations::operation(context, bound));
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
}

/// What holds for the whole API: where it is (`x-jsm-base`), and its general rate limits.
fn base(document: &Document<'_>) -> TokenStream {
    let path = |path: Option<&str>| match path {
        Some(path) => quote!(::std::option::Option::Some(#path)),
        None => quote!(::std::option::Option::None),
    };
    let annotations = &document.annotations;
    let (site, gateway) = (path(annotations.base.site), path(annotations.base.gateway));
    let rate_limits = annotations.rate_limits.iter().map(|(method, rate)| {
        let method = method.to_uppercase();
        quote!((#method, #rate))
    });
    let write_rate_limits = annotations.write_rate_limits.iter().map(|limit| {
        let (writes, seconds) = (limit.writes, limit.seconds);
        quote!((#writes, #seconds))
    });
    quote! {
        /// What holds for the whole API.
        pub static BASE: crate::Base = crate::Base {
            site: #site,
            gateway: #gateway,
            rate_limits: &[#(#rate_limits),*],
            write_rate_limits: &[#(#write_rate_limits),*],
        };
    }
}

fn parse(tokens: TokenStream, what: &str) -> Result<Vec<Item>, Diagnostic> {
    let fix = "give the operations and schemas of the document names that Rust takes";
    let parsed = syn::parse2::<syn::File>(tokens);
    parsed
        .map(|file| file.items)
        .map_err(|error| Diagnostic::new("", format!("{what} do not parse: {error}"), fix))
}
