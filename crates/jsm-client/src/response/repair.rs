//! The lenient pass: what to do where a response cannot be decoded as it is.
//!
//! It works on the JSON alone and decodes with the operation's own decoder, so that no generated type is compiled a
//! second time. First comes what no JSON parser takes or what is lost in parsing: a byte order mark, half surrogates,
//! duplicate names. Then, as long as the decoder fails at some place: the value there is converted, or left out, and
//! so is every value like it in the same place of other list items. What fails in the end fails with its first error.
//!
//! A type that the program wrote gets less: its author alone knows what can be left out of it.

use bytes::Bytes;
use jsm_raw::{OperationInfo, PAGE_ITEMS, REQUIRED};
use serde_json::Value;

use super::convert::{Fit, is_scalar, scalar};
use super::error_shape;
use super::place::{Scanner, Step, offset};
use super::repairs::{RepairAction, Repairs};
use super::tree::{Path, parse, type_of};

/// How many bytes are decoded again at most, and how often at least and at most.
const REREAD: usize = 32 * 1024 * 1024;
const ROUNDS: (usize, usize) = (8, 512);

/// Decodes a body after repairing it; nothing if it cannot be repaired.
///
/// `items` is the property that holds the items of a page; empty where the body is the list itself. `decode` decodes for
/// good: what it succeeds with last is the value.
pub(super) fn repair(
    info: &OperationInfo,
    items: Option<&str>,
    body: &[u8],
    decode: &mut dyn FnMut(&Bytes) -> Result<(), serde_json::Error>,
) -> Option<Repairs> {
    let (mut tree, mut repairs) = parse(body)?;
    let rounds = (REREAD / body.len().max(1)).clamp(ROUNDS.0, ROUNDS.1);
    for _ in 0..rounds {
        let text = Bytes::from(serde_json::to_vec(&tree).ok()?);
        let Err(error) = decode(&text) else {
            let is_value = match &tree {
                Value::Object(map) => error_shape::no_value_in(info, map).is_none(),
                _ => true,
            };
            return is_value.then(|| repairs.finish());
        };
        if !error.is_data() {
            return None;
        }
        let mut scanner = Scanner::new(&text);
        scanner.to(offset(&text, error.line(), error.column()));
        let steps = scanner.steps()?;
        let mut fix = Fix { steps: &steps, items, documented: !info.api.is_empty(), repairs: &mut repairs };
        fix.apply(&mut tree, &error.to_string())?;
    }
    None
}

/// The repair of one failure of the decoder.
struct Fix<'f> {
    steps: &'f [Step],
    /// The property that holds the items of a page; empty where the body is the list itself.
    items: Option<&'f str>,
    /// Whether the type is generated from the document of an API. Otherwise the program wrote it.
    documented: bool,
    repairs: &'f mut Repairs,
}

/// What the decoder wanted, from the text of its error, which is serde's.
enum Wanted<'w> {
    /// A scalar of this type.
    Scalar(&'w str),
    /// Another type than the value's.
    OtherType,
    /// An object with this property.
    Property(&'w str),
    /// Something that only the decoder knows.
    Unknown,
}

impl Wanted<'_> {
    fn fit(&self, value: &Value, failed: &'static str) -> Fit {
        match self {
            Self::Property(name) => match value {
                Value::Object(map) if !map.contains_key(*name) => Fit::Not,
                _ => Fit::Fits,
            },
            // The other types fit, or are another failure.
            _ if type_of(value) != failed => Fit::Fits,
            Self::Scalar(wanted) => scalar(value, wanted),
            Self::OtherType | Self::Unknown => Fit::Not,
        }
    }
}

