//! One small owned struct for every operation: its fields, its setters, its request.
//!
//! Parameters are fields, the body's properties have setters, and the trait's methods are one call each. How a request
//! is sent, retried or paginated is not decided here.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::bound::{Bound, Context, Param, ResponseBody};
use super::constructor::constructor;
use super::fields::{Argument, Settable, deprecation, settable, setter, setters};
use super::info::info;
use super::narrow::with_default;
use super::rust::{inner, qualified, words};
use super::{batches, docs, pagination};
use crate::diagnostic::Diagnostic;
use crate::model::{Operation, Parameter};

/// The struct of one operation, its setters and its trait implementations.
pub(crate) fn operation(context: &Context<'_>, bound: &Bound<'_>) -> Result<TokenStream, Diagnostic> {
    let Bound { operation, name, params, output, .. } = bound;
    let doc = docs::operation(bound, &context.reference);
    let aliases = docs::aliases(operation, &context.reference);
    let files = operation.annotations.multipart;
    let files = files.map(|_| quote!(pub(crate) files: ::std::vec::Vec<crate::FilePart>,));
    let fields = params.iter().map(|param| {
        let (ident, ty) = (&param.ident, param.field_type());
        quote!(pub(crate) #ident: #ty,)
    });
    let body_fields = body_fields(context, bound);
    let constructor = constructor(bound, body_fields.as_deref());
    let setters = parameter_setters(bound);
    let body_setters = body_setters(bound, body_fields.as_deref().unwrap_or_default());
    let info = info(context, bound);
    let (checks, record) = (checks_before(bound), record(context, bound));
    let decode = decode(bound);
    let ensure_key = ensure_key(bound);
    let (rate_limit_key, single_use) = (rate_limit_key(bound), single_use(operation));
    let paginated = pagination::paginated(context, bound);
    let batched = batches::batched(context, bound)?;
    let batch_size = batches::batch_size(context, bound);
    Ok(quote! {
        #[doc = #doc]
        #(#[doc(alias = #aliases)])*
        #[derive(Clone, Debug)]
        #[must_use = "an operation does nothing until it is called"]
        pub struct #name { #(#fields)* #files }
        impl #name {
            #constructor
            #setters
            #body_setters
        }
        impl crate::sealed::Sealed for #name {}
        impl crate::Operation for #name {
            type Output = #output;
            const INFO: &'static crate::OperationInfo = &#info;
            #[inline]
            fn request(
                &self,
                http: &::reqwest::Client,
                base: &str,
            ) -> ::std::result::Result<::reqwest::Request, crate::RequestError> {
                #checks
                #record
            }
            #[inline]
            fn decode(body: &::bytes::Bytes) -> ::std::result::Result<Self::Output, ::serde_json::Error> {
                #decode
            }
            #rate_limit_key
            #ensure_key
            #single_use
            #batch_size
        }
        #paginated
        #batched
    })
}

/// The fields of the body, as they are called from beside the module `types`.
fn body_fields(context: &Context<'_>, bound: &Bound<'_>) -> Option<Vec<Settable>> {
    let mut fields = settable(bound.body_struct(&context.structs)?);
    fields.iter_mut().for_each(|field| field.ty = qualified(&field.ty, &context.declared));
    Some(fields)
}

