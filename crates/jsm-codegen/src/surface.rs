//! The public Rust surface of a generated API, one line for each thing that a program can name.
//!
//! Read from the generated source, so that nothing is listed that is not there. Documentation is no part of it, nor
//! are progenitor's own methods, which follow the operations one to one. How two surfaces differ is for a diff to say.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, Fields, FnArg, ImplItem, ImplItemFn, Item, ItemEnum, ItemImpl, ItemMod, ItemStruct, Type,
};

use crate::emit::types::{edges, json_name, reached};

/// The part for whatever no single group of operations owns.
pub const SHARED: &str = "shared";

/// The lines of an API's surface by part: one part for each group of operations, and [`SHARED`].
///
/// A type stands in the part of the group whose operations alone reach it. Setters that an operation hands on to a
/// shared body are listed with the body's type only, so that one property is one place.
///
/// # Errors
///
/// When the source is not what [`crate::emit::emit`] writes.
pub fn surface(source: &str) -> Result<BTreeMap<String, String>, String> {
    let file =
        syn::parse_file(source).map_err(|error| format!("the generated source does not parse: {error}"))?;
    let modules: BTreeMap<String, &[Item]> = file.items.iter().filter_map(public_module).collect();
    let types = *modules.get("types").ok_or("the generated source has no module of types")?;
    let groups = || modules.iter().filter(|(name, _)| !["types", "id", "prelude"].contains(&name.as_str()));

    let edges = edges(types);
    let open = open_enums(types);
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (group, items) in groups() {
        let roots: Vec<Type> = items.iter().flat_map(mentioned).collect();
        for name in reached(&edges, &roots) {
            owners.entry(name).or_default().insert(group);
        }
    }
    let home = |name: &str| match owners.get(name) {
        Some(groups) if groups.len() == 1 => groups.first().map_or(SHARED, |group| *group).to_owned(),
        _ => SHARED.to_owned(),
    };

    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (group, items) in groups() {
        let lines = parts.entry(group.clone()).or_default();
        for item in *items {
            match item {
                Item::Struct(item) => {
                    let members = items.iter().filter_map(|other| implementation(other, &item.ident));
                    operation(group, item, &members.collect::<Vec<_>>(), &home, lines);
                }
                _ => continue,
            }
        }
    }
    for item in types {
        let (name, lines) = match item {
            Item::Struct(item) => (item.ident.to_string(), structure(item)),
            Item::Enum(item) => {
                (item.ident.to_string(), enumeration(item, open.get(&item.ident.to_string())))
            }
            Item::Type(item) => {
                (item.ident.to_string(), vec![format!("types::{} = {}", item.ident, short(&item.ty))])
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let name = item.self_ty.to_token_stream().to_string();
                let methods = methods(item).filter(|method| method.sig.ident != "as_str");
                let lines = methods.map(|method| signature(&format!("types::{name}"), method, &[])).collect();
                (name, lines)
            }
            _ => continue,
        };
        parts.entry(home(&name)).or_default().extend(lines);
    }
    for item in file.items.iter().filter_map(|item| of_a_type(item)) {
        let (name, item) = item;
        let lines = parts.entry(home(&name)).or_default();
        match &item.trait_ {
            Some((path, _)) => drop(lines.insert(format!("types::{name} is {}", last(path)))),
            None => {
                lines.extend(methods(item).map(|method| signature(&format!("types::{name}"), method, &[])))
            }
        }
    }
    let own = parts.entry(SHARED.to_owned()).or_default();
    for item in &file.items {
        match item {
            Item::Type(item) => drop(own.insert(format!("{} = {}", item.ident, written(&item.ty)))),
            Item::Static(item) if item.ident == "BASE" => {
                own.insert(format!("{}{}", item.ident, facts(&item.expr, &[])));
            }
            _ => {}
        }
    }
    let text = |lines: BTreeSet<String>| lines.into_iter().map(|line| line + "\n").collect();
    Ok(parts.into_iter().map(|(part, lines)| (part, text(lines))).collect())
}

/// An implementation that stands beside the module of types: the type's name, and what is implemented.
fn of_a_type(item: &Item) -> Option<(String, &ItemImpl)> {
    let Item::Impl(item) = item else { return None };
    let name = item.self_ty.to_token_stream().to_string().replace(' ', "");
    Some((name.strip_prefix("types::")?.to_owned(), item))
}

fn last(path: &syn::Path) -> String {
    path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}

fn public_module(item: &Item) -> Option<(String, &[Item])> {
    match item {
        Item::Mod(ItemMod { vis: syn::Visibility::Public(_), ident, content: Some((_, items)), .. }) => {
            Some((ident.to_string(), items))
        }
        _ => None,
    }
}

