//! Types that are moments: the implementation of `Dated`, as `x-jsm-date` asks for it.

use proc_macro2::TokenStream;
use quote::quote;

use super::bound::Context;
use super::rust::{plain, property};
use crate::diagnostic::Diagnostic;

/// The implementations of all types.
pub(crate) fn dates(context: &Context<'_>) -> Result<TokenStream, Diagnostic> {
    let dates = context.document.schemas.iter().filter_map(|(schema, node)| {
        let date = node.annotations.date?;
        let item = context.structs.iter().find(|(name, _)| plain(name) == plain(schema));
        let parts = item.and_then(|(_, item)| {
            Some((&item.ident, property(item, date.millis)?.0, property(item, date.text)?.0))
        });
        Some(parts.ok_or_else(|| {
            let fix = "correct x-jsm-date in ergonomics.yaml";
            Diagnostic::new(*schema, "its x-jsm-date names what is not there", fix)
        }))
    });
    let emitted = dates.map(|date| {
        let (name, millis, text) = date?;
        Ok(quote! {
            impl crate::Dated for types::#name {
                fn epoch_millis(&self) -> ::std::option::Option<i64> {
                    self.#millis
                }
                fn text(&self) -> ::std::option::Option<&str> {
                    self.#text.as_deref()
                }
            }
        })
    });
    emitted.collect()
}