/// A setter for every parameter that `new` does not take.
fn parameter_setters(bound: &Bound<'_>) -> TokenStream {
    let set = bound.arguments().filter(|param| !param.is_required()).filter_map(|param| {
        let parameter = param.parameter?;
        let text = match parameter.description {
            "" => format!("Sets the parameter `{}`.", parameter.name),
            described => described.to_owned(),
        };
        // A required parameter is sent with its default.
        let text = with_default(&text, parameter.default().filter(|_| param.optional));
        let ident = &param.ident;
        let Argument { ty, value } = Argument::of(&param.ty, ident);
        let value = if param.optional { quote!(::std::option::Option::Some(#value)) } else { value };
        let name = setter(ident);
        let deprecated = deprecation(parameter.deprecation());
        Some(quote! {
            #[doc = #text]
            #deprecated
            pub fn #name(mut self, #ident: #ty) -> Self {
                self.#ident = #value;
                self
            }
        })
    });
    set.collect()
}

/// A setter for every property of the body that `new` does not take.
fn body_setters(bound: &Bound<'_>, fields: &[Settable]) -> TokenStream {
    let mut taken: BTreeSet<String> = bound.params.iter().map(|param| param.ident.to_string()).collect();
    taken.extend(["new", "with_body"].map(str::to_owned));
    let optional = fields.iter().filter(|field| !field.required);
    optional.map(|field| setters::through_body(field, &mut taken)).collect()
}

/// Checks of arguments whose types take more than the API: numbers, and segments of the path.
fn checks_before(bound: &Bound<'_>) -> TokenStream {
    let numbers = bound.params.iter().filter_map(|param| {
        let Parameter { name, annotations, .. } = param.parameter?;
        let ident = &param.ident;
        let list = inner(&param.ty, "Vec").is_some();
        let numeric = annotations.number || words(param.ty.to_token_stream()).contains("NumericId");
        numeric.then(|| match (param.optional, list) {
            (false, false) => quote!(crate::argument::number(#name, &self.#ident)?;),
            (true, true) => {
                quote!(self.#ident.iter().flatten().try_for_each(|id| crate::argument::number(#name, id))?;)
            }
            _ => quote!(self.#ident.iter().try_for_each(|id| crate::argument::number(#name, id))?;),
        })
    });
    let segments = bound.params.iter().filter_map(|param| {
        let Parameter { name, location, .. } = param.parameter?;
        let ident = &param.ident;
        (*location == "path").then(|| quote!(crate::path_segment(#name, &self.#ident)?;))
    });
    let key = bound.params.iter().find(|param| param.key).and_then(|param| {
        let (ident, name) = (&param.ident, param.parameter?.name);
        Some(quote!(let #ident = crate::argument::key(#name, self.#ident.as_deref())?;))
    });
    quote!(#(#numbers)* #(#segments)* #key)
}

/// Names the argument at fault where the request cannot be built.
fn checks_after(bound: &Bound<'_>) -> TokenStream {
    let check = |param: &Param<'_>| {
        let ident = &param.ident;
        match param.parameter {
            None => quote!(crate::argument::body(&self.#ident)?;),
            Some(Parameter { name, location, .. }) if *location == "header" => {
                let given =
                    if param.optional { quote!(self.#ident.as_ref()) } else { quote!(Some(&self.#ident)) };
                quote!(crate::argument::header(#name, #given)?;)
            }
            Some(Parameter { name, .. }) => quote!(crate::argument::value(#name, &self.#ident)?;),
        }
    };
    bound.params.iter().map(check).collect()
}

/// The expression that has progenitor's method build the request.
fn record(context: &Context<'_>, bound: &Bound<'_>) -> TokenStream {
    let (method, checks) = (&bound.method, checks_after(bound));
    let passed = bound.params.iter().map(Param::pass);
    let record = quote! {
        crate::record(http, base, async |baseurl, client, inner| {
            super::bindings::Client { baseurl, client, inner }.#method(#(#passed),*).await.map(drop)
        })
        // Which argument is at fault is asked only where the request cannot be built.
        .or_else(|error| {
            #checks
            Err(error)
        })
    };
    let in_query = bound.operation.parameters.iter().filter(|parameter| parameter.location == "query");
    let joined = in_query.filter(|parameter| context.document.is_joined(parameter));
    let joined: Vec<&str> = joined.map(|parameter| parameter.name).collect();
    let record = match joined.as_slice() {
        [] => record,
        joined => quote!(#record.map(|request| crate::argument::join(request, &[#(#joined),*]))),
    };
    match bound.operation.annotations.multipart {
        Some(part) => quote!(crate::with_files(#record?, #part, &self.files)),
        None => record,
    }
}

/// The expression that reads a response's body.
fn decode(bound: &Bound<'_>) -> TokenStream {
    match bound.response_body() {
        ResponseBody::Nothing => quote!(crate::response::nothing(body)),
        ResponseBody::Bytes => quote!(crate::response::bytes(body)),
        ResponseBody::Json if inner(&bound.output, "Vec").is_some() => quote!(crate::response::list(body)),
        ResponseBody::Json => quote!(crate::response::json(body)),
    }
}

/// The method that returns the id which a rate limit counts by.
fn rate_limit_key(bound: &Bound<'_>) -> Option<TokenStream> {
    let key = bound.operation.rate_limit_key?;
    let is_key = |param: &&Param<'_>| param.parameter.is_some_and(|p| p.location == "path" && p.name == key);
    bound.params.iter().find(is_key).map(|Param { ident, .. }| {
        quote! {
            fn rate_limit_key(&self) -> ::std::option::Option<&str> {
                ::std::option::Option::Some(self.#ident.as_str())
            }
        }
    })
}

/// The method that sets the idempotency key of an operation which has none yet.
fn ensure_key(bound: &Bound<'_>) -> Option<TokenStream> {
    bound.params.iter().find(|param| param.key).map(|Param { ident, .. }| {
        quote! {
            fn ensure_idempotency_key(&mut self, key: impl ::std::ops::FnOnce() -> ::std::string::String) {
                self.#ident.get_or_insert_with(key);
            }
        }
    })
}

/// The methods of an operation that uploads files.
fn single_use(operation: &Operation<'_>) -> Option<TokenStream> {
    operation.annotations.multipart.map(|_| {
        quote! {
            fn is_single_use(&self) -> bool {
                self.files.iter().any(crate::FilePart::is_single_use)
            }
            fn files_mut(&mut self) -> &mut [crate::FilePart] {
                &mut self.files
            }
        }
    })
}
