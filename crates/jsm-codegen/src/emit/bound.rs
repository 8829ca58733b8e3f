//! Operations, each with the method that progenitor wrote for it.
//!
//! Everything emitted for an operation is derived from the signature of its method, so that the two cannot drift apart.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;
use syn::{FnArg, ImplItemFn, ItemStruct, Pat, ReturnType, Type, parse_quote};

use super::reference::Reference;
use super::rust::{Structs, first_argument, inner, name_of, plain};
use crate::diagnostic::Diagnostic;
use crate::model::{Document, Operation, Parameter};

/// What all operations of an API are emitted with.
pub(crate) struct Context<'c> {
    /// The name of the API.
    pub(crate) api: &'c str,
    pub(crate) document: &'c Document<'c>,
    /// What the documentation of operations refers to.
    pub(crate) reference: Reference<'c>,
    /// The structs of the module `types`.
    pub(crate) structs: Structs<'c>,
    /// The names that the module `types` declares.
    pub(crate) declared: BTreeSet<String>,
}

/// An operation with what progenitor made of it.
pub(crate) struct Bound<'d> {
    pub(crate) operation: &'d Operation<'d>,
    pub(crate) name: Ident,
    pub(crate) method: Ident,
    pub(crate) params: Vec<Param<'d>>,
    /// What a caller gets: the `T` of progenitor's `ResponseValue<T>`.
    pub(crate) output: Type,
}

/// In which form a response comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseBody {
    Nothing,
    Json,
    Bytes,
}

/// One parameter of progenitor's method, as the operation's struct keeps it.
pub(crate) struct Param<'d> {
    pub(crate) ident: Ident,
    /// The owned type, without the `Option` that makes it optional.
    pub(crate) ty: Type,
    pub(crate) optional: bool,
    /// Whether it is the idempotency key, which the document requires and a program may leave to the client.
    pub(crate) key: bool,
    borrowed: bool,
    /// The document's parameter; the body has none.
    pub(crate) parameter: Option<&'d Parameter<'d>>,
}

impl<'d> Bound<'d> {
    pub(crate) fn response_body(&self) -> ResponseBody {
        match self.output.to_token_stream().to_string().replace(' ', "").as_str() {
            "()" => ResponseBody::Nothing,
            "::bytes::Bytes" => ResponseBody::Bytes,
            _ => ResponseBody::Json,
        }
    }

    /// The parameter that is the body.
    pub(crate) fn body(&self) -> Option<&Param<'d>> {
        self.params.iter().find(|param| param.is_body())
    }

    /// The parameters that are not the body.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Param<'d>> {
        self.params.iter().filter(|param| !param.is_body())
    }

    /// The parameter that the document calls so, in whatever spelling.
    pub(crate) fn argument(&self, name: &str) -> Option<&Param<'d>> {
        let name = plain(name);
        self.arguments().find(|param| plain(&param.ident.to_string()) == name)
    }

    /// The struct that the body is, where it is one with fields of its own.
    pub(crate) fn body_struct<'s>(&self, structs: &Structs<'s>) -> Option<&'s ItemStruct> {
        structs.get(&name_of(&self.body()?.ty)).copied()
    }
}

impl Param<'_> {
    pub(crate) fn field_type(&self) -> Type {
        let ty = &self.ty;
        if self.optional { parse_quote!(::std::option::Option<#ty>) } else { ty.clone() }
    }

    /// The expression that passes the field to progenitor's method.
    pub(crate) fn pass(&self) -> TokenStream {
        let ident = &self.ident;
        match (self.optional, self.borrowed) {
            // Unwrapped before, as a variable.
            _ if self.key => quote!(#ident),
            (true, true) if name_of(&self.ty) == "String" => quote!(self.#ident.as_deref()),
            (true, true) => quote!(self.#ident.as_ref()),
            (false, true) => quote!(&self.#ident),
            (_, false) => quote!(self.#ident.clone()),
        }
    }

    pub(crate) fn is_body(&self) -> bool {
        self.parameter.is_none()
    }

    /// Whether it is an argument of `new`.
    pub(crate) fn is_required(&self) -> bool {
        !self.optional && self.default().is_none()
    }

    /// The value that the document wants sent when the caller names none.
    pub(crate) fn default(&self) -> Option<TokenStream> {
        match self.parameter.filter(|_| !self.optional)?.default()? {
            Value::Bool(value) => Some(quote!(#value)),
            Value::Number(value) => value.to_string().parse().ok(),
            Value::String(value) => Some(quote!(::std::string::String::from(#value))),
            _ => None,
        }
    }
}

/// Pairs every operation with the method that progenitor generated for it; `methods` are by their plain names.
pub(crate) fn bind<'d>(
    document: &'d Document<'d>,
    methods: &BTreeMap<String, &ImplItemFn>,
) -> Result<Vec<Bound<'d>>, Diagnostic> {
    let bound = document.operations.iter().map(|operation| {
        let name = operation.name();
        let failed = |problem: &str| {
            let fix = "give it another x-jsm-name, or a simpler form in generator.yaml";
            Diagnostic::new(operation.place(), format!("progenitor's method for {name} {problem}"), fix)
        };
        let method = methods.get(&plain(&name)).ok_or_else(|| failed("is missing"))?;
        let params = params(operation, method).ok_or_else(|| failed("has a parameter without a name"))?;
        let output = output(method).ok_or_else(|| failed("returns an unknown type"))?;
        let method = method.sig.ident.clone();
        Ok(Bound { operation, name: format_ident!("{name}"), method, params, output })
    });
    bound.collect()
}

fn params<'d>(operation: &'d Operation<'d>, method: &ImplItemFn) -> Option<Vec<Param<'d>>> {
    let typed = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => Some(typed),
    });
    let params = typed.map(|typed| {
        let Pat::Ident(pattern) = &*typed.pat else { return None };
        let (ty, optional, borrowed) = owned(&typed.ty);
        let known = plain(&pattern.ident.to_string());
        let parameter = operation.parameters.iter().find(|parameter| plain(parameter.name) == known);
        let parameter = parameter.filter(|_| pattern.ident != "body" || operation.json_body().is_none());
        let key = operation.annotations.batch.as_ref().and_then(|batch| batch.idempotency_key);
        let key = parameter.is_some_and(|parameter| Some(parameter.name) == key);
        Some(Param { ident: pattern.ident.clone(), ty, optional: optional || key, key, borrowed, parameter })
    });
    params.collect()
}

/// What the method returns where it succeeds.
fn output(method: &ImplItemFn) -> Option<Type> {
    let ReturnType::Type(_, returned) = &method.sig.output else { return None };
    let output = inner(first_argument(returned)?, "ResponseValue")?;
    Some(if name_of(output) == "ByteStream" { parse_quote!(::bytes::Bytes) } else { output.clone() })
}

/// The owned form of a parameter's type, whether it was optional, and whether it was borrowed.
fn owned(ty: &Type) -> (Type, bool, bool) {
    if let Some(some) = inner(ty, "Option") {
        let (ty, _, borrowed) = owned(some);
        return (ty, true, borrowed);
    }
    match ty {
        Type::Reference(reference) if reference.elem.to_token_stream().to_string() == "str" => {
            (parse_quote!(::std::string::String), false, true)
        }
        Type::Reference(reference) => ((*reference.elem).clone(), false, true),
        other => (other.clone(), false, false),
    }
}
