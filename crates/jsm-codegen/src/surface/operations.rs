//! The lines of one operation: its facts from the document, its signatures from the source.

use std::collections::{BTreeMap, BTreeSet};

use heck::AsKebabCase;
use quote::ToTokens;
use syn::{ImplItem, ImplItemFn, ItemImpl, ItemStruct, Type};

use super::types::methods;
use super::written::{last, short, signature};
use crate::model::{Operation, PaginationStyle};

/// Adds the lines of an operation; `is_shared` says whether a type is in the shared part.
pub(super) fn operation(
    operation: &Operation<'_>,
    item: &ItemStruct,
    implementations: &[&ItemImpl],
    is_shared: &dyn Fn(&str) -> bool,
    lines: &mut BTreeSet<String>,
) {
    let name = format!("{}::{}", operation.group(), item.ident);
    lines.insert(format!("{name} {}", facts(operation, implementations)));
    if !operation.scopes.is_empty() {
        let sets: Vec<String> = operation.scopes.iter().map(|set| set.join(" + ")).collect();
        lines.insert(format!("{name} scopes {}", sets.join(" or ")));
    }
    let statuses: Vec<String> = operation.statuses().map(|(status, _)| status.to_string()).collect();
    if !statuses.is_empty() {
        lines.insert(format!("{name} statuses {}", statuses.join(" ")));
    }
    let body = item.fields.iter().find(|field| field.ident.as_ref().is_some_and(|ident| ident == "body"));
    let shared_body = body.map(|body| short(&body.ty)).filter(|body| is_shared(body));
    let own = implementations.iter().filter(|item| item.trait_.is_none());
    lines.extend(own.flat_map(|item| methods(item)).filter_map(|method| {
        match (&shared_body, passed_on(method)) {
            (Some(body), Some(passed)) if method.sig.ident == "new" => {
                let line = signature(&name, method, &passed);
                let comma = if line.ends_with("()") { "" } else { ", " };
                Some(format!("{}{comma}..types::{body}::new)", line.trim_end_matches(')')))
            }
            (Some(body), Some(_)) => Some(format!("{name}::.. sets what types::{body} sets")),
            // A program that can put a body in can look at it.
            _ if method.sig.ident == "body" && method.sig.inputs.len() == 1 => None,
            _ => Some(signature(&name, method, &[])),
        }
    }));
}

/// Method, path and output, and what else the document says, each in brackets.
fn facts(operation: &Operation<'_>, implementations: &[&ItemImpl]) -> String {
    let types: BTreeMap<String, &Type> = implementations.iter().flat_map(|item| associated(item)).collect();
    let short_of = |name: &str| types.get(name).map(|ty| short(ty));
    let annotations = &operation.annotations;
    let pagination = operation.pagination().map(|pagination| {
        let style = match pagination.style {
            PaginationStyle::Offset => "offset",
            PaginationStyle::Number => "number",
            PaginationStyle::Cursor => "cursor",
            PaginationStyle::LinkCursor => "link-cursor",
        };
        let items = short_of("Item").map(|item| format!(" of {item}")).unwrap_or_default();
        format!("paginated {style}{items}")
    });
    let traits = implementations.iter().filter_map(|item| Some(last(&item.trait_.as_ref()?.0)));
    let traits = traits.filter(|name| !["Operation", "Paginated", "Sealed"].contains(&name.as_str()));
    let traits = traits.map(|name| AsKebabCase(name).to_string().replace('-', " "));
    let flag = |is_so: bool, name: &str| is_so.then(|| name.to_owned());
    let statuses: Vec<String> = annotations.response_statuses.iter().map(u16::to_string).collect();
    let body = match annotations.multipart {
        Some(part) => Some(format!("body multipart {part:?}")),
        None => flag(operation.json_body().is_some(), "body json"),
    };
    let facts = [
        flag(operation.experimental, "experimental"),
        flag(operation.always_opts_in(), "always opt in"),
        flag(operation.deprecated, "deprecated"),
        flag(!statuses.is_empty(), &format!("response statuses {}", statuses.join(" "))),
        flag(operation.is_idempotent(), "idempotent"),
        annotations.rate_limit.map(|limit| format!("rate limit {limit}")),
        annotations.batch_limit.map(|limit| format!("batch limit {limit}")),
        operation.rate_limit_key.map(|key| format!("rate limit key {key:?}")),
        body,
    ];
    let facts = pagination.into_iter().chain(traits).chain(facts.into_iter().flatten());
    let facts: String = facts.map(|fact| format!(" [{fact}]")).collect();
    format!("{} -> {}{facts}", operation.place(), short_of("Output").unwrap_or_default())
}

/// The types that an implementation gives names to.
pub(super) fn associated(item: &ItemImpl) -> impl Iterator<Item = (String, &Type)> {
    item.items.iter().filter_map(|member| match member {
        ImplItem::Type(member) => Some((member.ident.to_string(), &member.ty)),
        _ => None,
    })
}

/// The arguments that a method of an operation does nothing with but hand them on to its body.
fn passed_on(method: &ImplItemFn) -> Option<Vec<String>> {
    let code = method.block.to_token_stream().to_string().replace(char::is_whitespace, "");
    let (_, call) = code.split_once("body:<").or_else(|| code.split_once("self.body=self.body."))?;
    let (arguments, _) = call.split_once('(')?.1.split_once(')')?;
    Some(arguments.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