/// The types that an item of a group names: those of its fields, and what its implementations answer with.
fn mentioned(item: &Item) -> Vec<Type> {
    match item {
        Item::Struct(item) => item.fields.iter().map(|field| field.ty.clone()).collect(),
        Item::Impl(item) => associated(item).map(|(_, ty)| ty.clone()).collect(),
        _ => Vec::new(),
    }
}

fn associated(item: &ItemImpl) -> impl Iterator<Item = (String, &Type)> {
    item.items.iter().filter_map(|member| match member {
        ImplItem::Type(member) => Some((member.ident.to_string(), &member.ty)),
        _ => None,
    })
}

fn implementation<'a>(item: &'a Item, name: &syn::Ident) -> Option<&'a ItemImpl> {
    match item {
        Item::Impl(item) if matches!(&*item.self_ty, Type::Path(path) if path.path.is_ident(name)) => {
            Some(item)
        }
        _ => None,
    }
}

fn methods(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|member| match member {
        ImplItem::Fn(member) if matches!(member.vis, syn::Visibility::Public(_)) => Some(member),
        _ => None,
    })
}

fn operation(
    group: &str,
    item: &ItemStruct,
    implementations: &[&ItemImpl],
    home: &dyn Fn(&str) -> String,
    lines: &mut BTreeSet<String>,
) {
    let name = format!("{group}::{}", item.ident);
    let body = item.fields.iter().find(|field| field.ident.as_ref().is_some_and(|ident| ident == "body"));
    let shared_body = body.map(|body| short(&body.ty)).filter(|body| home(body) == SHARED);
    let types: BTreeMap<String, &Type> = implementations.iter().flat_map(|item| associated(item)).collect();
    let answer = types.get("Output").map(|ty| short(ty)).unwrap_or_default();
    let more = implementations.iter().filter_map(|item| Some(last(&item.trait_.as_ref()?.0)));
    let more = more.filter(|name| !["Operation", "Paginated"].contains(&name.as_str()));
    let more: String = more.map(|name| format!(" [{}]", name.to_lowercase())).collect();
    let items = types.get("Item").map(|ty| format!(" of {}", short(ty))).unwrap_or_default();
    for member in implementations.iter().flat_map(|item| &item.items) {
        let ImplItem::Const(info) = member else { continue };
        if info.ident != "INFO" {
            continue;
        }
        let fact = |name: &str| field(&info.expr, name);
        let text = |name: &str| fact(name).and_then(literal).unwrap_or_default();
        let listed = [
            // The properties of a response are in its type.
            "response_properties",
            "response_items",
            "pagination",
            "api",
            "name",
            "group",
            "base",
            "method",
            "path",
            "scopes",
            "statuses",
            "response",
        ];
        let pagination =
            fact("pagination").and_then(fact_text).map(|style| format!(" [paginated {style}{items}]"));
        lines.insert(format!(
            "{name} {} {} -> {answer}{}{more}{}",
            text("method"),
            text("path"),
            pagination.unwrap_or_default(),
            facts(&info.expr, &listed),
        ));
        let sets: Vec<String> =
            fact("scopes").map(elements).unwrap_or_default().into_iter().map(scopes).collect();
        if !sets.is_empty() {
            lines.insert(format!("{name} scopes {}", sets.join(" or ")));
        }
        let statuses = fact("statuses").map(elements).unwrap_or_default();
        let statuses: Vec<String> = statuses.into_iter().filter_map(first).collect();
        if !statuses.is_empty() {
            lines.insert(format!("{name} statuses {}", statuses.join(" ")));
        }
    }
    for method in implementations.iter().filter(|item| item.trait_.is_none()).flat_map(|item| methods(item)) {
        match (&shared_body, passed_on(method)) {
            (Some(body), Some(passed)) if method.sig.ident == "new" => {
                let line = signature(&name, method, &passed);
                let comma = if line.ends_with("()") { "" } else { ", " };
                lines.insert(format!("{}{comma}..types::{body}::new)", line.trim_end_matches(')')));
            }
            (Some(body), Some(_)) => {
                lines.insert(format!("{name}::.. sets what types::{body} sets"));
            }
            // Whoever can put a body in can look at it.
            _ if method.sig.ident == "body" && method.sig.inputs.len() == 1 => {}
            _ => {
                lines.insert(signature(&name, method, &[]));
            }
        }
    }
}

