//! One small owned struct for every operation.
//!
//! Each is derived from the signature of progenitor's method, so that the two cannot drift apart: parameters become
//! fields, the body's properties become setters, and the trait's methods are one call each. How a request is sent,
//! repeated or paged is not decided here.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, ImplItemFn, Item, ItemStruct, Pat, ReturnType, Type, parse_quote};

use super::constructor::constructor;
use super::docs::{self, Reference};
use super::facts::{Facts, Parameter, with_default};
use super::fields::{Argument, deprecation, settable, setter, setters};
use super::types::{inner, qualified, read_names, words};

/// An operation with what progenitor made of it.
pub(crate) struct Bound<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) name: Ident,
    pub(crate) method: Ident,
    pub(crate) params: Vec<Param<'a>>,
    /// What a caller gets: the `T` of progenitor's `ResponseValue<T>`.
    pub(crate) output: Type,
}

/// In which form an answer comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseBody {
    Nothing,
    Json,
    Bytes,
}

impl Bound<'_> {
    pub(crate) fn response_body(&self) -> ResponseBody {
        match self.output.to_token_stream().to_string().replace(' ', "").as_str() {
            "()" => ResponseBody::Nothing,
            "::bytes::Bytes" => ResponseBody::Bytes,
            _ => ResponseBody::Json,
        }
    }
}

/// One parameter of progenitor's method, as the operation's struct keeps it.
pub(crate) struct Param<'a> {
    pub(crate) ident: Ident,
    /// The owned type, without the `Option` that makes it optional.
    pub(crate) ty: Type,
    pub(crate) optional: bool,
    borrowed: bool,
    /// Its description in the document; the body has none.
    pub(crate) parameter: Option<&'a Parameter>,
}

