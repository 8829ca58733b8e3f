//! Sample arguments for every operation, so that a test covers one that was added yesterday.
//!
//! Values are made from names and types alone: a text is its own name, a number is 7. What servers do with them does
//! not matter here.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use serde_json::{Map, Value, json};
use syn::Type;

use super::bound::{Bound, Context, Param, ResponseBody};
use super::fields::settable;
use super::rust::{inner, qualified};
use crate::model::{Document, Parameter, Schema};

/// The expression that makes a `Sample` of the operation.
pub(crate) fn sample(context: &Context<'_>, bound: &Bound<'_>) -> TokenStream {
    let (name, module) = (&bound.name, format_ident!("{}", bound.operation.group()));
    let new = new(context, bound);
    let document = context.document;
    let (least, most) = (fields(document, bound, false, None), fields(document, bound, true, None));
    let segments = segments(document, bound);
    let key = bound.params.iter().find(|param| param.key).map(|param| {
        let (ident, text) = (&param.ident, param.ident.to_string());
        quote!(.#ident(#text))
    });
    let reread = match bound.response_body() {
        ResponseBody::Nothing | ResponseBody::Bytes => quote!(::std::option::Option::None),
        ResponseBody::Json => quote!(::std::option::Option::Some(crate::samples::reread::<#module::#name>)),
    };
    let body = match bound.body() {
        Some(param) => {
            let ty = &param.ty;
            quote!(::std::option::Option::Some(crate::samples::rewrite::<#ty>))
        }
        None => quote!(::std::option::Option::None),
    };
    quote! {
        crate::samples::Sample {
            info: <#module::#name as crate::Operation>::INFO,
            least: |http, base| crate::Operation::request(&#module::#name { #least }, http, base),
            new: |http, base| crate::Operation::request(&#module::#name::new(#new) #key, http, base),
            most: |http, base| crate::Operation::request(&#module::#name { #most }, http, base),
            segments: #segments,
            reread: #reread,
            body: #body,
        }
    }
}

/// For each segment of the path that takes a text, the request with that text in its place.
fn segments(document: &Document<'_>, bound: &Bound<'_>) -> TokenStream {
    let (name, module) = (&bound.name, format_ident!("{}", bound.operation.group()));
    let segments = bound.params.iter().filter_map(|param| {
        let wire = param.parameter.filter(|parameter| parameter.location == "path")?.name;
        let fields = fields(document, bound, false, Some(&param.ident));
        // What is no text cannot lead astray.
        let text = !["bool", "i32", "i64"].contains(&param.ty.to_token_stream().to_string().as_str());
        text.then(|| {
            quote!((#wire, |text, http, base| {
                crate::Operation::request(&#module::#name { #fields }, http, base)
            }))
        })
    });
    quote!(::std::vec![#(#segments),*])
}

/// The arguments of the operation's `new`, in its order.
fn new(context: &Context<'_>, bound: &Bound<'_>) -> TokenStream {
    let document = context.document;
    let read = |ty: &Type, value: Value| {
        let text = value.to_string();
        quote!(crate::samples::read::<#ty>(#text),)
    };
    let parameters = bound
        .arguments()
        .filter(|param| param.is_required())
        .filter_map(|param| Some(read(&param.ty, of_parameter(document, param, param.parameter?, false))));
    let body = bound.body().into_iter().flat_map(|param| {
        let sample = of_body(document, bound, false);
        let Some(item) = bound.body_struct(&context.structs) else { return vec![read(&param.ty, sample)] };
        let required = settable(item).into_iter().filter(|field| field.required);
        let required = required.map(|field| {
            let value = sample.get(&field.json).cloned().unwrap_or_default();
            read(&qualified(&field.ty, &context.declared), value)
        });
        required.collect()
    });
    let files = files(bound);
    quote!(#(#parameters)* #(#body)* #files)
}

fn files(bound: &Bound<'_>) -> Option<TokenStream> {
    let files = quote!(::std::vec![crate::FilePart::bytes("notes.txt", "Some notes.")]);
    bound.operation.annotations.multipart.map(|_| files)
}

/// The fields of the operation; `open` is the one that takes the variable `text`.
fn fields(document: &Document<'_>, bound: &Bound<'_>, full: bool, open: Option<&Ident>) -> TokenStream {
    let fields = bound.params.iter().map(|param| {
        let ident = &param.ident;
        if open == Some(ident) {
            return quote!(#ident: ::std::convert::Into::into(text));
        }
        let value = match param.parameter {
            Some(_) if param.optional && !param.key && !full => {
                return quote!(#ident: ::std::option::Option::None);
            }
            Some(parameter) => match parameter.default() {
                Some(default) if !full => default.clone(),
                _ => of_parameter(document, param, parameter, full),
            },
            None => of_body(document, bound, full),
        };
        let text = value.to_string();
        quote!(#ident: crate::samples::read(#text))
    });
    let files = files(bound).map(|files| quote!(files: #files));
    quote!(#(#fields,)* #files)
}

fn of_body(document: &Document<'_>, bound: &Bound<'_>, full: bool) -> Value {
    of_schema(document, bound.operation.json_body(), "body", full)
}

fn of_parameter(document: &Document<'_>, param: &Param<'_>, parameter: &Parameter<'_>, full: bool) -> Value {
    // The type of a number can take any text.
    match (parameter.annotations.number, inner(&param.ty, "Vec")) {
        (true, Some(_)) => json!(["7"]),
        (true, None) => json!("7"),
        (false, _) => of_schema(document, parameter.schema.as_ref(), parameter.name, full),
    }
}

fn of_schema(document: &Document<'_>, schema: Option<&Schema<'_>>, name: &str, full: bool) -> Value {
    let anything = || json!({ name: "anything" });
    schema.map_or_else(anything, |schema| value(document, schema, name, full, 0))
}

fn value(document: &Document<'_>, schema: &Schema<'_>, name: &str, full: bool, depth: usize) -> Value {
    let schema = document.resolve(schema);
    // A schema that requires itself has no end; the lint reports it.
    if depth > 32 {
        return Value::Null;
    }
    if let Some(first) = schema.values.and_then(<[Value]>::first) {
        return first.clone();
    }
    if let Some(first) = schema.parts().next() {
        return value(document, first, name, full, depth + 1);
    }
    match schema.kind() {
        "string" => json!(name),
        "integer" | "number" => json!(7),
        "boolean" => json!(true),
        "array" if depth > 4 => json!([]),
        "array" => match &schema.items {
            Some(items) => json!([value(document, items, name, full, depth + 1)]),
            None => json!([{ name: "anything" }]),
        },
        "object" => {
            let mut made = Map::new();
            for (name, property) in &schema.properties {
                if schema.requires(name) || full && depth < 4 {
                    made.insert((*name).to_owned(), value(document, property, name, full, depth + 1));
                }
            }
            if let Some(additional) = schema.additional().filter(|_| full) {
                made.insert("key".to_owned(), value(document, additional, "value", full, depth + 1));
            }
            Value::Object(made)
        }
        _ => json!({ name: "anything" }),
    }
}
