//! Date types: the method `timestamp` and the implementation of `Dated`, as `x-jsm-date` asks for them.

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
            impl types::#name {
                /// The date as a timestamp: its milliseconds or, where those are missing, its text.
                ///
                /// # Errors
                ///
                /// When the response had neither, or text without a time and an offset.
                pub fn timestamp(&self) -> ::std::result::Result<::jiff::Timestamp, crate::DateError> {
                    crate::Dated::timestamp(self)
                }
            }
            impl crate::sealed::Sealed for types::#name {}
            impl crate::Dated for types::#name {
                fn timestamp(&self) -> ::std::result::Result<::jiff::Timestamp, crate::DateError> {
                    crate::date::timestamp(self.#millis, self.#text.as_deref())
                }
            }
        })
    });
    emitted.collect()
}