/// The arguments that a method of an operation does nothing with but hand them on to its body.
fn passed_on(method: &ImplItemFn) -> Option<Vec<String>> {
    let code = method.block.to_token_stream().to_string().replace(char::is_whitespace, "");
    let (_, call) = code.split_once("body:<").or_else(|| code.split_once("self.body=self.body."))?;
    let (arguments, _) = call.split_once('(')?.1.split_once(')')?;
    Some(arguments.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn signature(of: &str, method: &ImplItemFn, without: &[String]) -> String {
    let name = &method.sig.ident;
    let arguments: Vec<_> = method
        .sig
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some((typed.pat.to_token_stream().to_string(), short(&typed.ty))),
        })
        .filter(|(argument, _)| !without.contains(argument))
        // A setter's argument is called as the setter is.
        .map(|(argument, ty)| if name == &argument { ty } else { format!("{argument}: {ty}") })
        .collect();
    let returns = match &method.sig.output {
        syn::ReturnType::Type(_, ty) => Some(short(ty)).filter(|ty| ty != "Self"),
        syn::ReturnType::Default => None,
    };
    let returns = returns.map(|ty| format!(" -> {ty}")).unwrap_or_default();
    format!("{of}::{name}({}){returns}{}", arguments.join(", "), deprecated(&method.attrs))
}

fn structure(item: &ItemStruct) -> Vec<String> {
    let name = format!("types::{}", item.ident);
    let default = if mentions(&item.attrs, "derive", "Default") { " [default]" } else { "" };
    let mut lines = vec![format!("{name} struct{default}")];
    for (at, field) in item.fields.iter().enumerate() {
        let ident = field.ident.as_ref().map_or_else(|| at.to_string(), ToString::to_string);
        let json = json_name(field);
        let camel = heck::AsLowerCamelCase(&ident).to_string();
        let also = aliases(field).into_iter().map(|alias| format!(" [also {alias}]"));
        let called = match &item.fields {
            Fields::Named(_) if mentions(&field.attrs, "serde", "flatten") => Some(" [flattened]".to_owned()),
            Fields::Named(_) if camel != json => Some(format!(" [{json}]")),
            _ => None,
        };
        let notes: String = called.into_iter().chain(also).collect();
        let deprecated = deprecated(&field.attrs);
        lines.push(format!("{name}.{ident}: {}{notes}{deprecated}", short(&field.ty)));
    }
    lines
}

/// The values of every open enum: it reads any text, its values are in the method that writes it.
fn open_enums(types: &[Item]) -> BTreeMap<String, Vec<String>> {
    let found = types.iter().filter_map(|item| {
        let Item::Impl(item) = item else { return None };
        let method = methods(item).find(|method| method.sig.ident == "as_str")?;
        Some((item.self_ty.to_token_stream().to_string(), texts(method.block.to_token_stream())))
    });
    found.collect()
}

fn enumeration(item: &ItemEnum, values: Option<&Vec<String>>) -> Vec<String> {
    let name = format!("types::{}", item.ident);
    let mut lines = vec![format!("{name} {}", if values.is_some() { "open enum" } else { "enum" })];
    for (at, variant) in item.variants.iter().enumerate() {
        let ident = &variant.ident;
        let holds = variant.fields.iter().map(|field| match &field.ident {
            Some(ident) => format!("{ident}: {}", short(&field.ty)),
            None => short(&field.ty),
        });
        let holds: Vec<String> = holds.collect();
        lines.push(match (values, holds.is_empty()) {
            (_, false) => format!("{name}::{ident}({})", holds.join(", ")),
            (Some(values), true) => {
                format!("{name}::{ident} {:?}", values.get(at).map_or("", String::as_str))
            }
            (None, true) => {
                let as_field =
                    syn::Field { attrs: variant.attrs.clone(), ident: Some(ident.clone()), ..stand_in() };
                format!("{name}::{ident} {:?}", json_name(&as_field))
            }
        });
    }
    lines
}

fn deprecated(attrs: &[Attribute]) -> &'static str {
    if attrs.iter().any(|attr| attr.path().is_ident("deprecated")) { " [deprecated]" } else { "" }
}

fn mentions(attrs: &[Attribute], attribute: &str, word: &str) -> bool {
    let mut found = attrs.iter().filter(|attr| attr.path().is_ident(attribute));
    found.any(|attr| {
        attr.meta.to_token_stream().into_iter().any(|token| match token {
            TokenTree::Group(group) => group.stream().into_iter().any(|token| token.to_string() == word),
            _ => false,
        })
    })
}

/// The other names under which a field is read.
fn aliases(field: &syn::Field) -> Vec<String> {
    let mut found = Vec::new();
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        // Whatever else the attribute says is of no interest; that it parses is serde's to see to.
        let _ = attr.parse_nested_meta(|meta| {
            if let Ok(value) = meta.value() {
                let text: syn::LitStr = value.parse()?;
                if meta.path.is_ident("alias") {
                    found.push(text.value());
                }
            }
            Ok(())
        });
    }
    found
}

