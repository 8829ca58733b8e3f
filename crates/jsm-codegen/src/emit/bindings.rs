//! What progenitor makes of the effective document.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;
use syn::visit_mut::VisitMut;
use syn::{ImplItem, Item, ItemImpl, UseTree, parse_quote};

use super::narrow::narrow;
use crate::diagnostic::Diagnostic;
use crate::model::{Document, Id};

/// Runs progenitor; `module` is the path of the module that the code will be in.
pub(crate) fn bindings(document: &Document<'_>, module: &str) -> Result<syn::File, Diagnostic> {
    let failed = |problem: String| {
        let fix = "run `cargo xtask effective`, whose lint names the place";
        Diagnostic::new("", problem, fix)
    };
    let spec = serde_json::from_value(narrow(document))
        .map_err(|error| failed(format!("it is not an OpenAPI 3.0 document: {error}")))?;
    let tokens = Generator::new(&settings(document, module))
        .generate_tokens(&spec)
        .map_err(|error| failed(format!("progenitor does not take the document: {error}")))?;
    let mut file = syn::parse2(tokens)
        .map_err(|error| failed(format!("progenitor's output does not parse: {error}")))?;
    encode_paths_ourselves(&mut file);
    decode_bodies_ourselves(&mut file);
    inline_methods(&mut file);
    Ok(file)
}

fn settings(document: &Document<'_>, module: &str) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Recorder))
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for (name, schema) in &document.schemas {
        let impls = [TypeImpl::Display, TypeImpl::FromStr].into_iter();
        if let Some(item) = schema.page_item() {
            let rust = format!("crate::Page<{module}::types::{item}>");
            settings.with_replacement(name, rust, std::iter::empty());
        } else if let Some(id) = schema.annotations.id {
            let rust = match id {
                Id::NumberOf(id) => format!("crate::NumericId<{module}::id::{id}>"),
                Id::Own => format!("{module}::{name}"),
            };
            settings.with_replacement(name, rust, impls);
        }
    }
    settings
}

/// Lets paths be written by our `encode_path`: progenitor's leaves semicolons as they are.
fn encode_paths_ourselves(file: &mut syn::File) {
    struct Remove;
    impl VisitMut for Remove {
        fn visit_use_group_mut(&mut self, group: &mut syn::UseGroup) {
            let names = std::mem::take(&mut group.items).into_iter();
            let others =
                names.filter(|name| !matches!(name, UseTree::Name(name) if name.ident == "encode_path"));
            group.items = others.collect();
        }
    }
    file.items.iter_mut().for_each(|item| Remove.visit_item_mut(item));
    file.items.push(parse_quote!(
        #[allow(unused_imports)]
        use crate::encode_path;
    ));
}

/// Lets bodies be decoded by the function that operations decode them with: with progenitor's own, the compiler would
/// generate the decoder of every type twice.
fn decode_bodies_ourselves(file: &mut syn::File) {
    struct Replace;
    impl VisitMut for Replace {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string());
            if segments.eq(["ResponseValue", "from_response"]) {
                *path = parse_quote!(crate::recorder::value);
            }
        }
    }
    impls(file).for_each(|item| Replace.visit_item_impl_mut(item));
}

/// Lets the compiler build a method where it is called, so that a program builds those of its own operations only.
fn inline_methods(file: &mut syn::File) {
    for item in impls(file).flat_map(|item| &mut item.items) {
        if let ImplItem::Fn(method) = item {
            method.attrs.push(parse_quote!(#[inline]));
        }
    }
}

fn impls(file: &mut syn::File) -> impl Iterator<Item = &mut ItemImpl> {
    file.items.iter_mut().filter_map(|item| match item {
        Item::Impl(item) => Some(item),
        _ => None,
    })
}
