//! The public API of a crate, read from its sources: one line for each thing that a program can name, by the path that
//! a program names it by.
//!
//! Private modules do not show: what they hold is listed where it is exported. A macro in an `impl` block is listed by
//! its name; what the documentation hides is not listed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jsm_codegen::diagnostic::Diagnostic;
use syn::{Item, UseTree, Visibility};

use crate::outcome::Error;
use lines::{Lines, is_hidden};

mod lines; // The lines of one item.

/// The crates whose public API is written by hand.
pub const CRATES: [&str; 2] = ["jsm-client", "jsm-raw"];

/// The sources of a crate: texts by their paths below `src/`.
pub type Sources = BTreeMap<String, String>;

/// Reads the sources of a crate from the checkout; none where there is no such crate.
///
/// # Errors
/// Fails with exit code 1 if a file cannot be read.
pub fn sources(root: &Path, name: &str) -> Result<Sources, Error> {
    fn visit(base: &Path, folder: &Path, found: &mut Sources) -> Result<(), Error> {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.strip_prefix(base).unwrap_or(&path).display().to_string();
            if path.is_dir() {
                visit(base, &path, found)?;
            } else if name.ends_with(".rs") {
                let failed =
                    |error| Error::work(path.display().to_string(), format!("{error}"), "restore it");
                found.insert(name, fs::read_to_string(&path).map_err(failed)?);
            }
        }
        Ok(())
    }
    let base = root.join("crates").join(name).join("src");
    let mut found = Sources::new();
    visit(&base, &base, &mut found)?;
    Ok(found)
}

/// The lines of a crate's public API.
///
/// # Errors
/// Fails for a source that is not Rust.
pub fn listing(sources: &Sources) -> Result<BTreeSet<String>, Diagnostic> {
    let mut krate = Crate::default();
    if let Some(root) = sources.get("lib.rs") {
        krate.read(sources, "lib.rs", root, &[])?;
    }
    let mut lines = BTreeSet::new();
    let mut listed = BTreeSet::new();
    krate.list(&[], "", &Lines::of(&krate.modules), &mut listed, &mut lines);
    Ok(lines)
}

/// The path of a module from the root of its crate.
type ModulePath = Vec<String>;

/// The items of a crate by module.
#[derive(Default)]
struct Crate {
    modules: BTreeMap<ModulePath, Vec<Item>>,
}

/// What a path in a `use` leads to.
enum Target<'c> {
    Module(ModulePath),
    Item(&'c Item),
    External,
}

impl Crate {
    /// Reads a file and the files of its modules.
    fn read(&mut self, sources: &Sources, file: &str, text: &str, path: &[String]) -> Result<(), Diagnostic> {
        let parsed = syn::parse_file(text)
            .map_err(|error| Diagnostic::new(file, format!("it is not Rust: {error}"), "make it compile"))?;
        self.enter(sources, parsed.items, path)
    }

    fn enter(&mut self, sources: &Sources, items: Vec<Item>, path: &[String]) -> Result<(), Diagnostic> {
        for item in &items {
            let Item::Mod(module) = item else { continue };
            let path = [path, &[module.ident.to_string()]].concat();
            let files = [format!("{}.rs", path.join("/")), format!("{}/mod.rs", path.join("/"))];
            let file = files.iter().find_map(|file| Some((file, sources.get(file)?)));
            match (&module.content, file) {
                (Some((_, items)), _) => self.enter(sources, items.clone(), &path)?,
                (None, Some((file, text))) => self.read(sources, file, text, &path)?,
                (None, None) => {}
            }
        }
        self.modules.insert(path.to_vec(), items);
        Ok(())
    }

    /// Lists what a program can name in a module; `prefix` is the path by which it names the module.
    fn list(
        &self,
        module: &[String],
        prefix: &str,
        of: &Lines,
        listed: &mut BTreeSet<(ModulePath, String)>,
        lines: &mut BTreeSet<String>,
    ) {
        if !listed.insert((module.to_vec(), prefix.to_owned())) {
            return;
        }
        for item in self.modules.get(module).into_iter().flatten() {
            match item {
                Item::Use(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                    self.exported(module, &item.tree, &mut Vec::new(), prefix, of, listed, lines);
                }
                Item::Mod(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                    let name = item.ident.to_string();
                    lines.insert(format!("{prefix}{name} module"));
                    let inner = [module, std::slice::from_ref(&name)].concat();
                    self.list(&inner, &format!("{prefix}{name}::"), of, listed, lines);
                }
                item => of.item(item, None, prefix, lines),
            }
        }
    }

