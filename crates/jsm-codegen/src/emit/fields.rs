//! Constructors and setters for the structs that requests carry.
//!
//! Which argument a type is set from is decided here, for operations and for the types of their bodies alike.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Fields, ItemStruct, Type};

use super::rust::{inner, json_name};

/// How a value of some type is taken from a caller.
pub(crate) struct Argument {
    /// The type of the function's argument.
    pub(crate) ty: TokenStream,
    /// The expression that turns the argument into the value.
    pub(crate) value: TokenStream,
}

impl Argument {
    pub(crate) fn of(ty: &Type, name: &Ident) -> Self {
        if let Some(item) = inner(ty, "Vec") {
            return Self {
                ty: quote!(impl ::std::iter::IntoIterator<Item = impl ::std::convert::Into<#item>>),
                value: quote!(#name.into_iter().map(::std::convert::Into::into).collect()),
            };
        }
        if let Some(value) = inner(ty, "BTreeMap").or_else(|| inner(ty, "Map")) {
            return Self {
                ty: quote!(
                    impl ::std::iter::IntoIterator<
                        Item = (impl ::std::convert::Into<::std::string::String>, impl ::std::convert::Into<#value>)
                    >
                ),
                value: quote!(#name.into_iter().map(|(key, value)| (key.into(), value.into())).collect()),
            };
        }
        let plain = ["bool", "i32", "i64", "u32", "u64", "f32", "f64"];
        if plain.contains(&ty.to_token_stream().to_string().as_str()) {
            return Self { ty: quote!(#ty), value: quote!(#name) };
        }
        Self { ty: quote!(impl ::std::convert::Into<#ty>), value: quote!(#name.into()) }
    }
}

/// The attribute that makes the compiler warn of a use, with the reason.
pub(crate) fn deprecation(reason: Option<&str>) -> Option<syn::Attribute> {
    reason.map(|reason| syn::parse_quote!(#[deprecated(note = #reason)]))
}

/// The line about an argument of `new`: its description, or `otherwise` where the document has none.
pub(crate) fn argument_doc(name: &Ident, description: &str, otherwise: &str) -> String {
    let text = description.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("\n- `{name}`: {}", if text.is_empty() { otherwise } else { &text })
}

/// A field that a caller can set.
pub(crate) struct Settable {
    pub(crate) ident: Ident,
    /// Its name in JSON.
    pub(crate) json: String,
    /// Its type, without the `Option` that makes it optional.
    pub(crate) ty: Type,
    pub(crate) required: bool,
    pub(crate) optional: bool,
    /// Its description in the document, which may be empty.
    pub(crate) description: String,
    /// The attribute `#[deprecated]` of the field, where it has one.
    deprecated: Option<syn::Attribute>,
}

impl Settable {
    /// The documentation of its setter.
    fn doc(&self) -> String {
        match self.description.as_str() {
            "" => format!("Sets `{}` of the body.", self.json),
            described => described.to_owned(),
        }
    }
}

/// The name of a setter: the field's, unless the constructor has it already.
pub(crate) fn setter(field: &Ident) -> Ident {
    if field == "new" { format_ident!("set_new") } else { field.clone() }
}

/// The fields of a generated struct: the required ones in the order of the document, then the others.
pub(crate) fn settable(item: &ItemStruct) -> Vec<Settable> {
    let Fields::Named(fields) = &item.fields else { return Vec::new() };
    fields
        .named
        .iter()
        .filter_map(|field| {
            let ident = field.ident.clone()?;
            let optional = inner(&field.ty, "Option");
            let skipped =
                field.attrs.iter().any(|a| a.to_token_stream().to_string().contains("skip_serializing_if"));
            let docs = field.attrs.iter().filter_map(|attr| match &attr.meta {
                syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(pair.value.to_token_stream()),
                _ => None,
            });
            let description = docs
                .filter_map(|text| syn::parse2::<syn::LitStr>(text).ok())
                .map(|text| text.value())
                .collect::<Vec<_>>()
                .join("\n");
            Some(Settable {
                ident,
                json: json_name(field),
                ty: optional.unwrap_or(&field.ty).clone(),
                required: optional.is_none() && !skipped,
                optional: optional.is_some(),
                description,
                deprecated: field.attrs.iter().find(|attr| attr.path().is_ident("deprecated")).cloned(),
            })
        })
        .collect()
}

/// `new` and the setters of a type that requests carry.
pub(crate) fn writer(item: &ItemStruct) -> TokenStream {
    let name = &item.ident;
    let fields = settable(item);
    let mut arguments = Vec::new();
    let mut values = Vec::new();
    let mut doc = "Takes the required properties.".to_owned();
    for Settable { ident, json, ty, required, description, .. } in &fields {
        if *required {
            let before = if arguments.is_empty() { "\n" } else { "" };
            doc += before;
            doc += &argument_doc(ident, description, &format!("`{json}` in JSON."));
            let Argument { ty, value } = Argument::of(ty, ident);
            arguments.push(quote!(#ident: #ty));
            values.push(quote!(#ident: #value));
        } else {
            values.push(quote!(#ident: ::std::default::Default::default()));
        }
    }
    let setters = fields.iter().filter(|field| !field.required).map(|field| {
        let Settable { ident, optional, deprecated, .. } = field;
        let doc = field.doc();
        let Argument { ty, value } = Argument::of(&field.ty, ident);
        let value = if *optional { quote!(::std::option::Option::Some(#value)) } else { value };
        let name = setter(ident);
        quote! {
            #[doc = #doc]
            #deprecated
            #[must_use]
            pub fn #name(mut self, #ident: #ty) -> Self {
                self.#ident = #value;
                self
            }
        }
    });
    quote! {
        impl #name {
            #[doc = #doc]
            #[allow(clippy::too_many_arguments, clippy::new_without_default)]
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values),* }
            }
            #(#setters)*
        }
    }
}

/// Setters of an operation that reach into its body.
pub(crate) mod setters {
    use std::collections::BTreeSet;

    use super::{Argument, Ident, Settable, TokenStream, format_ident, quote, setter};

    /// The name itself, or where the operation uses it already the name with `body_` in front.
    pub(crate) fn free_name(name: &Ident, taken: &mut BTreeSet<String>) -> Ident {
        let own = name.to_string();
        let free = if taken.contains(&own) { format!("body_{own}") } else { own };
        taken.insert(free.clone());
        format_ident!("{free}")
    }

    pub(crate) fn through_body(field: &Settable, taken: &mut BTreeSet<String>) -> TokenStream {
        let Settable { ident, ty, deprecated, .. } = field;
        let doc = field.doc();
        let name = free_name(ident, taken);
        let argument = Argument::of(ty, &name).ty;
        let inner = setter(ident);
        quote! {
            #[doc = #doc]
            #deprecated
            pub fn #name(mut self, #name: #argument) -> Self {
                self.body = self.body.#inner(#name);
                self
            }
        }
    }
}

/// Moves the required fields of a struct into the order that its schema names them in.
pub(crate) fn order(item: &mut ItemStruct, required: &[&str]) {
    let Fields::Named(fields) = &mut item.fields else { return };
    let mut named: Vec<syn::Field> = std::mem::take(&mut fields.named).into_iter().collect();
    let rank = |field: &syn::Field| required.iter().position(|name| *name == json_name(field));
    named.sort_by_key(|field| rank(field).unwrap_or(usize::MAX));
    fields.named = named.into_iter().collect();
}
