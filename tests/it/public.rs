//! The public surface of what is written by hand, read from its source: one line for each thing a program can name.
//!
//! What is generated is listed in `surface`. Whatever says `pub` counts: the lint `unreachable_pub` sees to it that
//! nothing says so in vain. Which private module something is in is left out, also of paths, because no program can name
//! it. A macro in an `impl` block is listed by its name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Fields, FnArg, ImplItem, Item, ItemImpl, Signature, TraitItem, Type, UseTree, Visibility,
};
use xtask::files;

const CRATES: [&str; 2] = ["jsm-client", "jsm-raw"];

#[test]
fn is_reviewed_line_by_line() {
    for name in CRATES {
        let lines = listing(name);
        // Above the lines, a snapshot has four of insta's own.
        assert!(lines.len() + 4 <= 400, "{name} has {} lines: list a part of it on its own", lines.len());
        insta::assert_snapshot!(name, lines.into_iter().collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn tells_every_form_of_item() {
    let source = r#"
        pub use inner::{First, Second as Third, more::*};
        #[derive(Clone, Debug)] #[non_exhaustive]
        pub struct Place<'a, T: Send> { pub at: &'a [T], hidden: u8 }
        pub struct Count(pub u32, u8);
        impl<'a, T: Send> Place<'a, T> {
            pub async fn go(&mut self, to: impl Into<String>) -> Result<Vec<T>, Error> where T: Sync { self.went(to).await }
            fn own(&self) {}
        }
        impl std::fmt::Display for Count { fn fmt(&self) {} }
        impl Clone for Private { fn clone(&self) {} }
        pub enum Kind { One, Two(u8), Three { deep: bool } }
        pub trait Clock: Send { type Time; fn now(&self) -> u64; fn later(&self) -> u64 { 1 } }
        pub const MOST: usize = 3;
        pub type Result<T, E = Error> = std::result::Result<T, E>;
        pub(crate) fn inside() {}
        struct Private;
        #[cfg(test)] pub fn tested() {}
        pub fn outside(n: u8) -> bool { true }
    "#;
    insta::assert_snapshot!("forms", of(source).into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn stays_when_a_private_module_moves() {
    let forms = [
        "mod ground; pub use ground::Failure; pub use ground::Failure as Error; pub use ground::{self as floor, Depth}; \
         pub fn fall(from: ground::Depth) -> std::result::Result<(), std::io::error::Failure> { deep::go() } \
         impl From<ground::Failure> for Error { fn from() {} } impl ground::Fall for Depth {} \
         mod inner { pub struct Error; pub struct Depth; pub fn go(at: super::ground::Depth) {} }",
        "mod earth { mod ground; } pub use crate::earth::ground::Failure; pub use earth::ground::Failure as Error; \
         pub use self::earth::ground::{self as floor, Depth}; \
         pub fn fall(from: crate::earth::ground::Depth) -> std::result::Result<(), std::io::error::Failure> { go() } \
         impl From<earth::ground::Failure> for Error { fn from() {} } impl earth::ground::Fall for Depth {} \
         mod other { pub struct Error; pub struct Depth; mod error { pub fn go(at: Depth) {} } }",
    ];
    let [before, after] = forms.map(of);
    assert_eq!(before, after);
    assert!(before.contains("use Failure as Error"), "{before:#?}");
    assert!(
        before.contains("fall(from: Depth) -> std::result::Result<(), std::io::error::Failure>"),
        "{before:#?}"
    );
}

fn of(source: &str) -> BTreeSet<String> {
    let file = syn::parse_file(source).expect("it is Rust");
    listed(&file.items, &modules(&file.items))
}

fn listing(name: &str) -> BTreeSet<String> {
    let mut items = Vec::new();
    read(&files::root().join("crates").join(name).join("src"), &mut items);
    let lines = listed(&items, &modules(&items));
    assert!(!lines.is_empty(), "{name} has nothing public");
    lines
}

/// Every item of every file below a folder; which file it stands in is no part of the surface.
fn read(folder: &Path, items: &mut Vec<Item>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, items);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source is text");
            items.extend(syn::parse_file(&text).expect("a source is Rust").items);
        }
    }
}

/// The lines of some items, whose paths do not say through which private modules they lead.
fn listed(items: &[Item], modules: &BTreeSet<String>) -> BTreeSet<String> {
    let mut items = items.to_vec();
    items.iter_mut().for_each(|item| Shorten(modules).visit_item_mut(item));
    let mut lines = BTreeSet::new();
    list(&items, &declared(&items), &mut lines);
    lines
}

/// The names of the private modules, and of what stands for the crate and the modules around.
fn modules(items: &[Item]) -> BTreeSet<String> {
    let mut found = BTreeSet::from(["crate", "self", "super"].map(str::to_owned));
    for item in items {
        let Item::Mod(item) = item else { continue };
        if !public(&item.vis) {
            found.insert(item.ident.to_string());
        }
        found.extend(modules(item.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default()));
    }
    found
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

    fn visit_use_tree_mut(&mut self, tree: &mut UseTree) {
        while let UseTree::Path(path) = tree
            && self.0.contains(&path.ident.to_string())
        {
            *tree = (*path.tree).clone();
        }
        visit_mut::visit_use_tree_mut(self, tree);
    }
}

/// The types that implementations can be of.
fn declared(items: &[Item]) -> BTreeSet<String> {
    let named = items.iter().filter_map(|item| match item {
        Item::Struct(item) if public(&item.vis) => Some(item.ident.to_string()),
        Item::Enum(item) if public(&item.vis) => Some(item.ident.to_string()),
        _ => None,
    });
    named.collect()
}

fn list(items: &[Item], declared: &BTreeSet<String>, lines: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Use(item) if public(&item.vis) => leaves(&item.tree, "", lines),
            Item::Mod(item) if public(&item.vis) && item.content.is_none() => {
                lines.insert(format!("{} module", item.ident));
            }
            Item::Mod(item) if !tested(&item.attrs) => {
                let inside = item.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default();
                list(inside, declared, lines);
            }
            Item::Struct(item) if public(&item.vis) => {
                let name = &item.ident;
                lines.insert(format!("{name}{} struct{}", text(&item.generics), traits(&item.attrs)));
                for (at, field) in item.fields.iter().enumerate().filter(|(_, field)| public(&field.vis)) {
                    let ident = field.ident.as_ref().map_or_else(|| at.to_string(), ToString::to_string);
                    lines.insert(format!("{name}.{ident}: {}", text(&field.ty)));
                }
            }
            Item::Enum(item) if public(&item.vis) => {
                lines.insert(format!("{}{} enum{}", item.ident, text(&item.generics), traits(&item.attrs)));
                for variant in &item.variants {
                    let holds = match &variant.fields {
                        Fields::Unit => String::new(),
                        fields => text(fields),
                    };
                    lines.insert(format!("{}::{}{holds}", item.ident, variant.ident));
                }
            }
            Item::Trait(item) if public(&item.vis) => {
                let above = text(&item.supertraits);
                let above = if above.is_empty() { above } else { format!(": {above}") };
                lines.insert(format!("{}{} trait{above}", item.ident, text(&item.generics)));
                for member in &item.items {
                    match member {
                        TraitItem::Fn(member) => {
                            let given = if member.default.is_some() { " [provided]" } else { "" };
                            lines.insert(format!("{}::{}{given}", item.ident, signature(&member.sig)));
                        }
                        TraitItem::Type(member) => {
                            lines.insert(format!("{}::{} type", item.ident, member.ident));
                        }
                        TraitItem::Const(member) => {
                            lines.insert(format!("{}::{}: {}", item.ident, member.ident, text(&member.ty)));
                        }
                        _ => {}
                    }
                }
            }
            Item::Impl(item) if !tested(&item.attrs) => implementation(item, declared, lines),
            Item::Fn(item) if public(&item.vis) && !tested(&item.attrs) => {
                lines.insert(signature(&item.sig));
            }
            Item::Const(item) if public(&item.vis) => {
                lines.insert(format!("{}: {}", item.ident, text(&item.ty)));
            }
            Item::Static(item) if public(&item.vis) => {
                lines.insert(format!("{}: {}", item.ident, text(&item.ty)));
            }
            Item::Type(item) if public(&item.vis) => {
                lines.insert(format!("{}{} = {}", item.ident, text(&item.generics), text(&item.ty)));
            }
            _ => {}
        }
    }
}

