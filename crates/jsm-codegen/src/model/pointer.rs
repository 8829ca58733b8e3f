//! JSON pointers (RFC 6901): joined, taken apart, and followed.

use std::fmt;

use serde_json::Value;

/// How many references in a row are followed; a longer chain is a circle.
const HOPS: usize = 16;

/// The place of a node in a JSON document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer to the whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// The pointer that these keys lead along, from the root.
    pub fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        keys.into_iter().fold(Self::root(), |at, key| at.join(key))
    }

    /// The pointer that is written so.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The pointer in a reference to the same document (`#/components/schemas/User`).
    pub fn from_reference(target: &str) -> Option<Self> {
        target.strip_prefix('#').map(|pointer| Self(pointer.to_owned()))
    }

    /// The pointer to a member of an object.
    #[must_use]
    pub fn join(&self, key: &str) -> Self {
        let mut joined = String::with_capacity(self.0.len() + key.len() + 1);
        joined.push_str(&self.0);
        joined.push('/');
        for letter in key.chars() {
            match letter {
                '~' => joined.push_str("~0"),
                '/' => joined.push_str("~1"),
                letter => joined.push(letter),
            }
        }
        Self(joined)
    }

    /// The pointer to an entry of a list.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The pointer as it is written in a document.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys along the way, from the root.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        self.0.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"))
    }

    /// The pointer to the node around, and the key that leads from there; nothing for the root.
    pub fn split(&self) -> Option<(Self, String)> {
        let (parent, _) = self.0.rsplit_once('/')?;
        Some((Self(parent.to_owned()), self.keys().last()?))
    }

    /// The node that the pointer leads to.
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        document.pointer(&self.0)
    }

    /// The node that the pointer leads to, to be changed.
    pub fn find_mut<'v>(&self, document: &'v mut Value) -> Option<&'v mut Value> {
        document.pointer_mut(&self.0)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The node itself, or what its `$ref` leads to within the document.
pub fn resolve<'v>(document: &'v Value, node: &'v Value) -> &'v Value {
    located(document, node, Pointer::root).0
}

/// The node itself or what its `$ref` leads to, with its place; `at` is the place of the node itself.
///
/// A reference that leads nowhere, or in a circle, stays.
pub(crate) fn located<'v>(
    document: &'v Value,
    node: &'v Value,
    at: impl FnOnce() -> Pointer,
) -> (&'v Value, Pointer) {
    let (mut node, mut place) = (node, None);
    for _ in 0..HOPS {
        let target = node.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        let Some((target, found)) = target.and_then(|target| Some((target.clone(), target.find(document)?)))
        else {
            break;
        };
        (node, place) = (found, Some(target));
    }
    (node, place.unwrap_or_else(at))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_escaped_and_read_back() {
        let at = Pointer::of(["paths", "/a~b/{id}", ""]).item(3);
        assert_eq!(at.as_str(), "/paths/~1a~0b~1{id}//3");
        assert_eq!(at.keys().collect::<Vec<_>>(), ["paths", "/a~b/{id}", "", "3"]);
        let parent = Pointer::of(["paths", "/a~b/{id}", ""]);
        assert_eq!(at.split(), Some((parent, "3".to_owned())));
        assert_eq!(Pointer::root().split(), None);
    }

    #[test]
    fn references_are_followed_to_their_end_and_circles_are_left() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/c~1d"}, "c/d": 1, "e": {"$ref": "#/e"}});
        assert_eq!(
            located(&document, &document["a"], Pointer::root),
            (&json!(1), Pointer::root().join("c/d"))
        );
        assert_eq!(resolve(&document, &document["e"]), &document["e"]);
        let lost = json!({"$ref": "#/nowhere"});
        assert_eq!(resolve(&document, &lost), &lost);
    }
}
