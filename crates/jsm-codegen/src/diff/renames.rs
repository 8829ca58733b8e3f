//! Which schemas only have another name: the old name is gone, the new one was not there, and the structure is the same
//! or nearly.
//!
//! The best evidence is a place that named the old schema and names the new one now; without a place to go by, the
//! structure has to be equal and unmistakable.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::normal::of_parameter;
use super::pairs;
use super::read::Interface;
use crate::model::{Media, Schema};

/// New names by old names.
pub(super) type Renames<'i> = BTreeMap<&'i str, &'i str>;

/// Finds the schemas that were renamed.
pub(super) fn renames<'i, 'a>(old: &'i Interface<'a>, new: &'i Interface<'a>) -> Renames<'i> {
    let mut finder = Finder {
        gone: names_without(old, new),
        came: names_without(new, old),
        old,
        new,
        found: Renames::new(),
        open: Vec::new(),
    };
    if finder.gone.is_empty() || finder.came.is_empty() {
        return finder.found;
    }
    for (before, now) in &pairs::operations(old, new).both {
        for (before, now) in pairs::parameters(before, now).both {
            finder.open.push((of_parameter(before), of_parameter(now)));
        }
        if let (Some(before), Some(now)) = (&before.body, &now.body) {
            finder.same_media(&before.content, &now.content);
        }
        for ((_, before), (_, now)) in pairs::responses(before, now).both {
            finder.same_media(&before.content, &now.content);
        }
    }
    for (name, schema) in &old.schemas {
        finder.open.extend(new.schemas.get(name).map(|now| (schema, now)));
    }
    finder.follow();
    finder.by_structure();
    finder.found
}

fn names_without<'i>(here: &'i Interface<'_>, there: &Interface<'_>) -> BTreeSet<&'i str> {
    here.schemas.keys().copied().filter(|name| !there.schemas.contains_key(name)).collect()
}

struct Finder<'i, 'a> {
    gone: BTreeSet<&'i str>,
    came: BTreeSet<&'i str>,
    old: &'i Interface<'a>,
    new: &'i Interface<'a>,
    found: Renames<'i>,
    /// Places of both documents that belong together and are still to be looked at.
    open: Vec<(&'i Schema<'a>, &'i Schema<'a>)>,
}