impl Fix<'_> {
    /// Repairs the value at the place of a failure and all values like it; nothing if that cannot be done.
    fn apply(&mut self, tree: &mut Value, error: &str) -> Option<()> {
        let error = error.rsplit_once(" at line ").map_or(error, |(error, _)| error);
        let (required, error) = match error.strip_prefix(REQUIRED) {
            Some(error) => (true, error),
            None => (false, error),
        };
        let quoted = |start: &str| error.strip_prefix(start)?.strip_suffix('`');
        if let Some(name) = quoted("duplicate field `") {
            return self.merge(tree, name);
        }
        let expected = error.rsplit_once(", expected ").map(|(_, expected)| expected);
        let by_type = error.starts_with("invalid type") || error.starts_with("invalid length");
        let wanted = match (quoted("missing field `"), expected) {
            (Some(name), _) => Wanted::Property(name),
            (None, Some(expected)) if is_scalar(expected) => Wanted::Scalar(expected),
            (None, Some(_)) if by_type => Wanted::OtherType,
            _ => Wanted::Unknown,
        };
        let required = required || expected == Some(PAGE_ITEMS);
        let failed = get(tree, self.steps)?;
        let found = type_of(failed);
        let fit = |value: &Value| wanted.fit(value, found);
        if let (Fit::As(_), false) = (fit(failed), self.steps.is_empty()) {
            self.each(tree, self.steps.len(), found, &fit);
            return Some(());
        }
        // A field with a wrong name would make every list empty.
        let is_property = by_type && matches!(self.steps.last(), Some(Step::Key(_)));
        if !self.documented && !failed.is_null() && !is_property {
            return None;
        }
        // What is around a required property cannot do without it.
        let upto = self.steps.len().checked_sub(usize::from(required))?;
        match &self.steps[..upto] {
            [] => return None,
            // A list is not empty because it cannot be read.
            [Step::Key(name)] if Some(name.as_str()) == self.items => return None,
            _ => {}
        }
        let exact = matches!(wanted, Wanted::Unknown);
        let rest = self.steps[upto..].to_vec();
        if exact {
            self.one(tree, upto);
        } else {
            let holds = |value: &Value| match any(value, &rest, &fit) {
                true => Fit::Not,
                false => Fit::Fits,
            };
            let found = get(tree, &self.steps[..upto]).map_or(found, type_of);
            match rest.is_empty() {
                true => self.each(tree, upto, found, &fit),
                false => self.each(tree, upto, found, &holds),
            }
        }
        Some(())
    }

    /// A name and another name for it are both there. The one that was read first stays, unless it says nothing.
    fn merge(&mut self, tree: &mut Value, name: &str) -> Option<()> {
        let (last, parents) = self.steps.split_last()?;
        let Step::Key(second) = last else { return None };
        let path = path_of(self.steps);
        let Value::Object(map) = get_mut(tree, parents)? else { return None };
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        let first_is_empty = second != name && map.get(name).is_some_and(is_empty);
        map.remove(if first_is_empty { name } else { second })?;
        self.repairs.add(|| path, RepairAction::MergedDuplicate);
        Some(())
    }

    /// Takes out the value at the first steps of the path.
    fn one(&mut self, tree: &mut Value, upto: usize) {
        let steps = &self.steps[..upto];
        let Some((last, parents)) = steps.split_last() else { return };
        let is_item = self.is_item(upto);
        match (get_mut(tree, parents), last) {
            (Some(Value::Object(map)), Step::Key(key)) => {
                if let Some(value) = map.remove(key) {
                    self.repairs.add(|| path_of(steps), RepairAction::LeftOut { found: type_of(&value) });
                }
            }
            (Some(Value::Array(list)), Step::Index(index)) if *index < list.len() => {
                let value = list.remove(*index);
                self.repairs.dropped += u64::from(is_item);
                self.repairs.add(|| path_of(steps), RepairAction::Dropped { found: type_of(&value) });
            }
            _ => {}
        }
    }

    /// Whether the first steps lead to an item of the page.
    fn is_item(&self, upto: usize) -> bool {
        match &self.steps[..upto] {
            [Step::Key(name), Step::Index(_)] => Some(name.as_str()) == self.items,
            [Step::Index(_)] => self.items == Some(""),
            _ => false,
        }
    }

    /// Does what fits with every value at the first steps of the path, with any item in place of the one there.
    fn each(&mut self, tree: &mut Value, upto: usize, found: &'static str, fit: &dyn Fn(&Value) -> Fit) {
        let is_item = self.is_item(upto);
        let Some((last, parents)) = self.steps[..upto].split_last() else { return };
        let repairs = &mut *self.repairs;
        walk(tree, parents, Path::Root, &mut |parent, path| match (parent, last) {
            (Value::Object(map), Step::Key(key)) => {
                let Some(value) = map.get_mut(key) else { return };
                let path = || Path::Key(&path, key).to_string();
                match fit(value) {
                    Fit::Fits => {}
                    Fit::As(other) => {
                        repairs.add(path, RepairAction::Converted { from: found, to: type_of(&other) });
                        *value = other;
                    }
                    Fit::Not => {
                        map.remove(key);
                        repairs.add(path, RepairAction::LeftOut { found });
                    }
                }
            }
            (Value::Array(list), Step::Index(_)) => {
                let mut index = 0;
                list.retain_mut(|value| {
                    let path = || Path::Index(&path, index).to_string();
                    let keep = match fit(value) {
                        Fit::Fits => true,
                        Fit::As(other) => {
                            repairs.add(path, RepairAction::Converted { from: found, to: type_of(&other) });
                            *value = other;
                            true
                        }
                        Fit::Not => {
                            repairs.dropped += u64::from(is_item);
                            repairs.add(path, RepairAction::Dropped { found });
                            false
                        }
                    };
                    index += 1;
                    keep
                });
            }
            _ => {}
        });
    }
}

/// Calls a function for all values at a path, with any item in place of the one in it.
fn walk(value: &mut Value, steps: &[Step], path: Path<'_>, act: &mut dyn FnMut(&mut Value, Path<'_>)) {
    match (steps.split_first(), value) {
        (None, value) => act(value, path),
        (Some((Step::Key(key), rest)), Value::Object(map)) => {
            if let Some(value) = map.get_mut(key) {
                walk(value, rest, Path::Key(&path, key), act);
            }
        }
        (Some((Step::Index(_), rest)), Value::Array(list)) => {
            for (index, value) in list.iter_mut().enumerate() {
                walk(value, rest, Path::Index(&path, index), act);
            }
        }
        _ => {}
    }
}

/// Whether there is a value at a path, with any item in place of the one in it, that does not fit.
fn any(value: &Value, steps: &[Step], fit: &dyn Fn(&Value) -> Fit) -> bool {
    match (steps.split_first(), value) {
        (None, value) => matches!(fit(value), Fit::Not),
        (Some((Step::Key(key), rest)), Value::Object(map)) => {
            map.get(key).is_some_and(|value| any(value, rest, fit))
        }
        (Some((Step::Index(_), rest)), Value::Array(list)) => list.iter().any(|value| any(value, rest, fit)),
        _ => false,
    }
}

fn get<'v>(value: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

fn get_mut<'v>(value: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

fn path_of(steps: &[Step]) -> String {
    fn below(path: Path<'_>, steps: &[Step]) -> String {
        match steps.split_first() {
            None => path.to_string(),
            Some((Step::Key(key), rest)) => below(Path::Key(&path, key), rest),
            Some((Step::Index(index), rest)) => below(Path::Index(&path, *index), rest),
        }
    }
    below(Path::Root, steps)
}
