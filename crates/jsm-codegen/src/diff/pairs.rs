//! Which operation, parameter or response of the new document is which of the old one.
//!
//! Pairs are found by key, never by trying all with all. Schemas have their own rules, in [`super::renames`].

use std::collections::HashMap;
use std::hash::Hash;

use super::read::Interface;
use super::usage::is_success;
use crate::model::{Operation, Parameter, Response, template};

/// Two lists side by side: what belongs together, and what is in one alone.
pub(super) struct Pairs<'i, T> {
    pub(super) both: Vec<(&'i T, &'i T)>,
    pub(super) removed: Vec<&'i T>,
    pub(super) added: Vec<&'i T>,
}

impl<'i, T> Pairs<'i, T> {
    fn of(old: impl IntoIterator<Item = &'i T>, new: impl IntoIterator<Item = &'i T>) -> Self {
        Pairs { both: Vec::new(), removed: old.into_iter().collect(), added: new.into_iter().collect() }
    }

    /// Pairs what is still alone and has a key that nothing else on its side has.
    fn by<K: Hash + Eq>(mut self, key: impl Fn(&'i T) -> Option<K>) -> Self {
        let mut keys: HashMap<K, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (position, item) in self.removed.iter().enumerate() {
            if let Some(key) = key(item) {
                keys.entry(key).or_default().0.push(position);
            }
        }
        for (position, item) in self.added.iter().enumerate() {
            if let Some(key) = key(item) {
                keys.entry(key).or_default().1.push(position);
            }
        }
        let (mut old_paired, mut new_paired) =
            (vec![false; self.removed.len()], vec![false; self.added.len()]);
        let mut found: Vec<(usize, usize)> = keys
            .into_values()
            .filter_map(|(old, new)| match (&*old, &*new) {
                ([old], [new]) => Some((*old, *new)),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        for (old, new) in found {
            (old_paired[old], new_paired[new]) = (true, true);
            self.both.push((self.removed[old], self.added[new]));
        }
        let mut paired = old_paired.into_iter();
        self.removed.retain(|_| !paired.next().unwrap_or(false));
        let mut paired = new_paired.into_iter();
        self.added.retain(|_| !paired.next().unwrap_or(false));
        self
    }
}

/// Pairs operations: by method and path, then by what is left of a moved one.
pub(super) fn operations<'i, 'a>(old: &'i Interface<'a>, new: &'i Interface<'a>) -> Pairs<'i, Operation<'a>> {
    Pairs::of(&old.operations, &new.operations)
        .by(|operation| Some((operation.method, operation.path)))
        .by(|operation| Some((operation.method, template(operation.path))))
        .by(|operation| operation.annotations.name)
        .by(|operation| Some((operation.id?, operation.method)))
        .by(|operation| operation.id)
}

/// Pairs parameters: by location and name, then path parameters by position, then by name alone.
pub(super) fn parameters<'i, 'a>(old: &'i Operation<'a>, new: &'i Operation<'a>) -> Pairs<'i, Parameter<'a>> {
    let positions = |operation: &'i Operation<'a>| -> HashMap<&'i str, usize> {
        operation.path_parameters().enumerate().map(|(position, name)| (name, position)).collect()
    };
    let (old_positions, new_positions) = (positions(old), positions(new));
    let same_path = template(old.path) == template(new.path);
    let position = |parameter: &Parameter<'_>| {
        let (old, new) = (old_positions.get(parameter.name), new_positions.get(parameter.name));
        (same_path && parameter.location == "path").then(|| old.or(new).copied()).flatten()
    };
    Pairs::of(&old.parameters, &new.parameters)
        .by(|parameter| {
            let name = match parameter.location {
                "header" => parameter.name.to_ascii_lowercase(),
                _ => parameter.name.to_owned(),
            };
            Some((parameter.location, name))
        })
        .by(position)
        .by(|parameter| Some(parameter.name.to_ascii_lowercase()))
}

/// A response with its status.
pub(super) type Status<'i, 'a> = (&'a str, &'i Response<'a>);

/// Responses side by side.
pub(super) struct Responses<'i, 'a> {
    pub(super) both: Vec<(Status<'i, 'a>, Status<'i, 'a>)>,
    pub(super) removed: Vec<Status<'i, 'a>>,
    pub(super) added: Vec<Status<'i, 'a>>,
}

/// Pairs responses: by status, then the one success that went with the one that came.
pub(super) fn responses<'i, 'a>(old: &'i Operation<'a>, new: &'i Operation<'a>) -> Responses<'i, 'a> {
    let mut pairs = Responses { both: Vec::new(), removed: Vec::new(), added: Vec::new() };
    for (status, response) in &old.responses {
        match new.responses.get(status) {
            Some(other) => pairs.both.push(((*status, response), (*status, other))),
            None => pairs.removed.push((*status, response)),
        }
    }
    pairs.added.extend(
        new.responses
            .iter()
            .filter(|(status, _)| !old.responses.contains_key(*status))
            .map(|(status, response)| (*status, response)),
    );
    let lone = |operation: &Operation<'_>, list: &[Status<'_, '_>]| {
        let mut successes = (0..list.len()).filter(|position| is_success(operation, list[*position].0));
        successes.next().filter(|_| successes.next().is_none())
    };
    if let (Some(gone), Some(came)) = (lone(old, &pairs.removed), lone(new, &pairs.added)) {
        pairs.both.push((pairs.removed.remove(gone), pairs.added.remove(came)));
    }
    pairs
}