impl<'i, 'a> Finder<'i, 'a> {
    fn same_media(&mut self, old: &'i [Media<'a>], new: &'i [Media<'a>]) {
        self.open.extend(old.iter().filter_map(|media| {
            let other = new.iter().find(|other| other.name == media.name)?;
            Some((media.schema.as_ref()?, other.schema.as_ref()?))
        }));
    }

    /// Looks at every pair of places, and inside of each schema that turns out to be renamed.
    fn follow(&mut self) {
        while let Some((old, new)) = self.open.pop() {
            if let (Some(before), Some(now)) = (&old.reference, &new.reference) {
                let (old, new) = (self.old, self.new);
                if let (Some((before, old)), Some((now, new))) = (entry(old, before), entry(new, now))
                    && self.gone.contains(before)
                    && self.came.contains(now)
                    && (alike(old, new) || stem(before) == stem(now))
                {
                    self.take(before, now);
                    self.open.push((old, new));
                }
                continue;
            }
            for (name, property) in &old.properties {
                self.open.extend(new.properties.get(name).map(|now| (property, now)));
            }
            self.open.extend(old.items.as_deref().zip(new.items.as_deref()));
            self.open.extend(old.additional().zip(new.additional()));
            for (old, new) in [(old.alternatives(), new.alternatives()), (old.included(), new.included())] {
                if old.len() == new.len() {
                    self.open.extend(old.iter().zip(new));
                }
            }
        }
    }

    fn take(&mut self, before: &'i str, now: &'i str) {
        self.gone.remove(before);
        self.came.remove(now);
        self.found.insert(before, now);
    }

    /// Pairs what no place gives away: equal structures that are once on each side, or that have like names.
    fn by_structure(&mut self) {
        let mut buckets: HashMap<String, [Vec<&'i str>; 2]> = HashMap::new();
        for (side, (interface, names)) in
            [(self.old, &self.gone), (self.new, &self.came)].into_iter().enumerate()
        {
            for (name, schema) in interface.schemas.iter().filter(|(name, _)| names.contains(*name)) {
                if !schema.properties.is_empty() || schema.values.is_some() {
                    let mut structure = String::new();
                    write(schema, &[&self.gone, &self.came], &mut structure);
                    buckets.entry(structure).or_default()[side].push(name);
                }
            }
        }
        let mut taken = Vec::new();
        for [before, now] in buckets.into_values() {
            if let ([before], [now]) = (&*before, &*now) {
                taken.push((*before, *now));
                continue;
            }
            let mut stems: HashMap<String, [Vec<&'i str>; 2]> = HashMap::new();
            for (side, names) in [before, now].into_iter().enumerate() {
                for name in names {
                    stems.entry(stem(name)).or_default()[side].push(name);
                }
            }
            taken.extend(stems.into_values().filter_map(|[before, now]| match (&*before, &*now) {
                ([before], [now]) => Some((*before, *now)),
                _ => None,
            }));
        }
        for (before, now) in taken {
            self.take(before, now);
        }
    }
}

fn entry<'i, 'a>(interface: &'i Interface<'a>, name: &str) -> Option<(&'i str, &'i Schema<'a>)> {
    interface.schemas.get_key_value(name).map(|(name, schema)| (*name, schema))
}

/// Whether two shapes at the same place can be one schema before and after: at least half of what either names.
fn alike(old: &Schema<'_>, new: &Schema<'_>) -> bool {
    fn half<'k, K: Ord + 'k>(
        old: impl ExactSizeIterator<Item = &'k K>,
        new: impl ExactSizeIterator<Item = &'k K>,
    ) -> bool {
        let sizes = old.len() + new.len();
        let old: BTreeSet<&K> = old.collect();
        let shared = new.filter(|key| old.contains(key)).count();
        // Half of the union: shared / (sizes - shared) >= 1/2.
        3 * shared >= sizes
    }
    let values = match (old.listed(), new.listed()) {
        (Some(old), Some(new)) => half(old.iter(), new.iter()),
        (None, None) => true,
        _ => false,
    };
    let composed = |schema: &Schema<'_>| {
        (schema.reference.is_some(), schema.alternatives().is_empty(), schema.included().is_empty())
    };
    values
        && old.kind() == new.kind()
        && composed(old) == composed(new)
        && half(old.properties.keys(), new.properties.keys())
}

/// Writes a structure down, with one sign for all names that come or go.
fn write(schema: &Schema<'_>, hidden: &[&BTreeSet<&str>], text: &mut String) {
    if let Some(name) = schema.reference.as_deref() {
        text.push_str(if hidden.iter().any(|names| names.contains(name)) { "*" } else { name });
    }
    text.push_str(schema.kind());
    text.push(':');
    text.push_str(schema.type_format());
    for value in schema.listed().into_iter().flatten() {
        text.push('=');
        text.push_str(&value);
    }
    text.push('{');
    for (name, property) in &schema.properties {
        // Quoted, since a name may hold any of the signs that are used here.
        text.push_str(&format!("{name:?}"));
        text.push(if schema.requires(name) { '!' } else { '?' });
        write(property, hidden, text);
    }
    for inner in schema.inside().skip(schema.properties.len()) {
        text.push(',');
        write(inner, hidden, text);
    }
    text.push('}');
}

/// What is left of a name without case and the suffixes that generators of documents add.
fn stem(name: &str) -> String {
    let plain: String =
        name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let bare = ["dto", "bean"].iter().find_map(|suffix| plain.strip_suffix(suffix));
    bare.map(str::to_owned).unwrap_or(plain)
}
