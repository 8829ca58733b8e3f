//! Lengths of time, and cycles of SLAs that consist of them, as `x-jsm-duration`, `x-jsm-sla-cycle` and
//! `x-jsm-sla-cycles` ask for them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemStruct;

use super::bound::Context;
use super::rust::{inner, plain, property};
use crate::diagnostic::Diagnostic;
use crate::model::{Schema, SlaCycle, SlaCycles};

/// The methods of all types.
pub(crate) fn durations(context: &Context<'_>) -> Result<TokenStream, Diagnostic> {
    let mut emitted = TokenStream::new();
    for (name, schema) in &context.document.schemas {
        let Schema { annotations, .. } = schema;
        let item =
            context.structs.iter().find(|(known, _)| plain(known) == plain(name)).map(|(_, item)| *item);
        let methods = [
            annotations.duration.map(|millis| ("duration", item.and_then(|item| duration(item, millis)))),
            annotations
                .sla_cycle
                .map(|parts| ("sla-cycle", item.and_then(|item| cycle(context, item, &parts)))),
            annotations
                .sla_cycles
                .map(|parts| ("sla-cycles", item.and_then(|item| cycles(context, item, &parts)))),
        ];
        for (annotation, methods) in methods.into_iter().flatten() {
            emitted.extend(methods.ok_or_else(|| wrong(name, annotation))?);
        }
    }
    Ok(emitted)
}

/// An annotation names a property that is not there, or one of another type.
pub(super) fn wrong(schema: &str, annotation: &str) -> Diagnostic {
    let problem = format!("its x-jsm-{annotation} names what is not there, or is of another type");
    Diagnostic::new(schema, problem, format!("correct x-jsm-{annotation} in ergonomics.yaml"))
}

fn duration(item: &ItemStruct, millis: &str) -> Option<TokenStream> {
    let (name, (millis, ty)) = (&item.ident, property(item, millis)?);
    inner(ty, "Option").filter(|ty| quote!(#ty).to_string() == "i64")?;
    Some(quote! {
        impl types::#name {
            /// The length of time, which is below zero where more time was used than there was. `None` if the response
            /// has none.
            pub fn signed_duration(&self) -> ::std::option::Option<::jiff::SignedDuration> {
                crate::duration::signed(self.#millis)
            }
            /// The length of time. `None` if the response has none, or if it is below zero: `signed_duration` has it
            /// then.
            pub fn duration(&self) -> ::std::option::Option<::std::time::Duration> {
                crate::duration::unsigned(self.#millis)
            }
        }
    })
}

fn cycle(context: &Context<'_>, item: &ItemStruct, parts: &SlaCycle<'_>) -> Option<TokenStream> {
    let (breached, ty) = property(item, parts.breached)?;
    inner(ty, "Option").filter(|ty| quote!(#ty).to_string() == "bool")?;
    let time = |name: &str| {
        let (ident, ty) = property(item, name)?;
        annotated(context, inner(ty, "Option")?, |schema| schema.annotations.duration.is_some())
            .then_some(ident)
    };
    let (goal, elapsed, remaining) = (time(parts.goal)?, time(parts.elapsed)?, time(parts.remaining)?);
    let name = &item.ident;
    let signed = quote!(::std::option::Option<::jiff::SignedDuration>);
    Some(quote! {
        impl types::#name {
            /// Whether the goal was missed: as the server reports it, else by the times. `false` if the response has
            /// neither.
            pub fn is_breached(&self) -> bool {
                crate::SlaCycle::is_breached(self)
            }
        }
        impl crate::sealed::Sealed for types::#name {}
        impl crate::SlaCycle for types::#name {
            fn is_breached(&self) -> bool {
                crate::sla::is_breached(self.#breached, self.goal(), self.elapsed(), self.remaining())
            }
            fn goal(&self) -> #signed {
                self.#goal.as_ref()?.signed_duration()
            }
            fn elapsed(&self) -> #signed {
                self.#elapsed.as_ref()?.signed_duration()
            }
            fn remaining(&self) -> #signed {
                self.#remaining.as_ref()?.signed_duration()
            }
        }
    })
}

fn cycles(context: &Context<'_>, item: &ItemStruct, parts: &SlaCycles<'_>) -> Option<TokenStream> {
    let of = |name: &str, wrapper: &str| {
        let (ident, ty) = property(item, name)?;
        annotated(context, inner(ty, wrapper)?, |schema| schema.annotations.sla_cycle.is_some())
            .then_some(ident)
    };
    let (ended, running) = (of(parts.ended, "Vec")?, of(parts.running, "Option")?);
    let name = &item.ident;
    Some(quote! {
        impl types::#name {
            /// The cycles: those that have ended, in the server's order, and the one that runs.
            pub fn cycles(&self) -> impl ::std::iter::Iterator<Item = &dyn crate::SlaCycle> {
                let ended = self.#ended.iter().map(|cycle| cycle as &dyn crate::SlaCycle);
                ended.chain(self.#running.iter().map(|cycle| cycle as &dyn crate::SlaCycle))
            }
        }
    })
}

/// Whether a type is made from a schema of which this holds.
fn annotated(context: &Context<'_>, ty: &syn::Type, holds: impl Fn(&Schema<'_>) -> bool) -> bool {
    let name = plain(&super::rust::name_of(ty));
    context.document.schemas.iter().any(|(schema, node)| plain(schema) == name && holds(node))
}