impl Param<'_> {
    fn field_type(&self) -> Type {
        let ty = &self.ty;
        if self.optional { parse_quote!(::std::option::Option<#ty>) } else { ty.clone() }
    }

    /// The expression that passes the field to progenitor's method.
    fn pass(&self) -> TokenStream {
        let ident = &self.ident;
        match (self.optional, self.borrowed) {
            (true, true) if inner_name(&self.ty) == "String" => quote!(self.#ident.as_deref()),
            (true, true) => quote!(self.#ident.as_ref()),
            (false, true) => quote!(&self.#ident),
            (_, false) => quote!(self.#ident.clone()),
        }
    }

    pub(crate) fn is_body(&self) -> bool {
        self.parameter.is_none()
    }

    /// The value that the document wants sent when the caller names none.
    pub(crate) fn default(&self) -> Option<TokenStream> {
        let value = self.parameter.filter(|_| !self.optional)?.schema.get("default")?;
        match value {
            serde_json::Value::Bool(value) => Some(quote!(#value)),
            serde_json::Value::Number(value) => value.to_string().parse().ok(),
            serde_json::Value::String(value) => Some(quote!(::std::string::String::from(#value))),
            _ => None,
        }
    }
}

fn inner_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Pairs every operation with the method that progenitor generated for it.
pub(crate) fn bind<'a>(
    facts: &'a [Facts],
    methods: &BTreeMap<String, &ImplItemFn>,
) -> Result<Vec<Bound<'a>>, String> {
    facts
        .iter()
        .map(|facts| {
            let known = plain(&facts.name);
            let method = methods.get(&known).ok_or_else(|| {
                format!("progenitor generated no method for {} {} ({})", facts.method, facts.path, facts.name)
            })?;
            bind_one(facts, method)
        })
        .collect()
}

fn bind_one<'a>(facts: &'a Facts, method: &ImplItemFn) -> Result<Bound<'a>, String> {
    let params = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => Some(typed),
    });
    let params = params
        .map(|typed| {
            let Pat::Ident(pattern) = &*typed.pat else {
                return Err(format!("progenitor's method for {} has a parameter without a name", facts.name));
            };
            let (ty, optional, borrowed) = owned(&typed.ty);
            let known = plain(&pattern.ident.to_string());
            let parameter = facts.parameters.iter().find(|parameter| plain(&parameter.name) == known);
            let parameter = parameter.filter(|_| pattern.ident != "body" || facts.body.is_none());
            Ok(Param { ident: pattern.ident.clone(), ty, optional, borrowed, parameter })
        })
        .collect::<Result<_, _>>()?;
    let ReturnType::Type(_, returned) = &method.sig.output else {
        return Err(format!("progenitor's method for {} returns nothing", facts.name));
    };
    let output = first_argument(returned)
        .and_then(|value| inner(value, "ResponseValue"))
        .ok_or_else(|| format!("progenitor's method for {} returns an unknown type", facts.name))?;
    let output =
        if inner_name(output) == "ByteStream" { parse_quote!(::bytes::Bytes) } else { output.clone() };
    Ok(Bound {
        facts,
        name: format_ident!("{}", facts.name),
        method: method.sig.ident.clone(),
        params,
        output,
    })
}

/// Letters and digits alone: what two spellings of one name have in common.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
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

/// The struct of one operation, its setters and its trait implementations.
pub(crate) fn operation(
    bound: &Bound<'_>,
    api: &str,
    structs: &Structs<'_>,
    declared: &BTreeSet<String>,
    reference: &Reference<'_>,
) -> Result<TokenStream, String> {
    let Bound { facts, name, method, params, output, .. } = bound;
    let doc = docs::operation(bound, reference);
    let aliases = docs::aliases(facts, reference);
    let body = params.iter().find(|param| param.is_body());
    let body_fields = body.and_then(|body| body_struct(body, structs)).map(|item| {
        let mut fields = settable(item);
        fields.iter_mut().for_each(|field| field.ty = qualified(&field.ty, declared));
        fields
    });
    let files = facts.multipart.as_ref().map(|_| quote!(pub(crate) files: ::std::vec::Vec<crate::FilePart>,));

    let fields = params.iter().map(|param| {
        let (ident, ty) = (&param.ident, param.field_type());
        quote!(pub(crate) #ident: #ty,)
    });
    let constructor = constructor(bound, body_fields.as_deref());
    let mut taken: BTreeSet<String> = params.iter().map(|param| param.ident.to_string()).collect();
    taken.extend(["new", "with_body"].map(str::to_owned));
    let own_setters =
        params.iter().filter(|p| !p.is_body() && (p.optional || p.default().is_some())).map(|param| {
            let text = param.parameter.map(|p| p.description.clone()).filter(|text| !text.is_empty());
            let text = text.unwrap_or_else(|| {
                format!(
                    "Sets the parameter `{}`.",
                    param.parameter.map_or("", |parameter| parameter.name.as_str())
                )
            });
            // A required parameter is sent with its default.
            let default = param.parameter.and_then(|p| p.schema.get("default")).filter(|_| param.optional);
            let text = with_default(&text, default);
            let ident = &param.ident;
            let Argument { ty, value } = Argument::of(&param.ty, ident);
            let value = if param.optional { quote!(::std::option::Option::Some(#value)) } else { value };
            let name = setter(ident);
            let deprecated = deprecation(param.parameter.and_then(|p| p.deprecated.as_deref()));
            quote! {
                #[doc = #text]
                #deprecated
                pub fn #name(mut self, #ident: #ty) -> Self {
                    self.#ident = #value;
                    self
                }
            }
        });
    let body_setters = body_fields
        .iter()
        .flatten()
        .filter(|field| !field.required)
        .map(|field| setters::through_body(field, &mut taken))
        .collect::<Vec<_>>();

    // Any text fits into a path or a query, also where the API takes a number.
    let numbers = params.iter().filter_map(|param| {
        let Parameter { name, notes, .. } = param.parameter?;
        let ident = &param.ident;
        let list = inner(&param.ty, "Vec").is_some();
        let numeric = notes.number || words(param.ty.to_token_stream()).contains("NumericId");
        numeric.then(|| match (param.optional, list) {
            (false, false) => quote!(crate::argument::number(#name, &self.#ident)?;),
            (true, true) => {
                quote!(self.#ident.iter().flatten().try_for_each(|id| crate::argument::number(#name, id))?;)
            }
            _ => quote!(self.#ident.iter().try_for_each(|id| crate::argument::number(#name, id))?;),
        })
    });
    let segments = params.iter().filter(|p| p.parameter.is_some_and(|p| p.place == "path")).map(|param| {
        let (ident, wire) = (&param.ident, &param.parameter.map(|p| p.name.clone()).unwrap_or_default());
        quote!(crate::path_segment(#wire, &self.#ident)?;)
    });
    let checks = params.iter().map(|param| {
        let ident = &param.ident;
        match param.parameter {
            None => quote!(crate::argument::body(&self.#ident)?;),
            Some(Parameter { name, place, .. }) if place == "header" => {
                let given =
                    if param.optional { quote!(self.#ident.as_ref()) } else { quote!(Some(&self.#ident)) };
                quote!(crate::argument::header(#name, #given)?;)
            }
            Some(Parameter { name, .. }) => quote!(crate::argument::value(#name, &self.#ident)?;),
        }
    });
    let joined = facts.parameters.iter().filter(|p| p.joined && p.place == "query").map(|p| &p.name);
    let joined: Vec<&String> = joined.collect();
    let passed = params.iter().map(Param::pass);
    let record = quote! {
        crate::record(http, base, async |baseurl, client, inner| {
            super::Client { baseurl, client, inner }.#method(#(#passed),*).await.map(drop)
        })
        // Which argument is at fault is asked only where the request cannot be built.
        .or_else(|error| {
            #(#checks)*
            Err(error)
        })
    };
    let record = match joined.as_slice() {
        [] => record,
        joined => quote!(#record.map(|request| crate::argument::join(request, &[#(#joined),*]))),
    };
    let record = match &facts.multipart {
        Some(part) => quote!(crate::with_files(#record?, #part, &self.files)),
        None => record,
    };
    let decode = match bound.response_body() {
        ResponseBody::Nothing => quote!(crate::response::nothing(body)),
        ResponseBody::Bytes => quote!(crate::response::bytes(body)),
        ResponseBody::Json if inner(output, "Vec").is_some() => quote!(crate::response::list(body)),
        ResponseBody::Json => quote!(crate::response::json(body)),
    };
    let info = info(bound, api, body.is_some(), structs);
    let paged = super::pagination::paginated(bound, structs, declared);
    let batched = super::seams::batched(bound, structs, declared)?;
    let once = facts.multipart.as_ref().map(|_| {
        quote! {
            fn is_single_use(&self) -> bool {
                self.files.iter().any(crate::FilePart::is_single_use)
            }
            fn files_mut(&mut self) -> &mut [crate::FilePart] {
                &mut self.files
            }
        }
    });
    let is_key = |param: &&Param<'_>| {
        let key = facts.rate_limit_key.as_deref();
        param.parameter.is_some_and(|p| p.place == "path" && Some(p.name.as_str()) == key)
    };
    let rate_limit_key = params.iter().find(is_key).map(|Param { ident, .. }| {
        quote! {
            fn rate_limit_key(&self) -> ::std::option::Option<&str> {
                ::std::option::Option::Some(self.#ident.as_str())
            }
        }
    });
    Ok(quote! {
        #[doc = #doc]
        #(#[doc(alias = #aliases)])*
        #[derive(Clone, Debug)]
        #[must_use = "an operation does nothing until it is called"]
        pub struct #name { #(#fields)* #files }
        impl #name {
            #constructor
            #(#own_setters)*
            #(#body_setters)*
        }
        impl crate::Operation for #name {
            type Output = #output;
            const INFO: &'static crate::OperationInfo = &#info;
            fn request(
                &self,
                http: &::reqwest::Client,
                base: &str,
            ) -> ::std::result::Result<::reqwest::Request, crate::RequestError> {
                #(#numbers)*
                #(#segments)*
                #record
            }
            fn decode(body: &::bytes::Bytes) -> ::std::result::Result<Self::Output, ::serde_json::Error> {
                #decode
            }
            #rate_limit_key
            #once
        }
        #paged
        #batched
    })
}

fn info(
    bound: &Bound<'_>,
    api: &str,
    has_body: bool,
    structs: &BTreeMap<String, &ItemStruct>,
) -> TokenStream {
    let facts = bound.facts;
    let Facts { name, group, method, path, experimental, always_opt_in, deprecated, idempotent, .. } = facts;
    let response_statuses = &facts.response_statuses;
    let option = |value: Option<u32>| match value {
        Some(value) => quote!(::std::option::Option::Some(#value)),
        None => quote!(::std::option::Option::None),
    };
    let (rate_limit, batch_limit) = (option(facts.rate_limit), option(facts.batch_limit));
    let rate_limit_key = match &facts.rate_limit_key {
        Some(name) => quote!(::std::option::Option::Some(#name)),
        None => quote!(::std::option::Option::None),
    };
    let response = match bound.response_body() {
        ResponseBody::Nothing => quote!(crate::ResponseBody::Nothing),
        ResponseBody::Json => quote!(crate::ResponseBody::Json),
        ResponseBody::Bytes if facts.html => quote!(crate::ResponseBody::Page),
        ResponseBody::Bytes => quote!(crate::ResponseBody::Bytes),
    };
    let scopes = facts.scopes.iter().map(|set| quote!(&[#(#set),*]));
    let statuses = facts.statuses.iter().map(|(status, text)| quote!((#status, #text)));
    let pagination = match facts.pagination.as_ref().map(|pagination| pagination.style.as_str()) {
        Some("offset") => quote!(::std::option::Option::Some(crate::Pagination::Offset)),
        Some("cursor") => quote!(::std::option::Option::Some(crate::Pagination::Cursor)),
        Some("link-cursor") => quote!(::std::option::Option::Some(crate::Pagination::LinkCursor)),
        Some("number") => quote!(::std::option::Option::Some(crate::Pagination::Number)),
        _ => quote!(::std::option::Option::None),
    };
    let body = match &facts.multipart {
        Some(part) => quote!(crate::RequestBody::Multipart(#part)),
        None if has_body => quote!(crate::RequestBody::Json),
        None => quote!(crate::RequestBody::None),
    };
    let is_page = inner(&bound.output, "Page").is_some();
    let properties = match structs.get(&inner_name(&bound.output)) {
        _ if is_page => quote!(crate::page::PROPERTIES),
        Some(item) => {
            let names = read_names(item);
            quote!(&[#(#names),*])
        }
        None => quote!(&[]),
    };
    let items =
        if is_page { Some("values") } else { facts.pagination.as_ref().and_then(|p| p.name("items")) };
    let items = match items {
        Some(name) => quote!(::std::option::Option::Some(#name)),
        None => quote!(::std::option::Option::None),
    };
    quote! {
        crate::OperationInfo {
            api: #api,
            base: &super::BASE,
            name: #name,
            group: #group,
            method: #method,
            path: #path,
            scopes: &[#(#scopes),*],
            experimental: #experimental,
            always_opt_in: #always_opt_in,
            deprecated: #deprecated,
            statuses: &[#(#statuses),*],
            response_statuses: &[#(#response_statuses),*],
            pagination: #pagination,
            idempotent: #idempotent,
            rate_limit: #rate_limit,
            batch_limit: #batch_limit,
            rate_limit_key: #rate_limit_key,
            body: #body,
            response: #response,
            response_properties: #properties,
            response_items: #items,
        }
    }
}

/// The struct that a body is, where it is one with fields of its own.
pub(crate) fn body_struct<'a>(body: &Param<'_>, structs: &Structs<'a>) -> Option<&'a ItemStruct> {
    structs.get(&inner_name(&body.ty)).copied()
}

/// The structs of the module `types` by name.
pub(crate) type Structs<'a> = BTreeMap<String, &'a ItemStruct>;

/// The structs of the module `types` that have fields of their own, by name.
pub(crate) fn structs(items: &[Item]) -> Structs<'_> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Struct(item) if matches!(item.fields, syn::Fields::Named(_)) => {
                Some((item.ident.to_string(), item))
            }
            _ => None,
        })
        .collect()
}
