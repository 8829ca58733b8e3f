//! JSON as a tree, from bodies that no JSON parser takes.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::place::Scanner;
use super::repairs::{RepairAction, Repairs};

/// Parses a body, more leniently than a JSON parser; nothing if it is no JSON.
pub(super) fn parse(body: &[u8]) -> Option<(Value, Repairs)> {
    let mut repairs = Repairs::default();
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if text.len() < body.len() {
        repairs.add(|| "$".to_owned(), RepairAction::SkippedByteOrderMark);
    }
    let whole = without_half_surrogates(text, &mut repairs);
    let text = std::str::from_utf8(whole.as_deref().unwrap_or(text)).ok()?;
    // A name with one value takes several hundred bytes in a tree, and seven in a body.
    let mut memory = text.len().saturating_mul(12).saturating_add(4 * 1024 * 1024);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = Tree { path: Path::Root, repairs: &mut repairs, memory: &mut memory };
    let tree = tree.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some((tree, repairs))
}

/// The text with U+FFFD in place of halves of surrogate pairs, as escapes or as bytes; nothing if it has none.
fn without_half_surrogates(text: &[u8], repairs: &mut Repairs) -> Option<Vec<u8>> {
    let escaped = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut scanner = Scanner::new(text);
    let mut whole: Option<Vec<u8>> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = text.get(at) {
        let (length, replacement) = match byte {
            b'\\' => match escaped(at) {
                Some(0xd800..=0xdbff)
                    if escaped(at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low)) =>
                {
                    at += 12;
                    continue;
                }
                Some(0xd800..=0xdfff) => (6, &b"\\ufffd"[..]),
                _ => {
                    at += 2;
                    continue;
                }
            },
            0xed if matches!(text.get(at + 1..at + 3), Some([0xa0..=0xbf, 0x80..=0xbf])) => {
                (3, "\u{fffd}".as_bytes())
            }
            _ => {
                at += 1;
                continue;
            }
        };
        let whole = whole.get_or_insert_with(|| Vec::with_capacity(text.len()));
        whole.extend_from_slice(&text[copied..at]);
        whole.extend_from_slice(replacement);
        scanner.to(at);
        repairs.add(|| scanner.path(), RepairAction::ReplacedSurrogate);
        at += length;
        copied = at;
    }
    let mut whole = whole?;
    whole.extend_from_slice(&text[copied..]);
    Some(whole)
}

/// The path of a value, as long as its parents are being looked at.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Key(parent, key) if key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)) => {
                write!(f, "{parent}.{key}")
            }
            Self::Key(parent, key) => write!(f, "{parent}[\"{}\"]", key.escape_debug()),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Builds a tree and notes names that come twice, of which the last one wins.
struct Tree<'t> {
    path: Path<'t>,
    repairs: &'t mut Repairs,
    memory: &'t mut usize,
}

impl Tree<'_> {
    fn take<E: serde::de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        *self.memory =
            self.memory.checked_sub(bytes).ok_or_else(|| E::custom("too many values to repair"))?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        let path = self.path;
        loop {
            self.take::<A::Error>(2 * size_of::<Value>())?;
            let path = Path::Index(&path, items.len());
            let item = Tree { path, repairs: &mut *self.repairs, memory: &mut *self.memory };
            match list.next_element_seed(item)? {
                Some(item) => items.push(item),
                None => return Ok(items.into()),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        let path = self.path;
        while let Some(key) = map.next_key::<String>()? {
            let memory = if entries.is_empty() { 11 } else { 2 } * size_of::<(String, Value)>();
            self.take::<A::Error>(memory)?;
            let path = Path::Key(&path, &key);
            let seed = Tree { path, repairs: &mut *self.repairs, memory: &mut *self.memory };
            let value = map.next_value_seed(seed)?;
            if entries.contains_key(&key) {
                self.repairs.add(|| path.to_string(), RepairAction::MergedDuplicate);
            }
            entries.insert(key, value);
        }
        Ok(entries.into())
    }
}

/// The name of a value's JSON type.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
