//! What `jsm-client` re-exports: every crate whose types its public signatures name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit_mut::{self, VisitMut};
use syn::{Field, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, ItemTrait, ItemType, UseTree, Visibility};
use xtask::files;

/// Crates that need not be re-exported: a program has tokio and serde of its own, and `jsm_raw` is re-exported by item.
const EXEMPT: [&str; 3] = ["jsm_raw", "serde", "tokio"];

#[test]
fn every_crate_in_a_public_signature_is_reexported() {
    let mut named = BTreeMap::new();
    for name in ["jsm-client", "jsm-raw"] {
        read(&files::root().join("crates").join(name).join("src"), &mut named);
    }
    let lib =
        fs::read_to_string(files::root().join("crates/jsm-client/src/lib.rs")).expect("a source is text");
    let lib = syn::parse_file(&lib).expect("a source is Rust");
    let mut reexported = BTreeSet::new();
    for item in &lib.items {
        if let Item::Use(item) = item
            && public(&item.vis)
        {
            leaves(&item.tree, None, &mut |name, _| {
                reexported.insert(name);
            });
        }
    }
    for expected in ["bytes", "http", "jiff", "reqwest", "secrecy"] {
        assert!(named.contains_key(expected), "no signature names {expected}: {named:?}");
    }
    let dependencies = dependencies("crates/jsm-client/Cargo.toml");
    for (name, place) in named.into_iter().filter(|(name, _)| dependencies.contains(name)) {
        let known = EXEMPT.contains(&name.as_str()) || reexported.contains(&name);
        assert!(known, "{place} names a type of {name}: re-export the crate in jsm-client/src/lib.rs");
    }
}

/// The crates that a manifest names, as Rust calls them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(files::root().join(manifest)).expect("a manifest is text");
    let manifest: toml::Table = text.parse().expect("a manifest is TOML");
    let dependencies = manifest["dependencies"].as_table().expect("it has dependencies");
    dependencies.keys().map(|name| name.replace('-', "_")).collect()
}

/// Adds the crates that the public signatures of every file below a folder name, each with such a file.
fn read(folder: &Path, named: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, named);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source is text");
        let mut file = syn::parse_file(&text).expect("a source is Rust");
        let mut imports = BTreeMap::new();
        for item in &file.items {
            if let Item::Use(item) = item {
                leaves(&item.tree, None, &mut |name, root| {
                    imports.insert(name, root.to_owned());
                });
            }
        }
        let mut signatures = Signatures { imports, named: BTreeSet::new() };
        signatures.visit_file_mut(&mut file);
        for name in signatures.named {
            named.entry(name).or_insert_with(|| path.display().to_string());
        }
    }
}

/// Calls a function with every name of an import, and the crate or module that its path begins with.
fn leaves(tree: &UseTree, root: Option<&str>, found: &mut impl FnMut(String, &str)) {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            leaves(&path.tree, Some(root.unwrap_or(&first)), found);
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            found(name.clone(), root.unwrap_or(&name));
        }
        UseTree::Rename(name) => found(name.rename.to_string(), root.unwrap_or_default()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, root, found)),
        UseTree::Glob(_) => {}
    }
}

/// Collects the crates that public signatures name.
struct Signatures {
    imports: BTreeMap<String, String>,
    named: BTreeSet<String>,
}

impl Signatures {
    fn path(&mut self, path: &syn::Path) {
        let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let root = match self.imports.get(&first) {
            Some(root) => root.clone(),
            // A lower-case name in front of others is a crate or a module.
            None if path.segments.len() > 1 && first.starts_with(|c: char| c.is_lowercase()) => first,
            None => return,
        };
        if !["crate", "self", "super"].contains(&root.as_str()) {
            self.named.insert(root);
        }
    }
}

impl VisitMut for Signatures {
    // The modules within a file are tests.
    fn visit_item_mod_mut(&mut self, _: &mut ItemMod) {}
    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        if public(&item.vis) {
            self.visit_signature_mut(&mut item.sig);
        }
    }
    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        if public(&item.vis) {
            self.visit_signature_mut(&mut item.sig);
        }
    }
    fn visit_item_impl_mut(&mut self, item: &mut ItemImpl) {
        if item.trait_.is_none() {
            visit_mut::visit_item_impl_mut(self, item);
        }
    }
    fn visit_item_trait_mut(&mut self, item: &mut ItemTrait) {
        if public(&item.vis) {
            visit_mut::visit_item_trait_mut(self, item);
        }
    }
    fn visit_item_type_mut(&mut self, item: &mut ItemType) {
        if public(&item.vis) {
            visit_mut::visit_item_type_mut(self, item);
        }
    }
    fn visit_field_mut(&mut self, field: &mut Field) {
        if public(&field.vis) {
            self.visit_type_mut(&mut field.ty);
        }
    }
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        self.path(path);
        visit_mut::visit_path_mut(self, path);
    }
    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
    fn visit_item_use_mut(&mut self, _: &mut syn::ItemUse) {}
    fn visit_block_mut(&mut self, _: &mut syn::Block) {}
    fn visit_item_macro_mut(&mut self, _: &mut syn::ItemMacro) {}
    fn visit_vis_restricted_mut(&mut self, _: &mut syn::VisRestricted) {}
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}
