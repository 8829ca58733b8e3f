//! Enums that keep the values they do not list, with what each value means.
//!
//! A value is written by name, so that a typo does not compile; what this version does not know is still read and sent.

use std::collections::BTreeMap;

use heck::ToPascalCase;
use quote::format_ident;
use syn::{Field, Fields, Item, ItemEnum, parse_quote};

use super::rust::json_name;
use crate::model::Document;

/// What the values of one enum mean.
pub(crate) type Meanings<'a> = BTreeMap<&'a str, &'a str>;

/// What the values of enums mean, by the Rust name of the enum: the annotation `x-jsm-enum-docs`.
pub(crate) fn meanings<'d>(document: &'d Document<'_>) -> BTreeMap<String, &'d Meanings<'d>> {
    let mut all = BTreeMap::new();
    for (name, schema) in &document.schemas {
        let name = name.to_pascal_case();
        for (property, inner) in &schema.properties {
            let name = format!("{name}{}", property.to_pascal_case());
            if let Some(items) = &inner.items {
                all.insert(format!("{name}Item"), &items.annotations.enum_docs);
            }
            all.insert(name, &inner.annotations.enum_docs);
        }
        all.insert(name, &schema.annotations.enum_docs);
    }
    all.retain(|_, meanings| !meanings.is_empty());
    all
}

/// Whether all values of an enum are texts.
pub(crate) fn is_plain(item: &ItemEnum) -> bool {
    !item.variants.is_empty() && item.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit))
}

/// The open form of an enum, with all that is implemented for it.
pub(crate) fn open_enum(item: &ItemEnum, meanings: Option<&&Meanings<'_>>) -> Vec<Item> {
    let name = &item.ident;
    let docs = item.attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let known: Vec<_> = item
        .variants
        .iter()
        .map(|variant| {
            let field = Field {
                attrs: variant.attrs.clone(),
                ident: Some(variant.ident.clone()),
                ..parse_quote!(stand_in: ())
            };
            (&variant.ident, json_name(&field))
        })
        .collect();
    let taken = |candidate: &&str| known.iter().any(|(ident, _)| ident == candidate);
    let other = format_ident!(
        "{}",
        ["Other", "Unlisted", "OtherValue"].iter().find(|c| !taken(c)).unwrap_or(&"Rest")
    );
    let value_docs =
        known.iter().map(|(_, value)| match meanings.and_then(|meanings| meanings.get(value.as_str())) {
            Some(meaning) => format!("`{value}`: {meaning}."),
            None => format!("`{value}`"),
        });
    let open = format!(
        "\n\nOpen: [`{other}`](Self::{other}) holds a value that is not listed. `\"…\".parse()` gives the listed \
         variant where there is one."
    );
    let (idents, values): (Vec<_>, Vec<_>) = known.iter().cloned().unzip();
    let parsed: syn::File = parse_quote! {
        #(#docs)*
        #[doc = #open]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #value_docs] #idents,)*
            /// A value that is not listed, as the server knows it.
            #other(::std::string::String),
        }
        impl #name {
            /// The value as it is in JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#idents => #values,)*
                    Self::#other(text) => text,
                }
            }
        }
        impl ::std::str::FromStr for #name {
            type Err = ::std::convert::Infallible;
            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(match text {
                    #(#values => Self::#idents,)*
                    other => Self::#other(other.to_owned()),
                })
            }
        }
        impl ::std::fmt::Display for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl ::serde::Serialize for #name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                crate::lenient::text(deserializer)
            }
        }
        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for #name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!(#name).into()
            }
            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string", "examples": [#(#values),*] })
            }
        }
    };
    parsed.items
}