fn implementation(item: &ItemImpl, declared: &BTreeSet<String>, lines: &mut BTreeSet<String>) {
    let Type::Path(of) = &*item.self_ty else { return };
    let Some(name) = of.path.segments.last().map(|segment| segment.ident.to_string()) else { return };
    if !declared.contains(&name) {
        return;
    }
    if let Some((of_trait, _)) = &item.trait_ {
        lines.insert(format!("{} is {}", text(&item.self_ty), text(of_trait)));
        return;
    }
    for member in &item.items {
        match member {
            ImplItem::Fn(member) if public(&member.vis) && !tested(&member.attrs) => {
                lines.insert(format!("{name}::{}", signature(&member.sig)));
            }
            ImplItem::Const(member) if public(&member.vis) => {
                lines.insert(format!("{name}::{}: {}", member.ident, text(&member.ty)));
            }
            // The setters of `RequestOptions`, by their macro.
            ImplItem::Macro(member) => {
                lines.insert(format!("{name}: {}!", text(&member.mac.path)));
            }
            _ => {}
        }
    }
}

fn signature(of: &Signature) -> String {
    let arguments: Vec<String> = of
        .inputs
        .iter()
        .map(|argument| match argument {
            // Whether the body changes its own copy is no business of a caller.
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

fn leaves(tree: &UseTree, above: &str, lines: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &format!("{above}{}::", path.ident), lines),
        UseTree::Name(name) => drop(lines.insert(format!("use {above}{}", name.ident))),
        UseTree::Rename(name) => {
            lines.insert(format!("use {above}{} as {}", name.ident, name.rename));
        }
        UseTree::Glob(_) => drop(lines.insert(format!("use {above}*"))),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, above, lines)),
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn tested(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| text(&attribute.meta) == "cfg(test)")
}

/// What a type derives, and whether it may grow.
fn traits(attributes: &[Attribute]) -> String {
    let mut told = String::new();
    for attribute in attributes {
        match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("derive") => {
                told += &format!(" [{}]", text(&list.tokens))
            }
            syn::Meta::Path(path) if path.is_ident("non_exhaustive") => told += " [non exhaustive]",
            _ => {}
        }
    }
    told
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
