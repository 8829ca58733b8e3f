//! Sample arguments for every operation, so that a test covers one that was added yesterday.
//!
//! Values are made from names and types alone: a text is its own name, a number is 7. What servers do with them does
//! not matter here.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use serde_json::{Map, Value, json};
use syn::Type;

use super::facts::{Parameter, list, object, resolve};
use super::fields::settable;
use super::operations::{Bound, Param, ResponseBody, Structs, body_struct};
use super::types::{inner, qualified};

/// The expression that makes a `Sample` of the operation.
pub(crate) fn sample(
    bound: &Bound<'_>,
    document: &Value,
    structs: &Structs<'_>,
    declared: &BTreeSet<String>,
) -> TokenStream {
    let name = &bound.name;
    let new = new(bound, document, structs, declared);
    let module = quote::format_ident!("{}", bound.facts.group);
    let (least, most) = (arguments(bound, document, false, None), arguments(bound, document, true, None));
    let segments = bound.params.iter().filter_map(|param| {
        let wire = &param.parameter.filter(|parameter| parameter.place == "path")?.name;
        let arguments = arguments(bound, document, false, Some(&param.ident));
        // What is no text cannot lead astray.
        let text = !["bool", "i32", "i64"].contains(&param.ty.to_token_stream().to_string().as_str());
        text.then(|| {
            quote!((#wire, |text, http, base| {
                crate::Operation::request(&#module::#name { #arguments }, http, base)
            }))
        })
    });
    let segments = quote!(::std::vec![#(#segments),*]);
    let reread = match bound.response_body() {
        ResponseBody::Nothing | ResponseBody::Bytes => quote!(::std::option::Option::None),
        ResponseBody::Json => quote!(::std::option::Option::Some(crate::samples::reread::<#module::#name>)),
    };
    let body = match bound.params.iter().find(|param| param.is_body()) {
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
            new: |http, base| crate::Operation::request(&#module::#name::new(#new), http, base),
            most: |http, base| crate::Operation::request(&#module::#name { #most }, http, base),
            segments: #segments,
            reread: #reread,
            body: #body,
        }
    }
}

/// The arguments of the operation's `new`, in its order.
fn new(
    bound: &Bound<'_>,
    document: &Value,
    structs: &Structs<'_>,
    declared: &BTreeSet<String>,
) -> TokenStream {
    let read = |ty: &Type, value: Value| {
        let text = value.to_string();
        quote!(crate::samples::read::<#ty>(#text),)
    };
    let parameters = bound.params.iter().filter_map(|param| {
        let parameter = param.parameter.filter(|_| !param.optional && param.default().is_none())?;
        Some(read(&param.ty, of_parameter(document, param, parameter, false)))
    });
    let body = bound.params.iter().filter(|param| param.is_body()).flat_map(|param| {
        let sample = value(document, bound.facts.body.as_ref().unwrap_or(&Value::Null), "body", false, 0);
        match body_struct(param, structs) {
            Some(item) => settable(item)
                .iter()
                .filter(|field| field.required)
                .map(|field| {
                    let value = sample.get(&field.json).cloned().unwrap_or_default();
                    read(&qualified(&field.ty, declared), value)
                })
                .collect::<Vec<_>>(),
            None => vec![read(&param.ty, sample)],
        }
    });
    let files = files(bound);
    quote!(#(#parameters)* #(#body)* #files)
}

fn files(bound: &Bound<'_>) -> Option<TokenStream> {
    let files = quote!(::std::vec![crate::FilePart::bytes("notes.txt", "Some notes.")]);
    bound.facts.multipart.as_ref().map(|_| files)
}

/// The fields of the operation; `open` is the one that takes the variable `text`.
fn arguments(bound: &Bound<'_>, document: &Value, full: bool, open: Option<&Ident>) -> TokenStream {
    let fields = bound.params.iter().map(|param| {
        let ident = &param.ident;
        if open == Some(ident) {
            return quote!(#ident: ::std::convert::Into::into(text));
        }
        let value = match param.parameter {
            Some(_) if param.optional && !full => return quote!(#ident: ::std::option::Option::None),
            Some(parameter) => match parameter.schema.get("default") {
                Some(default) if !full => default.clone(),
                _ => of_parameter(document, param, parameter, full),
            },
            None => value(document, bound.facts.body.as_ref().unwrap_or(&Value::Null), "body", full, 0),
        };
        let text = value.to_string();
        quote!(#ident: crate::samples::read(#text))
    });
    let files = files(bound).map(|files| quote!(files: #files));
    quote!(#(#fields,)* #files)
}

fn of_parameter(document: &Value, param: &Param<'_>, parameter: &Parameter, full: bool) -> Value {
    // The type of a number can take any text.
    match (parameter.notes.number, inner(&param.ty, "Vec")) {
        (true, Some(_)) => json!(["7"]),
        (true, None) => json!("7"),
        (false, _) => value(document, &parameter.schema, &parameter.name, full, 0),
    }
}

fn value(document: &Value, schema: &Value, name: &str, full: bool, depth: usize) -> Value {
    let schema = resolve(document, schema);
    // A schema that requires itself has no end; the lint tells of it.
    if depth > 32 {
        return Value::Null;
    }
    if let Some(first) = list(schema, "enum").next() {
        return first.clone();
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        if let Some(first) = list(schema, key).next() {
            return value(document, first, name, full, depth + 1);
        }
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => json!(name),
        Some("integer" | "number") => json!(7),
        Some("boolean") => json!(true),
        Some("array") => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            if depth > 4 { json!([]) } else { json!([value(document, items, name, full, depth + 1)]) }
        }
        Some("object") => {
            let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
            let mut made = Map::new();
            for (name, property) in object(schema, "properties") {
                if required.contains(&name.as_str()) || full && depth < 4 {
                    made.insert(name.clone(), value(document, property, name, full, depth + 1));
                }
            }
            if let Some(rest) = schema.get("additionalProperties").filter(|rest| rest.is_object() && full) {
                made.insert("key".to_owned(), value(document, rest, "value", full, depth + 1));
            }
            Value::Object(made)
        }
        _ => json!({ name: "anything" }),
    }
}
