//! Which files of a crate use which, read from their paths: no circles, and no arrow up between layers.
//!
//! A file uses another if a path in it leads to a module of that file. Inline tests are left out, and so is what only
//! tests compile.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, UseTree};
use xtask::files;

use super::is_test;

/// The crates whose files may not use each other in a circle, by folder.
const CRATES: [&str; 5] =
    ["crates/jsm-client", "crates/jsm-codegen", "crates/jsm-raw", "crates/jsm-sandbox", "xtask"];

/// The layers of a crate, by folder, from the top (ARCHITECTURE.md). A file uses its own layer and those below.
const LAYERS: [(&str, &[&[&str]]); 2] = [
    (
        "crates/jsm-client",
        &[
            &["lib", "builder", "call", "client", "environment", "request", "testing"],
            &["pagination", "workflows"],
            &["response"],
            &["transport"],
            &["auth"],
            &["error"],
        ],
    ),
    (
        "crates/jsm-sandbox",
        &[
            &["lib", "apps", "contents", "recording", "sandbox"],
            &["wire"],
            &["pipeline"],
            &["handlers"],
            &["views"],
            &["message"],
            &["domain"],
            &["calendar", "clock"],
        ],
    ),
];

/// Which file uses which others.
type Uses = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_files_use_each_other_in_a_circle() {
    for name in CRATES {
        let uses = uses(&modules(name));
        let circle = circle(&uses);
        assert!(circle.is_empty(), "{name} has a circle of files: {}", circle.join(" -> "));
    }
}

#[test]
fn layers_use_lower_layers_only() {
    for (name, layers) in LAYERS {
        let layer = |file: &str| {
            let top = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
            let layer = layers.iter().position(|modules| modules.contains(&top));
            layer.unwrap_or_else(|| panic!("{name}: {file} is in no layer; add `{top}` to LAYERS"))
        };
        for (file, used) in uses(&modules(name)) {
            for other in used {
                assert!(
                    layer(&file) <= layer(&other),
                    "{name}: {file} uses {other}, which is in a layer above"
                );
            }
        }
    }
}

#[test]
fn a_circle_is_found_however_its_paths_are_written() {
    let root = "mod a; mod b; mod c; mod d;";
    for (path, is_circle) in [
        ("use super::a;", true),
        ("use crate::{d, a::{self, Thing}};", true),
        ("fn f() { drop(crate::a::f()) }", true),
        ("mod inline { use super::super::a::Thing; }", true),
        ("use crate as root; fn f() { root::a::f() }", true),
        ("use super::{self as above}; fn f() { above::a::f() }", true),
        ("use super::d; fn f() { d::a::f() }", false),
        ("#[cfg(test)] mod tests { use crate::a; }", false),
        ("fn f() { quote! { crate::a::f() } }", false),
        ("/// [`crate::a`]\nstruct Thing;", false),
    ] {
        let sources = [
            ("", "lib.rs", root),
            ("a", "a.rs", "use crate::b::Thing;"),
            ("b", "b.rs", "use super::{c::*, d};"),
            ("c", "c.rs", path),
            ("d", "d.rs", ""),
        ];
        let module = |(module, file, text): (&str, &str, &str)| Module {
            path: module.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            file: file.to_owned(),
            items: syn::parse_file(text).expect("it is Rust").items,
        };
        let uses = uses(&sources.map(module));
        let circle = circle(&uses);
        let expected: &[&str] = if is_circle { &["a.rs", "b.rs", "c.rs", "a.rs"] } else { &[] };
        assert_eq!(circle, expected, "{path}");
    }
}

/// A module that has a file.
struct Module {
    path: Vec<String>,
    /// Seen from the crate's `src`.
    file: String,
    items: Vec<Item>,
}

/// The modules of a crate, from its root down.
fn modules(name: &str) -> Vec<Module> {
    let src = files::root().join(name).join("src");
    let mut found = Vec::new();
    let mut next = VecDeque::from([(Vec::new(), "lib.rs".to_owned())]);
    while let Some((path, file)) = next.pop_front() {
        let text = fs::read_to_string(src.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let items = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}")).items;
        for item in items.iter().filter(|item| !is_test(item)) {
            let Item::Mod(syn::ItemMod { ident, content: None, .. }) = item else { continue };
            let mut child: Vec<String> = path.clone();
            child.push(ident.to_string());
            let place = child.join("/");
            let file = [format!("{place}.rs"), format!("{place}/mod.rs")];
            let file = file.into_iter().find(|file| src.join(file).exists());
            next.push_back((child, file.unwrap_or_else(|| panic!("{name}: no file of {place}"))));
        }
        found.push(Module { path, file, items });
    }
    found
}

fn uses(modules: &[Module]) -> Uses {
    let files: BTreeMap<&[String], &str> =
        modules.iter().map(|module| (module.path.as_slice(), module.file.as_str())).collect();
    let mut uses = Uses::new();
    for module in modules {
        let mut used = BTreeSet::new();
        gather(&files, &module.path, &module.items, &mut used);
        used.remove(&module.file);
        uses.insert(module.file.clone(), used);
    }
    uses
}

/// The files that items in a module use. An inline module is a module of the same file.
fn gather(files: &BTreeMap<&[String], &str>, module: &[String], items: &[Item], used: &mut BTreeSet<String>) {
    let mut known = Known { files, module, imported: BTreeMap::new() };
    for item in items.iter().filter(|item| !is_test(item)) {
        if let Item::Use(item) = item {
            known.import(None, &item.tree);
        }
    }
    for item in items.iter().filter(|item| !is_test(item)) {
        match item {
            Item::Mod(syn::ItemMod { ident, content: Some((_, items)), .. }) => {
                gather(files, &[module, &[ident.to_string()]].concat(), items, used);
            }
            item => paths(&known, item.to_token_stream(), used),
        }
    }
}