    /// Lists what a `pub use` exports; `above` is the path in front of the tree.
    #[allow(clippy::too_many_arguments, reason = "a walk of two trees at once")]
    fn exported(
        &self,
        module: &[String],
        tree: &UseTree,
        above: &mut ModulePath,
        prefix: &str,
        of: &Lines,
        listed: &mut BTreeSet<(ModulePath, String)>,
        lines: &mut BTreeSet<String>,
    ) {
        let (name, rename) = match tree {
            UseTree::Path(path) => {
                above.push(path.ident.to_string());
                self.exported(module, &path.tree, above, prefix, of, listed, lines);
                above.pop();
                return;
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.exported(module, tree, above, prefix, of, listed, lines);
                }
                return;
            }
            UseTree::Glob(_) => {
                match self.resolve(module, above, 0) {
                    Target::Module(inner) => self.list(&inner, prefix, of, listed, lines),
                    _ => drop(lines.insert(format!("{prefix}* = {}::*", above.join("::")))),
                }
                return;
            }
            UseTree::Name(name) => (name.ident.to_string(), name.ident.to_string()),
            UseTree::Rename(name) => (name.ident.to_string(), name.rename.to_string()),
        };
        if rename == "_" {
            return;
        }
        let path = if name == "self" { above.clone() } else { [above.as_slice(), &[name]].concat() };
        match self.resolve(module, &path, 0) {
            Target::Module(inner) => {
                lines.insert(format!("{prefix}{rename} module"));
                self.list(&inner, &format!("{prefix}{rename}::"), of, listed, lines);
            }
            Target::Item(item) => of.item(item, Some(&rename), prefix, lines),
            Target::External => drop(lines.insert(format!("{prefix}{rename} = {}", path.join("::")))),
        }
    }

    /// What a path leads to, as seen from a module.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Target<'_> {
        // A longer chain of exports is a circle.
        if depth > 16 {
            return Target::External;
        }
        let mut at = from.to_vec();
        let mut steps = path.iter().peekable();
        while let Some(step) = steps.next_if(|step| ["crate", "self", "super"].contains(&step.as_str())) {
            match step.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                _ => {}
            }
        }
        while let Some(step) = steps.next() {
            let inner = [at.as_slice(), std::slice::from_ref(step)].concat();
            if self.modules.contains_key(&inner) {
                at = inner;
                continue;
            }
            let items = self.modules.get(&at).map(Vec::as_slice).unwrap_or_default();
            let own = items.iter().find(|item| lines::name(item).as_ref() == Some(step));
            if let Some(item) = own.filter(|_| steps.peek().is_none()) {
                return Target::Item(item);
            }
            let uses = items.iter().filter_map(|item| match item {
                Item::Use(item) => Some(&item.tree),
                _ => None,
            });
            let exported = uses.into_iter().find_map(|tree| exported_as(tree, step, Vec::new()));
            let Some(mut exported) = exported.filter(|exported| exported.as_slice() != path) else {
                return Target::External;
            };
            exported.extend(steps.cloned());
            return self.resolve(&at, &exported, depth + 1);
        }
        Target::Module(at)
    }
}

/// The path that a `use` gives a name.
fn exported_as(tree: &UseTree, name: &str, above: ModulePath) -> Option<ModulePath> {
    let with = |last: &syn::Ident| [above.as_slice(), &[last.to_string()]].concat();
    match tree {
        UseTree::Path(path) => exported_as(&path.tree, name, with(&path.ident)),
        UseTree::Group(group) => group.items.iter().find_map(|tree| exported_as(tree, name, above.clone())),
        UseTree::Name(leaf) => (leaf.ident == name).then(|| with(&leaf.ident)),
        UseTree::Rename(leaf) => (leaf.rename == name).then(|| match leaf.ident == "self" {
            true => above.clone(),
            false => with(&leaf.ident),
        }),
        UseTree::Glob(_) => None,
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}
