//! Ids that only links carry: the method `id` of types, as `x-jsm-linked-id` asks for it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::bound::Context;
use super::rust::{field, inner, plain, property};
use crate::diagnostic::Diagnostic;
use crate::model::LinkedId;

/// The methods of all types.
pub(crate) fn links(context: &Context<'_>) -> Result<TokenStream, Diagnostic> {
    let linked = context.document.schemas.iter();
    let linked = linked.filter_map(|(name, schema)| Some((*name, schema.annotations.linked_id.as_ref()?)));
    let emitted = linked.map(|(name, linked)| {
        method(context, name, linked).ok_or_else(|| {
            let fix = "correct x-jsm-linked-id in ergonomics.yaml";
            Diagnostic::new(name, "its x-jsm-linked-id names what is not there", fix)
        })
    });
    emitted.collect()
}

fn method(context: &Context<'_>, schema: &str, linked: &LinkedId<'_>) -> Option<TokenStream> {
    let (_, item) = context.structs.iter().find(|(name, _)| plain(name) == plain(schema))?;
    let (links, ty) = property(item, linked.links)?;
    let ty = inner(ty, "Option")?;
    let from = linked.from.iter().map(|name| field(ty, name, &context.structs).map(|(ident, _)| ident));
    let from: Vec<_> = from.collect::<Option<_>>()?;
    let (name, id, behind) = (&item.ident, format_ident!("{}", linked.id), linked.behind);
    Some(quote! {
        impl types::#name {
            /// The id, read from the links; `None` where no link has a number.
            pub fn id(&self) -> ::std::option::Option<#id> {
                let links = self.#links.as_ref()?;
                crate::link::linked_id(&[#(links.#from.as_deref()),*], #behind)
            }
        }
    })
}