/// The modules that a path in a module can begin with.
struct Known<'k> {
    files: &'k BTreeMap<&'k [String], &'k str>,
    module: &'k [String],
    /// By the name under which they are imported.
    imported: BTreeMap<String, Vec<String>>,
}

impl Known<'_> {
    /// The module of this name: in another one, or at the beginning of a path.
    fn module(&self, within: Option<&[String]>, name: &str) -> Option<Vec<String>> {
        match (name, within) {
            ("crate", None) => Some(Vec::new()),
            ("self", within) => Some(within.unwrap_or(self.module).to_vec()),
            ("super", within) => Some(parent(within.unwrap_or(self.module))),
            (name, within) => {
                let child = [within.unwrap_or(self.module), &[name.to_owned()]].concat();
                let is_module = self.files.contains_key(child.as_slice());
                let imported = || self.imported.get(name).filter(|_| within.is_none()).cloned();
                is_module.then_some(child).or_else(imported)
            }
        }
    }

    /// Notes the modules that a declaration imports.
    fn import(&mut self, within: Option<&[String]>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                if let Some(module) = self.module(within, &path.ident.to_string()) {
                    self.import(Some(&module), &path.tree);
                }
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(within, tree)),
            UseTree::Name(name) => self.note(within, &name.ident, &name.ident),
            UseTree::Rename(name) => self.note(within, &name.ident, &name.rename),
            UseTree::Glob(_) => {}
        }
    }

    fn note(&mut self, within: Option<&[String]>, name: &syn::Ident, as_name: &syn::Ident) {
        if let Some(module) = self.module(within, &name.to_string()) {
            let own = module.last().filter(|_| as_name == "self").cloned();
            self.imported.insert(own.unwrap_or_else(|| as_name.to_string()), module);
        }
    }
}

/// Finds the paths in some code.
fn paths(known: &Known<'_>, code: TokenStream, used: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            // Paths in emitted code lead to modules of the crate that it is emitted for.
            TokenTree::Group(_) if is_quoted(&tokens[..at]) => {}
            TokenTree::Group(group) => paths(known, group.stream(), used),
            TokenTree::Ident(name) if !follows(&tokens[..at]) && is_separator(&tokens[at + 1..]) => {
                if let Some(from) = known.module(None, &name.to_string()) {
                    resolve(known.files, from, &tokens[at + 3..], used);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Follows a path from a module as far as it leads to modules with files.
fn resolve(
    files: &BTreeMap<&[String], &str>,
    from: Vec<String>,
    rest: &[TokenTree],
    used: &mut BTreeSet<String>,
) {
    let mut reach = |from: &[String]| {
        // What is in an inline module is in the file of the module around it.
        let file = (0..=from.len()).rev().find_map(|length| files.get(&from[..length]));
        used.extend(file.map(|file| (*file).to_owned()));
    };
    match rest.first() {
        Some(TokenTree::Ident(name)) => {
            let name = name.to_string();
            let next = match name.as_str() {
                "super" => parent(&from),
                "self" => from.clone(),
                name => [from.as_slice(), &[name.to_owned()]].concat(),
            };
            let is_module = name == "super" || name == "self" || files.contains_key(next.as_slice());
            match is_module {
                true if is_separator(&rest[1..]) => resolve(files, next, &rest[3..], used),
                true => reach(&next),
                false => reach(&from),
            }
        }
        Some(TokenTree::Group(group)) => {
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            for element in
                tokens.split(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ','))
            {
                if !element.is_empty() {
                    resolve(files, from.clone(), element, used);
                }
            }
        }
        _ => reach(&from),
    }
}

fn parent(module: &[String]) -> Vec<String> {
    module.split_last().map(|(_, parent)| parent.to_vec()).unwrap_or_default()
}

/// Whether the tokens start with `::`.
fn is_separator(tokens: &[TokenTree]) -> bool {
    let is_colon =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    is_colon(tokens.first()) && is_colon(tokens.get(1))
}

/// Whether the next group is what `quote!` emits.
fn is_quoted(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(name), TokenTree::Punct(mark)]
        if name == "quote" && mark.as_char() == '!')
}

/// Whether the next name belongs to a path that began before.
fn follows(before: &[TokenTree]) -> bool {
    matches!(before, [.., a, b] if is_separator(&[a.clone(), b.clone()]))
}

/// A shortest circle, with its first file once more at the end; empty if there is none.
fn circle(uses: &Uses) -> Vec<&str> {
    let mut shortest: Vec<&str> = Vec::new();
    for start in uses.keys() {
        // The way back to the start, breadth first.
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut next = VecDeque::from([start.as_str()]);
        'search: while let Some(file) = next.pop_front() {
            for used in uses.get(file).into_iter().flatten() {
                if used == start {
                    let mut way = vec![start.as_str(), file];
                    while let Some(before) = came_from.get(way[way.len() - 1]) {
                        way.push(before);
                    }
                    way.reverse();
                    if shortest.is_empty() || way.len() < shortest.len() {
                        shortest = way;
                    }
                    break 'search;
                }
                if used != start && !came_from.contains_key(used.as_str()) {
                    came_from.insert(used, file);
                    next.push_back(used);
                }
            }
        }
    }
    shortest
}
