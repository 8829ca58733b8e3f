//! The lines of one item: itself, its fields, its variants, its methods, the traits it has.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Fields, FnArg, ImplItem, Item, ItemImpl, Signature, TraitItem, Type, Visibility};

/// What the lines of items are made with.
pub(super) struct Lines {
    /// The names of private modules, and of what means the crate and the modules around.
    private: BTreeSet<String>,
    /// The implementations by the name of their type.
    implementations: BTreeMap<String, Vec<ItemImpl>>,
}

impl Lines {
    /// Gathers what is needed from all modules of a crate.
    pub(super) fn of(modules: &BTreeMap<Vec<String>, Vec<Item>>) -> Self {
        let mut private = BTreeSet::from(["crate", "self", "super"].map(str::to_owned));
        let mut implementations: BTreeMap<String, Vec<ItemImpl>> = BTreeMap::new();
        for item in modules.values().flatten() {
            match item {
                Item::Mod(item) if !is_public(&item.vis) => drop(private.insert(item.ident.to_string())),
                Item::Impl(item) if !is_hidden(&item.attrs) => {
                    let Type::Path(of) = &*item.self_ty else { continue };
                    let Some(last) = of.path.segments.last() else { continue };
                    implementations.entry(last.ident.to_string()).or_default().push(item.clone());
                }
                _ => {}
            }
        }
        Self { private, implementations }
    }

