//! Id types: a marker for each, and the alias that programs use.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Document, SameId};

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
        aliases.extend(schema.annotations.same_id.map(|same| conversions(&ident, same)));
        markers.extend(quote! {
            #[doc = #marker]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum #ident {}
            impl crate::sealed::Sealed for #ident {}
            impl crate::IdKind for #ident {
                const NAME: &'static str = #name;
            }
        });
    }
    quote! {
        /// A marker type for each kind of id.
        pub mod id { #markers }
        #aliases
    }
}

/// Conversions between an id and the id of another API that names the same things, in both directions.
fn conversions(here: &Ident, same: SameId<'_>) -> TokenStream {
    let (api, there) = (same.api, format_ident!("{}", same.schema));
    let module = format_ident!("{api}");
    let (here, there) = (quote!(#here), quote!(crate::#module::#there));
    let both = [(&here, &there), (&there, &here)].map(|(from, to)| {
        quote! {
            #[cfg(feature = #api)]
            impl ::std::convert::From<#from> for #to {
                fn from(id: #from) -> Self {
                    ::std::string::String::from(id).into()
                }
            }
            #[cfg(feature = #api)]
            impl ::std::convert::From<&#from> for #to {
                fn from(id: &#from) -> Self {
                    id.as_str().into()
                }
            }
        }
    });
    quote!(#(#both)*)
}
