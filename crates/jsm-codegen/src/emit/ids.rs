//! Id types: a marker for each, and the alias that programs use.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::Document;

/// The module of markers, and the aliases.
pub(crate) fn ids(document: &Document<'_>) -> TokenStream {
    let mut markers = TokenStream::new();
    let mut aliases = TokenStream::new();
    for (name, schema) in document.ids() {
        let ident = format_ident!("{name}");
        let doc = match schema.description {
            "" => format!("`{name}`"),
            described => described.to_owned(),
        };
        let marker = format!("The marker of [`{name}`](super::{name}).");
        aliases.extend(quote! {
            #[doc = #doc]
            pub type #ident = crate::Id<id::#ident>;
        });
        markers.extend(quote! {
            #[doc = #marker]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum #ident {}
            impl crate::IdKind for #ident {
                const NAME: &'static str = #name;
            }
        });
    }
    quote! {
        /// The markers of the id types.
        pub mod id { #markers }
        #aliases
    }
}
