//! Ids, with a type for each kind of thing.

#[cfg(feature = "schemars")]
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::argument::{NotANumber, is_number};
use crate::sealed::Sealed;

/// The kind of thing that an id names. A marker type is generated for each.
///
/// The trait is sealed: only generated markers implement it.
pub trait IdKind: Sealed + Send + Sync + 'static {
    /// The name of the id's type.
    const NAME: &'static str;
}

/// An id, kept as text.
///
/// It converts from text and from integers (`i32`, `i64`, `u32`, `u64`). It deserializes from strings and numbers,
/// because servers send both for the same id, and serializes as a string.
///
/// Passing the id of one kind of thing where another kind is expected does not compile. Ids of things that two APIs share,
/// such as organizations, convert into each other.
///
/// ```
/// use jsm_raw::{csm, servicedesk};
///
/// let desk: servicedesk::ServiceDeskId = 10.into();
/// assert_eq!(desk, servicedesk::ServiceDeskId::from("10"));
///
/// let organization = servicedesk::OrganizationId::from(7);
/// assert_eq!(csm::OrganizationId::from(&organization).as_str(), "7");
/// ```
pub struct Id<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the id is empty, as it is where a response lacks it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        self.text.clone().into()
    }
}

impl<K> Default for Id<K> {
    fn default() -> Self {
        String::new().into()
    }
}

impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(K::NAME).field(&self.text).finish()
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> AsRef<str> for Id<K> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl<K> From<String> for Id<K> {
    fn from(text: String) -> Self {
        Self { text, kind: PhantomData }
    }
}

impl<K> From<Id<K>> for String {
    fn from(id: Id<K>) -> Self {
        id.text
    }
}

impl<K> From<&str> for Id<K> {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl<K> From<&String> for Id<K> {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl<K> From<&Id<K>> for Id<K> {
    fn from(id: &Id<K>) -> Self {
        id.clone()
    }
}

// A literal without a suffix is an `i32`.
impl<K> From<i32> for Id<K> {
    fn from(number: i32) -> Self {
        number.to_string().into()
    }
}

impl<K> From<u32> for Id<K> {
    fn from(number: u32) -> Self {
        number.to_string().into()
    }
}

impl<K> From<i64> for Id<K> {
    fn from(number: i64) -> Self {
        number.to_string().into()
    }
}

impl<K> From<u64> for Id<K> {
    fn from(number: u64) -> Self {
        number.to_string().into()
    }
}

impl<K> From<i32> for NumericId<K> {
    fn from(number: i32) -> Self {
        Self(number.into())
    }
}

impl<K> From<u32> for NumericId<K> {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl<K> From<i64> for NumericId<K> {
    fn from(number: i64) -> Self {
        Self(number.into())
    }
}

impl<K> From<u64> for NumericId<K> {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl<K> From<NumericId<K>> for Id<K> {
    fn from(id: NumericId<K>) -> Self {
        id.0
    }
}

impl<K> std::str::FromStr for Id<K> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Reads the text of an id of this name. It is compiled once, not for each kind of id.
struct TextOf(&'static str);

impl Visitor<'_> for TextOf {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: a string or a number", self.0)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

impl<'de, K: IdKind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOf(K::NAME)).map(Self::from)
    }
}

/// An id that the API takes as a JSON number.
///
/// It converts from everything that the id converts from, and deserializes from strings and numbers too. Text that is not
/// a number is an error when the request is built.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericId<K>(Id<K>);

impl<K> NumericId<K> {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<K> Default for NumericId<K> {
    fn default() -> Self {
        Self(Id::default())
    }
}

impl<K: IdKind> fmt::Debug for NumericId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K> fmt::Display for NumericId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K> From<Id<K>> for NumericId<K> {
    fn from(id: Id<K>) -> Self {
        Self(id)
    }
}

impl<K> From<&Id<K>> for NumericId<K> {
    fn from(id: &Id<K>) -> Self {
        Self(id.clone())
    }
}

impl<K> From<&str> for NumericId<K> {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl<K> From<String> for NumericId<K> {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl<K> From<&String> for NumericId<K> {
    fn from(text: &String) -> Self {
        Self(text.into())
    }
}

impl<K> From<&NumericId<K>> for NumericId<K> {
    fn from(id: &NumericId<K>) -> Self {
        Self(id.0.clone())
    }
}

impl<K> Serialize for NumericId<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.as_str();
        match text.parse() {
            Ok(number) if is_number(text) => serializer.serialize_i64(number),
            _ => Err(serde::ser::Error::custom(NotANumber(text))),
        }
    }
}

impl<'de, K: IdKind> Deserialize<'de> for NumericId<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Id::deserialize(deserializer).map(Self)
    }
}

#[cfg(feature = "schemars")]
impl<K: IdKind> schemars::JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        K::NAME.into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"] })
    }
}

#[cfg(feature = "schemars")]
impl<K: IdKind> schemars::JsonSchema for NumericId<K> {
    fn schema_name() -> Cow<'static, str> {
        format!("Numeric{}", K::NAME).into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["integer", "string"] })
    }
}
