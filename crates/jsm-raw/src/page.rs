//! Pages of every pagination style.
//!
//! Which page is requested next, and where a list ends, is `jsm-client`'s.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::operation::Operation;
use crate::operation_info::Pagination;
use crate::size_limits::List;

/// A page of a servicedesk list.
///
/// Any part of it may be missing. Count `values`: servers have been seen to send a wrong `size`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    #[serde(default, deserialize_with = "values")]
    pub values: Vec<T>,
    /// The zero-based offset of the first item in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// How many items a page may hold; the server lowers a larger limit without an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// How many items the page holds, by the server's count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Whether the list ends with this page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_last_page: Option<bool>,
    /// Links to this page and its neighbours.
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    pub links: Option<PageLinks>,
    /// What can be expanded in the items.
    #[serde(
        rename = "_expands",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub expands: Vec<String>,
}

/// The links of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PageLinks {
    /// The site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The path below the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The page before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
    /// This page.
    #[serde(rename = "self", skip_serializing_if = "Option::is_none")]
    pub self_: Option<String>,
}

/// How many items a full page mostly has.
const FULL: usize = 50;

/// The properties of a page.
#[allow(dead_code, reason = "only generated code reads it, and only where an API has such pages")]
pub(crate) const PROPERTIES: &[&str] =
    &["values", "start", "limit", "size", "isLastPage", "_links", "_expands"];

/// What an error calls the items of a page.
pub const PAGE_ITEMS: &str = "a sequence of items";

/// Reads the items of a page; `null` reads as none. Memory for a full page at once avoids moving the items four times.
fn values<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(List { first: FULL, what: PAGE_ITEMS, item: PhantomData })
}

/// The items of a page, read within the [`SizeLimits`](crate::SizeLimits). `null` reads as none.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent, bound(deserialize = "T: Deserialize<'de>"))]
#[non_exhaustive]
pub struct PageItems<T>(#[serde(deserialize_with = "values")] pub Vec<T>);

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            start: None,
            limit: None,
            size: None,
            is_last_page: None,
            links: None,
            expands: Vec::new(),
        }
    }
}

/// A page of any pagination style: its items, and where in the list it is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PageParts<T> {
    /// The items.
    pub items: Vec<T>,
    /// The offset or the number of the page, as the server repeats it.
    pub start: Option<u64>,
    /// How many items a page may hold, as the server repeats it.
    pub limit: Option<u64>,
    /// Whether this is the last page, if the server sends that.
    pub last: Option<bool>,
    /// The cursor of the next page, or the link to it.
    pub next: Option<String>,
    /// Whether the page has links of any kind.
    pub linked: bool,
}

impl<T> Default for PageParts<T> {
    fn default() -> Self {
        Self::from(Page::default())
    }
}

impl<T> From<Page<T>> for PageParts<T> {
    fn from(page: Page<T>) -> Self {
        let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        Self {
            start: number(page.start),
            limit: number(page.limit),
            last: page.is_last_page,
            linked: page.links.is_some(),
            next: page.links.and_then(|links| links.next),
            items: page.values,
        }
    }
}

/// A position in a list, in the form that its pagination style uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Position {
    /// The beginning of the list.
    Start,
    /// The zero-based offset of an item.
    Offset(u64),
    /// An opaque cursor that the server sent.
    Cursor(String),
    /// The number of a page.
    Number(u64),
}

/// An operation that responds with one page of a list.
///
/// The trait is sealed: generated operations implement it, and the lists that `jsm-client` reads where no document
/// describes an operation.
pub trait Paginated: Operation {
    /// An item of the list.
    type Item: Send + 'static;

    /// The query parameter that carries the position; links to other pages carry it too.
    const POSITION_PARAMETER: &'static str;

    /// The position of the page that the operation requests.
    fn position(&self) -> Position;

    /// Sets the position. A position of another style is ignored.
    fn seek(&mut self, to: &Position);

    /// How many items the operation requests; `None` where the server's default applies.
    fn page_size(&self) -> Option<u32>;

    /// Sets how many items the operation requests. Servers lower what is more than they allow.
    fn set_page_size(&mut self, size: u32);

    /// Takes a page apart.
    fn page_parts(page: Self::Output) -> PageParts<Self::Item>;

    /// The pagination style, which can depend on the arguments.
    fn pagination(&self) -> Option<Pagination> {
        self.info().pagination
    }

    /// The query parameter that carries the position, which can depend on the arguments; empty where the query does not
    /// carry it.
    fn position_parameter(&self) -> &str {
        Self::POSITION_PARAMETER
    }

    /// Decodes the body of a successful response as a page, and takes it apart.
    ///
    /// # Errors
    ///
    /// When the body is not a page of this list.
    fn decode_page(&self, body: &Bytes) -> Result<PageParts<Self::Item>, serde_json::Error> {
        Self::decode(body).map(Self::page_parts)
    }

    /// The property of this body that holds the items; empty where the body is the list itself.
    fn items_property(&self, body: &[u8]) -> Option<String> {
        let _ = body;
        self.info().response_items.map(str::to_owned)
    }
}
