//! The constructors of operations: what is required is an argument, and documented.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::bound::Bound;
use super::fields::{Argument, Settable, argument_doc, setters};

/// `new`, which takes the required parameters.
pub(crate) fn constructor(bound: &Bound<'_>, body_fields: Option<&[Settable]>) -> TokenStream {
    let mut arguments = Vec::new();
    let mut values = Vec::new();
    let mut docs = Vec::new();
    let mut taken = BTreeSet::new();
    for param in bound.arguments() {
        let ident = &param.ident;
        if param.optional {
            values.push(quote!(#ident: ::std::option::Option::None));
        } else if let Some(default) = param.default() {
            values.push(quote!(#ident: #default));
        } else {
            let Argument { ty, value } = Argument::of(&param.ty, ident);
            arguments.push(quote!(#ident: #ty));
            values.push(quote!(#ident: #value));
            if let Some(parameter) = param.parameter {
                let otherwise = format!("the parameter `{}`.", parameter.name);
                docs.push(argument_doc(ident, parameter.description, &otherwise));
            }
            taken.insert(ident.to_string());
        }
    }
    if let Some(param) = bound.body() {
        let (ident, ty) = (&param.ident, &param.ty);
        match body_fields {
            Some(fields) => {
                let mut passed = Vec::new();
                for field in fields.iter().filter(|field| field.required) {
                    let name = setters::free_name(&field.ident, &mut taken);
                    let argument = Argument::of(&field.ty, &name).ty;
                    arguments.push(quote!(#name: #argument));
                    let otherwise = format!("`{}` of the body.", field.json);
                    docs.push(argument_doc(&name, &field.description, &otherwise));
                    passed.push(name);
                }
                values.push(quote!(#ident: <#ty>::new(#(#passed),*)));
            }
            None => {
                let Argument { ty, value } = Argument::of(ty, ident);
                arguments.push(quote!(#ident: #ty));
                values.push(quote!(#ident: #value));
                let described = bound.operation.body.as_ref().map_or("", |body| body.description);
                docs.push(argument_doc(ident, described, "the body."));
            }
        }
    }
    if let Some(part) = bound.operation.annotations.multipart {
        docs.push(format!("\n- `files`: the files, each sent in a part named `{part}`."));
        arguments.push(quote!(files: impl ::std::iter::IntoIterator<Item = crate::FilePart>));
        values.push(quote!(files: files.into_iter().collect()));
    }
    let from_body = bound.body().filter(|_| body_fields.is_some()).map(|body| {
        let ty = &body.ty;
        quote! {
            /// Replaces the whole body.
            pub fn with_body(mut self, body: #ty) -> Self {
                self.body = body;
                self
            }
            /// The body.
            pub fn body(&self) -> &#ty {
                &self.body
            }
        }
    });
    let mut doc = "Takes the required parameters.".to_owned();
    if !docs.is_empty() {
        doc.push('\n');
        doc.push_str(&docs.concat());
    }
    quote! {
        #[doc = #doc]
        #[allow(clippy::too_many_arguments, clippy::new_without_default)]
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#values),* }
        }
        #from_body
    }
}
