//! Operations that send lists in batches: `Batched`, `BulkOperation` and `FetchByIds`, as `x-jsm-batch` asks for them.
//!
//! How many batches there are and how they are sent is decided in `jsm-client`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

use super::bound::{Bound, Context};
use super::rust::{field, inner, qualified};
use crate::diagnostic::Diagnostic;
use crate::model::Batch;

/// The traits of one operation; none where it sends no batches.
pub(crate) fn batched(context: &Context<'_>, bound: &Bound<'_>) -> Result<TokenStream, Diagnostic> {
    let annotations = &bound.operation.annotations;
    if annotations.multipart.is_some() && annotations.batch_limit.is_some() {
        return Ok(files(&bound.name));
    }
    let Some(batch) = &annotations.batch else { return Ok(TokenStream::new()) };
    let list = List::of(context, bound, batch).ok_or("items");
    let emitted = list.and_then(|list| {
        let size = entry_size(context, batch, &list).ok_or("entry-size")?;
        let others = take_others(context, bound, batch).ok_or("other")?;
        let batched = list.batched(&bound.name, &size, &others);
        let ids = entry_ids(context, batch, &list).ok_or("entry-ids")?;
        let bulk = bulk_operation(bound, batch, &ids).ok_or("idempotency-key")?;
        let fetch = fetch_by_ids(context, bound, batch).ok_or("response and id")?;
        Ok(quote!(#batched #bulk #fetch))
    });
    emitted.map_err(|part| {
        let problem = format!("its x-jsm-batch names as its {part} what is not there");
        Diagnostic::new(bound.operation.place(), problem, "correct x-jsm-batch in ergonomics.yaml")
    })
}

/// Files of an upload, sent in batches.
fn files(name: &Ident) -> TokenStream {
    quote! {
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
    }
}

/// The list that is sent in batches.
struct List<'c> {
    /// The type of an entry.
    entry: TokenStream,
    /// The expression that borrows the list.
    entries: TokenStream,
    /// The statement that sets it.
    set: TokenStream,
    /// The type of an entry as the body's struct has it; none where the body itself is the list.
    within: Option<&'c Type>,
}

impl<'c> List<'c> {
    fn of(context: &Context<'c>, bound: &Bound<'_>, batch: &Batch<'_>) -> Option<Self> {
        let body = &bound.body()?.ty;
        let Some(items) = batch.items else {
            return Some(Self {
                entry: quote!(<<#body as ::std::ops::Deref>::Target as ::std::iter::IntoIterator>::Item),
                entries: quote!(&self.body.0),
                set: quote!(self.body = entries.into();),
                within: None,
            });
        };
        let (field, ty) = field(body, items, &context.structs)?;
        let item = inner(ty, "Vec")?;
        let entry = qualified(item, &context.declared);
        Some(Self {
            entry: quote!(#entry),
            entries: quote!(&self.body.#field),
            set: quote!(self.body.#field = entries;),
            within: Some(item),
        })
    }

    fn batched(&self, name: &Ident, size: &TokenStream, others: &TokenStream) -> TokenStream {
        let Self { entry, entries, set, .. } = self;
        quote! {
            impl crate::Batched for #name {
                type Entry = #entry;
                fn entries(&self) -> &[Self::Entry] {
                    #entries
                }
                fn set_entries(&mut self, entries: ::std::vec::Vec<Self::Entry>) {
                    #set
                }
                fn entry_size(entry: &Self::Entry) -> usize {
                    #size
                }
                #others
            }
        }
    }
}

/// The method that counts what the server limits, where it has a limit.
pub(crate) fn batch_size(context: &Context<'_>, bound: &Bound<'_>) -> Option<TokenStream> {
    let annotations = &bound.operation.annotations;
    annotations.batch_limit?;
    let other = annotations.batch.as_ref().and_then(|batch| batch.other);
    let other = other.and_then(|other| field(&bound.body()?.ty, other, &context.structs));
    let other = other.map(|(other, _)| quote!(+ self.body.#other.len()));
    Some(quote! {
        fn batch_size(&self) -> usize {
            let entries = crate::Batched::entries(self).iter();
            entries.map(<Self as crate::Batched>::entry_size).sum::<usize>() #other
        }
    })
}

/// The expression of how many entries an entry counts as.
fn entry_size(context: &Context<'_>, batch: &Batch<'_>, list: &List<'_>) -> Option<TokenStream> {
    let Some(size) = batch.entry_size else { return Some(quote!(let _ = entry; 1)) };
    let (field, _) = field(list.within?, size, &context.structs)?;
    Some(quote!(entry.#field.len()))
}

/// The implementation of `BulkOperation`, where a header makes sending a batch again harmless.
fn bulk_operation(bound: &Bound<'_>, batch: &Batch<'_>, ids: &TokenStream) -> Option<TokenStream> {
    let Some(key) = batch.idempotency_key else { return Some(TokenStream::new()) };
    let (name, ident) = (&bound.name, &bound.argument(key)?.ident);
    Some(quote! {
        impl crate::BulkOperation for #name {
            fn idempotency_key(&self) -> ::std::option::Option<&str> {
                self.#ident.as_deref()
            }
            fn set_idempotency_key(&mut self, key: impl ::std::convert::Into<::std::string::String>) {
                self.#ident = ::std::option::Option::Some(key.into());
            }
            #ids
        }
    })
}

/// The method that lists the ids of an entry, where the document says which they are.
fn entry_ids(context: &Context<'_>, batch: &Batch<'_>, list: &List<'_>) -> Option<TokenStream> {
    let ids = batch.entry_ids.iter().map(|path| {
        let (mut ty, mut place) = (list.within?, quote!(entry));
        for part in path.split('/') {
            let (field, inside) = field(ty, part, &context.structs)?;
            (ty, place) = (inside, quote!(#place.#field));
        }
        Some(match inner(ty, "Option") {
            Some(_) => quote!(#place.as_ref().map(|id| id.as_str())),
            None => quote!(::std::option::Option::Some(#place.as_str())),
        })
    });
    let ids = ids.collect::<Option<Vec<TokenStream>>>()?;
    if ids.is_empty() {
        return Some(TokenStream::new());
    }
    Some(quote! {
        fn entry_ids(entry: &Self::Entry) -> ::std::vec::Vec<&str> {
            [#(#ids),*].into_iter().flatten().collect()
        }
    })
}

/// The implementation of `FetchByIds`, where the response lists what was asked for.
fn fetch_by_ids(context: &Context<'_>, bound: &Bound<'_>, batch: &Batch<'_>) -> Option<TokenStream> {
    let Some(response) = batch.response else { return Some(TokenStream::new()) };
    let (list, ty) = field(&bound.output, response, &context.structs)?;
    let item = inner(ty, "Vec")?;
    let (id, _) = field(item, batch.id?, &context.structs)?;
    let item = qualified(item, &context.declared);
    let name = &bound.name;
    Some(quote! {
        impl crate::FetchByIds for #name {
            type Found = #item;
            fn found(response: Self::Output) -> ::std::vec::Vec<Self::Found> {
                response.#list
            }
            fn id(found: &Self::Found) -> &Self::Entry {
                &found.#id
            }
        }
    })
}

/// The method that splits off the second list, where there is one.
fn take_others(context: &Context<'_>, bound: &Bound<'_>, batch: &Batch<'_>) -> Option<TokenStream> {
    let Some(other) = batch.other else { return Some(TokenStream::new()) };
    let (other, ty) = field(&bound.body()?.ty, other, &context.structs)?;
    inner(ty, "Vec")?;
    Some(quote! {
        fn take_others(&mut self, most: usize) -> ::std::vec::Vec<Self> {
            let others = ::std::mem::take(&mut self.body.#other);
            crate::batch::others(self, &others, most, |operation, part| operation.body.#other = part)
        }
    })
}