    /// Adds the lines of an item: nothing where it is not public or has no name.
    ///
    /// `rename` is the name under which it is exported, `prefix` the path in front of that.
    pub(super) fn item(&self, item: &Item, rename: Option<&str>, prefix: &str, lines: &mut BTreeSet<String>) {
        let (Some(own), true) = (name(item), is_listed(item)) else { return };
        let name = format!("{prefix}{}", rename.unwrap_or(&own));
        let mut item = item.clone();
        Shorten(&self.private).visit_item_mut(&mut item);
        match &item {
            Item::Struct(item) => {
                let traits = traits(&item.attrs);
                lines.insert(format!("{name}{} struct{traits}", text(&item.generics)));
                for (at, field) in item.fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis)) {
                    let ident = field.ident.as_ref().map_or_else(|| at.to_string(), ToString::to_string);
                    lines.insert(format!("{name}.{ident}: {}", text(&field.ty)));
                }
                self.implemented(&own, &name, lines);
            }
            Item::Enum(item) => {
                lines.insert(format!("{name}{} enum{}", text(&item.generics), traits(&item.attrs)));
                for variant in &item.variants {
                    let holds = match &variant.fields {
                        Fields::Unit => String::new(),
                        fields => text(fields),
                    };
                    lines.insert(format!("{name}::{}{holds}", variant.ident));
                }
                self.implemented(&own, &name, lines);
            }
            Item::Trait(item) => {
                let above = text(&item.supertraits);
                let above = if above.is_empty() { above } else { format!(": {above}") };
                lines.insert(format!("{name}{} trait{above}", text(&item.generics)));
                lines.extend(item.items.iter().filter_map(|member| trait_member(&name, member)));
            }
            Item::Fn(item) => drop(lines.insert(format!("{prefix}{}", signature(&item.sig)))),
            Item::Const(item) => drop(lines.insert(format!("{name}: {}", text(&item.ty)))),
            Item::Static(item) => drop(lines.insert(format!("{name}: {}", text(&item.ty)))),
            Item::Type(item) => {
                lines.insert(format!("{name}{} = {}", text(&item.generics), text(&item.ty)));
            }
            _ => {}
        }
    }

    /// Adds the methods of a type, and the traits that it has.
    fn implemented(&self, own: &str, name: &str, lines: &mut BTreeSet<String>) {
        for item in self.implementations.get(own).into_iter().flatten() {
            let mut item = item.clone();
            Shorten(&self.private).visit_item_impl_mut(&mut item);
            if let Some((of_trait, _)) = &item.trait_ {
                let arguments = text(&item.self_ty).split_once('<').map(|(_, rest)| format!("<{rest}"));
                lines.insert(format!("{name}{} is {}", arguments.unwrap_or_default(), text(of_trait)));
                continue;
            }
            for member in &item.items {
                match member {
                    ImplItem::Fn(member) if is_public(&member.vis) && !is_hidden(&member.attrs) => {
                        lines.insert(format!("{name}::{}", signature(&member.sig)));
                    }
                    ImplItem::Const(member) if is_public(&member.vis) => {
                        lines.insert(format!("{name}::{}: {}", member.ident, text(&member.ty)));
                    }
                    // What it writes is not seen.
                    ImplItem::Macro(member) => {
                        lines.insert(format!("{name}: {}!", text(&member.mac.path)));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The name of an item that can be listed.
pub(super) fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Const(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Whether an item is public, and neither hidden nor a test.
fn is_listed(item: &Item) -> bool {
    let (visibility, attributes) = match item {
        Item::Struct(item) => (&item.vis, &item.attrs),
        Item::Enum(item) => (&item.vis, &item.attrs),
        Item::Trait(item) => (&item.vis, &item.attrs),
        Item::Fn(item) => (&item.vis, &item.attrs),
        Item::Const(item) => (&item.vis, &item.attrs),
        Item::Static(item) => (&item.vis, &item.attrs),
        Item::Type(item) => (&item.vis, &item.attrs),
        _ => return false,
    };
    is_public(visibility) && !is_hidden(attributes)
}

/// Whether the documentation hides an item, or tests alone have it.
pub(super) fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| ["doc(hidden)", "cfg(test)"].contains(&text(&attribute.meta).as_str()))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Takes private modules off the beginning of paths.
struct Shorten<'a>(&'a BTreeSet<String>);

impl VisitMut for Shorten<'_> {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        visit_mut::visit_path_mut(self, path);
        let last = path.segments.len().saturating_sub(1);
        let private =
            path.segments.iter().take(last).take_while(|step| self.0.contains(&step.ident.to_string()));
        let private = private.count();
        path.segments = std::mem::take(&mut path.segments).into_iter().skip(private).collect();
    }
}

fn trait_member(of: &str, member: &TraitItem) -> Option<String> {
    match member {
        TraitItem::Fn(member) => {
            let given = if member.default.is_some() { " [provided]" } else { "" };
            Some(format!("{of}::{}{given}", signature(&member.sig)))
        }
        TraitItem::Type(member) => Some(format!("{of}::{} type", member.ident)),
        TraitItem::Const(member) => Some(format!("{of}::{}: {}", member.ident, text(&member.ty))),
        _ => None,
    }
}

fn signature(of: &Signature) -> String {
    let arguments: Vec<String> = of
        .inputs
        .iter()
        .map(|argument| match argument {
            // Whether the body changes its own copy does not matter to a caller.
            FnArg::Receiver(receiver) => text(receiver).trim_start_matches("mut ").to_owned(),
            FnArg::Typed(typed) => format!("{}: {}", text(&typed.pat), text(&typed.ty)),
        })
        .collect();
    let asynchronous = if of.asyncness.is_some() { " [async]" } else { "" };
    let returns = text(&of.output);
    let returns = if returns.is_empty() { returns } else { format!(" {returns}") };
    let bounds = of.generics.where_clause.as_ref().map(|bounds| format!(" {}", text(bounds)));
    let bounds = bounds.unwrap_or_default();
    format!("{}{}({}){returns}{bounds}{asynchronous}", of.ident, text(&of.generics), arguments.join(", "))
}

/// What a type derives, and whether it may grow.
fn traits(attributes: &[Attribute]) -> String {
    let written = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("derive") => Some(format!(" [{}]", text(&list.tokens))),
        syn::Meta::Path(path) if path.is_ident("non_exhaustive") => Some(" [non exhaustive]".to_owned()),
        _ => None,
    });
    written.collect()
}

/// Code on one line, spaced as one writes it.
fn text(code: &impl ToTokens) -> String {
    let mut text = code.to_token_stream().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    for (wide, narrow) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" :", ":"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("& ", "&"),
        ("[ ", "["),
        (" ]", "]"),
        (" ;", ";"),
        (",>", ">"),
        (",)", ")"),
    ] {
        text = text.replace(wide, narrow);
    }
    text
}