fn stand_in() -> syn::Field {
    syn::parse_quote!(stand_in: ())
}

/// Every string literal of some code, in its order.
fn texts(code: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in code {
        match token {
            TokenTree::Group(group) => found.extend(texts(group.stream())),
            TokenTree::Literal(text) => {
                found
                    .extend(syn::parse2::<syn::LitStr>(text.to_token_stream()).ok().map(|text| text.value()));
            }
            _ => {}
        }
    }
    found
}

/// The facts of a struct expression that say anything, each in brackets; what is `None` or false says nothing.
fn facts(of: &Expr, without: &[&str]) -> String {
    let Some(Expr::Struct(of)) = Some(unwrapped(of)) else { return String::new() };
    let facts = of.fields.iter().filter_map(|fact| {
        let name = fact.member.to_token_stream().to_string();
        let value = Some(&fact.expr).filter(|_| !without.contains(&name.as_str())).and_then(fact_text)?;
        let name = name.replace('_', " ");
        Some(if value.is_empty() { format!(" [{name}]") } else { format!(" [{name} {value}]") })
    });
    facts.collect()
}

fn fact_text(value: &Expr) -> Option<String> {
    match unwrapped(value) {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(flag), .. }) => flag.value.then(String::new),
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => Some(number.base10_digits().to_owned()),
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(format!("{:?}", text.value())),
        Expr::Path(path) => {
            let variant = path.path.segments.last()?.ident.to_string();
            (variant != "None").then(|| heck::AsKebabCase(variant).to_string())
        }
        Expr::Call(call) => {
            let inside: Vec<String> = call.args.iter().filter_map(fact_text).collect();
            match fact_text(&call.func)?.as_str() {
                "some" => Some(inside.join(" ")),
                variant => Some(format!("{variant} {}", inside.join(" "))),
            }
        }
        list @ Expr::Array(_) => {
            let all: Vec<String> = elements(list).into_iter().filter_map(fact_text).collect();
            (!all.is_empty()).then(|| all.join(" "))
        }
        _ => None,
    }
}

fn field<'a>(of: &'a Expr, name: &str) -> Option<&'a Expr> {
    let Expr::Struct(of) = unwrapped(of) else { return None };
    of.fields.iter().find(|field| field.member.to_token_stream().to_string() == name).map(|field| &field.expr)
}

fn unwrapped(value: &Expr) -> &Expr {
    match value {
        Expr::Reference(reference) => unwrapped(&reference.expr),
        other => other,
    }
}

fn elements(value: &Expr) -> Vec<&Expr> {
    match unwrapped(value) {
        Expr::Array(list) => list.elems.iter().collect(),
        _ => Vec::new(),
    }
}

fn literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn scopes(set: &Expr) -> String {
    elements(set).into_iter().filter_map(literal).collect::<Vec<_>>().join(" + ")
}

fn first(pair: &Expr) -> Option<String> {
    match pair {
        Expr::Tuple(pair) => fact_text(pair.elems.first()?),
        _ => None,
    }
}

/// A type as a reader writes it: the last part of every path, and no space that Rust does without.
fn short(ty: &Type) -> String {
    struct Last;
    impl VisitMut for Last {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            visit_mut::visit_path_mut(self, path);
            path.leading_colon = None;
            if let Some(last) = path.segments.pop() {
                path.segments = std::iter::once(last).collect();
            }
        }
    }
    let mut ty = ty.clone();
    Last.visit_type_mut(&mut ty);
    tidy(ty.to_token_stream())
}

/// A type with its paths, but for the crate's own name.
fn written(ty: &Type) -> String {
    tidy(ty.to_token_stream()).replace("crate::", "")
}

fn tidy(tokens: TokenStream) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                text.push_str(tidy(group.stream()).trim_end_matches(", "));
                text.push_str(close);
            }
            // A long type has a comma at the end of each of its lines.
            TokenTree::Punct(mark) if mark.as_char() == '>' => {
                text.truncate(text.trim_end_matches(", ").len());
                text.push('>');
            }
            TokenTree::Punct(mark) if mark.as_char() == '=' => text += " = ",
            TokenTree::Punct(mark) if mark.as_char() == ',' => text += ", ",
            other => {
                let word = other.to_string();
                let letter = |c: char| c.is_alphanumeric() || c == '_';
                if text.ends_with(letter) && word.starts_with(letter) {
                    text.push(' ');
                }
                text += &word;
            }
        }
    }
    text
}
