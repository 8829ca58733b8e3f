//! Where flows of several requests take hold: lists in requests, dates and ids in links.
//!
//! Each is a trait or a method that an annotation asks for; the flows themselves are `jsm-client`'s.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{ItemStruct, Type};

use super::facts::object;
use super::operations::{Bound, Structs, plain};
use super::types::{inner, json_name, qualified};
use crate::annotations::OfSchema;

/// The implementations of `Batched`, `BulkOperation` and `Fetch`, as far as `x-jsm-batch` asks for them.
pub(crate) fn batched(
    bound: &Bound<'_>,
    structs: &Structs<'_>,
    declared: &BTreeSet<String>,
) -> Result<Option<TokenStream>, String> {
    let name = &bound.name;
    if bound.facts.multipart.is_some() && bound.facts.batch_limit.is_some() {
        return Ok(Some(quote! {
            impl crate::Batched for #name {
                type Entry = crate::FilePart;
                fn entries(&self) -> &[Self::Entry] {
                    &self.files
                }
                fn set_entries(&mut self, entries: ::std::vec::Vec<Self::Entry>) {
                    self.files = entries;
                }
                fn entry_size(_: &Self::Entry) -> usize {
                    1
                }
            }
        }));
    }
    let Some(batched) = &bound.facts.batch else { return Ok(None) };
    let part = |part: &str| batched.get(part).and_then(Value::as_str);
    let missing = |part: &str| format!("{name}: x-jsm-batch names as its {part} what is not there");
    let body = bound.params.iter().find(|param| param.is_body()).ok_or_else(|| missing("items"))?;

    // Without a name the body itself is the list.
    let (entry, entries, set, inside) = match part("items") {
        None => {
            let ty = &body.ty;
            let entry = quote!(
                <<#ty as ::std::ops::Deref>::Target as ::std::iter::IntoIterator>::Item
            );
            (entry, quote!(&self.body.0), quote!(self.body = entries.into();), None)
        }
        Some(items) => {
            let (field, ty) = field(&body.ty, items, structs).ok_or_else(|| missing("items"))?;
            let item = inner(ty, "Vec").ok_or_else(|| missing("items"))?;
            let entry = qualified(item, declared);
            (quote!(#entry), quote!(&self.body.#field), quote!(self.body.#field = entries;), Some(item))
        }
    };
    let entry_size = match (part("entry-size"), inside) {
        (None, _) => quote!(let _ = entry; 1),
        (Some(entry_size), Some(item)) => {
            let (field, _) = field(item, entry_size, structs).ok_or_else(|| missing("entry-size"))?;
            quote!(entry.#field.len())
        }
        (Some(_), None) => return Err(missing("entry-size")),
    };
    let keyed = match part("idempotency-key") {
        None => None,
        Some(key) => {
            let key = plain(key);
            let param = bound.params.iter().find(|p| !p.is_body() && plain(&p.ident.to_string()) == key);
            let ident = &param.ok_or_else(|| missing("idempotency-key"))?.ident;
            Some(quote! {
                impl crate::BulkOperation for #name {
                    fn idempotency_key(&self) -> &str {
                        &self.#ident
                    }
                    fn set_idempotency_key(&mut self, key: &str) {
                        self.#ident = key.to_owned();
                    }
                }
            })
        }
    };
    let fetch = match part("response") {
        None => None,
        Some(answer) => {
            let (list, ty) = field(&bound.output, answer, structs).ok_or_else(|| missing("response"))?;
            let item = inner(ty, "Vec").ok_or_else(|| missing("response"))?;
            let id = part("id").and_then(|id| field(item, id, structs)).ok_or_else(|| missing("id"))?.0;
            let item = qualified(item, declared);
            let rest = rest(&body.ty, part("items"), structs);
            Some(quote! {
                impl crate::FetchByIds for #name {
                    type Found = #item;
                    fn found(answer: Self::Output) -> ::std::vec::Vec<Self::Found> {
                        answer.#list
                    }
                    fn id(found: &Self::Found) -> &Self::Entry {
                        &found.#id
                    }
                    #rest
                }
            })
        }
    };
    Ok(Some(quote! {
        impl crate::Batched for #name {
            type Entry = #entry;
            fn entries(&self) -> &[Self::Entry] {
                #entries
            }
            fn set_entries(&mut self, entries: ::std::vec::Vec<Self::Entry>) {
                #set
            }
            fn entry_size(entry: &Self::Entry) -> usize {
                #entry_size
            }
        }
        #keyed
        #fetch
    }))
}

