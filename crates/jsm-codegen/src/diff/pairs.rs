//! Which operation, parameter or answer of the new document is which of the old one.
//!
//! Pairs are found by key, never by trying all with all. Whether the two of a pair differ is not asked here; schemas
//! have their own rules, in [`super::renames`].

use std::collections::HashMap;
use std::hash::Hash;

use super::model::{Answer, Interface, Operation, Parameter};
use super::reach::is_success;

/// Two lists side by side: what belongs together, and what stands alone.
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
        .by(|operation| Some((operation.method, operation.template())))
        .by(|operation| operation.notes.name)
        .by(|operation| Some((operation.id?, operation.method)))
        .by(|operation| operation.id)
}

/// Pairs parameters: by place and name, then path parameters by position, then by name alone.
pub(super) fn parameters<'i, 'a>(old: &'i Operation<'a>, new: &'i Operation<'a>) -> Pairs<'i, Parameter<'a>> {
    let positions = |operation: &'i Operation<'a>| -> HashMap<&'i str, usize> {
        operation.steps().enumerate().map(|(position, name)| (name, position)).collect()
    };
    let (old_positions, new_positions) = (positions(old), positions(new));
    let same_path = old.template() == new.template();
    let position = |parameter: &Parameter| {
        let (old, new) = (old_positions.get(parameter.name), new_positions.get(parameter.name));
        (same_path && parameter.place == "path").then(|| old.or(new).copied()).flatten()
    };
    Pairs::of(&old.parameters, &new.parameters)
        .by(|parameter| {
            let name = match parameter.place {
                "header" => parameter.name.to_ascii_lowercase(),
                _ => parameter.name.to_owned(),
            };
            Some((parameter.place, name))
        })
        .by(position)
        .by(|parameter| Some(parameter.name.to_ascii_lowercase()))
}

/// An answer with its status.
pub(super) type Status<'i, 'a> = (&'a str, &'i Answer<'a>);

/// Answers side by side.
pub(super) struct Answers<'i, 'a> {
    pub(super) both: Vec<(Status<'i, 'a>, Status<'i, 'a>)>,
    pub(super) removed: Vec<Status<'i, 'a>>,
    pub(super) added: Vec<Status<'i, 'a>>,
}

/// Pairs answers: by status, then the one success that went with the one that came.
pub(super) fn answers<'i, 'a>(old: &'i Operation<'a>, new: &'i Operation<'a>) -> Answers<'i, 'a> {
    let mut pairs = Answers { both: Vec::new(), removed: Vec::new(), added: Vec::new() };
    for (status, answer) in &old.answers {
        match new.answers.get(status) {
            Some(other) => pairs.both.push(((*status, answer), (*status, other))),
            None => pairs.removed.push((*status, answer)),
        }
    }
    pairs.added.extend(
        new.answers
            .iter()
            .filter(|(status, _)| !old.answers.contains_key(*status))
            .map(|(status, answer)| (*status, answer)),
    );
    let lone = |operation: &Operation, list: &[Status]| {
        let mut successes = (0..list.len()).filter(|position| is_success(operation, list[*position].0));
        successes.next().filter(|_| successes.next().is_none())
    };
    if let (Some(gone), Some(came)) = (lone(old, &pairs.removed), lone(new, &pairs.added)) {
        pairs.both.push((pairs.removed.remove(gone), pairs.added.remove(came)));
    }
    pairs
}