/// What `x-jsm-date` and `x-jsm-linked-id` add to the types.
pub(crate) fn of_types(document: &Value, structs: &Structs<'_>) -> Result<TokenStream, String> {
    let mut all = TokenStream::new();
    let schemas = document.get("components").into_iter().flat_map(|parts| object(parts, "schemas"));
    let by_name: BTreeMap<String, &ItemStruct> =
        structs.iter().map(|(name, item)| (plain(name), *item)).collect();
    for (schema, facts) in schemas {
        let known = by_name.get(&plain(schema));
        let missing = |what: &str| format!("{schema}: {what} names what is not there");
        let notes = OfSchema::read(facts);
        if let Some(date) = notes.date {
            let item = known.ok_or_else(|| missing("x-jsm-date"))?;
            let part = |part: &str| date.get(part).and_then(Value::as_str).and_then(|p| property(item, p));
            let (Some((millis, _)), Some((text, _))) = (part("millis"), part("text")) else {
                return Err(missing("x-jsm-date"));
            };
            let name = &item.ident;
            all.extend(quote! {
                impl crate::Dated for types::#name {
                    fn epoch_millis(&self) -> ::std::option::Option<i64> {
                        self.#millis
                    }
                    fn text(&self) -> ::std::option::Option<&str> {
                        self.#text.as_deref()
                    }
                }
            });
        }
        if let Some(linked) = notes.linked_id {
            let item = known.ok_or_else(|| missing("x-jsm-linked-id"))?;
            let text = |part: &str| linked.get(part).and_then(Value::as_str);
            let (links, ty) =
                text("links").and_then(|p| property(item, p)).ok_or_else(|| missing("x-jsm-linked-id"))?;
            let ty = inner(ty, "Option").ok_or_else(|| missing("x-jsm-linked-id"))?;
            let from = linked.get("from").and_then(Value::as_array).into_iter().flatten();
            let from = from
                .map(|name| name.as_str().and_then(|name| field(ty, name, structs)).map(|(ident, _)| ident))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| missing("x-jsm-linked-id"))?;
            let (Some(id), Some(behind)) = (text("id"), text("behind")) else {
                return Err(missing("x-jsm-linked-id"));
            };
            let (name, id) = (&item.ident, format_ident!("{id}"));
            all.extend(quote! {
                impl types::#name {
                    /// Its id, which stands in its links alone; none where they have no number.
                    pub fn id(&self) -> ::std::option::Option<#id> {
                        let links = self.#links.as_ref()?;
                        crate::link::linked_id(&[#(links.#from.as_deref()),*], #behind)
                    }
                }
            });
        }
    }
    Ok(all)
}

/// Takes the lists of a body apart from the one that is cut into pieces, where there are others.
fn rest(body: &Type, items: Option<&str>, structs: &Structs<'_>) -> Option<TokenStream> {
    let Type::Path(path) = body else { return None };
    let fields = &structs.get(&path.path.segments.last()?.ident.to_string())?.fields;
    let others = fields.iter().filter(|field| {
        inner(&field.ty, "Vec").is_some() && items.is_none_or(|items| json_name(field) != items)
    });
    let others: Vec<&Ident> = others.filter_map(|field| field.ident.as_ref()).collect();
    (!others.is_empty()).then(|| {
        quote! {
            fn take_others(&mut self) -> ::std::option::Option<Self> {
                let mut rest = self.clone();
                crate::Batched::set_entries(&mut rest, ::std::vec::Vec::new());
                #(self.body.#others.clear();)*
                let asks = #(!rest.body.#others.is_empty())||*;
                asks.then_some(rest)
            }
        }
    })
}

/// A property of a struct that a type names.
fn field<'a>(ty: &Type, json: &str, structs: &Structs<'a>) -> Option<(&'a Ident, &'a Type)> {
    let Type::Path(path) = ty else { return None };
    property(structs.get(&path.path.segments.last()?.ident.to_string())?, json)
}

fn property<'a>(item: &'a ItemStruct, json: &str) -> Option<(&'a Ident, &'a Type)> {
    item.fields
        .iter()
        .find(|field| json_name(field) == json)
        .and_then(|field| Some((field.ident.as_ref()?, &field.ty)))
}
