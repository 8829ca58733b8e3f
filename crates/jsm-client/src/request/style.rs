//! The pagination style of a list that no document describes, and what its pages are.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use jsm_raw::{PageItems, PageParts, Pagination, Position};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, de};

use crate::pagination::parameter;

/// The properties that hold the items, where a page has several lists.
const ITEMS: [&str; 3] = ["values", "results", "items"];

/// The properties that hold the next cursor.
const NEXT: [&str; 4] = ["nextPageToken", "nextPageCursor", "nextCursor", "next"];

/// The properties that report the last page.
const LAST: [&str; 3] = ["isLast", "isLastPage", "last"];

/// The properties that hold links.
const LINKS: [&str; 2] = ["_links", "links"];

/// How many properties a page has at most. Pages have few, and a property takes more memory than it takes in a body.
const PROPERTIES: usize = 1_000;

/// The pagination style of a list: by which query parameters it is read, and where its pages hold their items.
///
/// | list | style |
/// | --- | --- |
/// | of Jira Service Management | `ListStyle::offset("start", "limit")` |
/// | of the Jira platform | `ListStyle::offset("startAt", "maxResults")` |
/// | of Jira's search by JQL | `ListStyle::cursor("nextPageToken", "maxResults")` |
/// | of Customer Service Management | `ListStyle::cursor("cursor", "limit")` |
/// | with numbered pages | `ListStyle::number("page", "size")` |
///
/// Where a list is read by `POST` and its position is a property of the JSON body, add [`in_body`](Self::in_body).
///
/// A page is a JSON array, or an object with the items in the only property that is an array, or in `values`, `results`
/// or `items`; [`items_in`](Self::items_in) names another one. The next cursor is in `nextPageToken`, `nextPageCursor`,
/// `nextCursor` or `next`, or in the link `next` of `_links` or `links`, as text or as an object with `href`;
/// [`next_in`](Self::next_in) names another property. Links are read for the cursor in them and never followed; a link
/// without the query parameter of the cursor is an error.
///
/// A list ends where the server says so, by `isLast`, `isLastPage`, `last` or `total`, by a missing cursor, or else by an
/// empty page. A page that comes twice is an error, as in every list.
///
/// With offsets, the next page begins after as many items as the page has. Some endpoints of the Jira platform leave
/// items out of a page after they have counted them; their items can come twice, which
/// [`dedup_by_id`](crate::Items::dedup_by_id) prevents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListStyle {
    pub(super) pagination: Pagination,
    pub(super) position: Cow<'static, str>,
    pub(super) size: Cow<'static, str>,
    /// Whether the position and the page size are in the JSON body.
    pub(super) in_body: bool,
    items: Option<Cow<'static, str>>,
    next: Option<Cow<'static, str>>,
}

impl ListStyle {
    fn new(pagination: Pagination, position: Cow<'static, str>, size: Cow<'static, str>) -> Self {
        Self { pagination, position, size, in_body: false, items: None, next: None }
    }

    /// Pages by a zero-based offset, with the names of the query parameters for the offset and for the page size.
    #[must_use]
    pub fn offset(offset: impl Into<Cow<'static, str>>, size: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Pagination::Offset, offset.into(), size.into())
    }

    /// Pages by a cursor, with the names of the query parameters for the cursor and for the page size.
    #[must_use]
    pub fn cursor(cursor: impl Into<Cow<'static, str>>, size: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Pagination::Cursor, cursor.into(), size.into())
    }

    /// Pages by their number, with the names of the query parameters for the number and for the page size.
    #[must_use]
    pub fn number(number: impl Into<Cow<'static, str>>, size: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Pagination::Number, number.into(), size.into())
    }

    /// Puts the position and the page size into the JSON body of the request, as the properties of these names, not into the
    /// query. The body has to be a JSON object; without one, it is an object of these properties alone.
    ///
    /// By its method, a `POST` is not idempotent. Reading a list is: declare it, so that pages are retried.
    ///
    /// ```
    /// use jsm_client::{ListStyle, http::Method, serde_json::json};
    /// # use jsm_client::{Client, serde_json::Value};
    ///
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let search = jira.request(Method::POST, "/rest/api/3/search/jql").json(&json!({"jql": "project = HELP"}));
    /// let style = ListStyle::cursor("nextPageToken", "maxResults").in_body();
    /// let mut issues = search.idempotent(true).items::<Value>(style);
    /// while let Some(issue) = issues.try_next().await? {
    ///     println!("{}", issue["id"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn in_body(mut self) -> Self {
        self.in_body = true;
        self
    }

    /// Names the property of a page that holds the items.
    #[must_use]
    pub fn items_in(mut self, property: impl Into<Cow<'static, str>>) -> Self {
        self.items = Some(property.into());
        self
    }

    /// Names the property of a page that holds the next cursor.
    #[must_use]
    pub fn next_in(mut self, property: impl Into<Cow<'static, str>>) -> Self {
        self.next = Some(property.into());
        self
    }

    /// Whether a position is one of this style.
    pub(super) fn takes(&self, at: &Position) -> bool {
        matches!(
            (at, self.pagination),
            (Position::Start, _)
                | (Position::Offset(_), Pagination::Offset)
                | (Position::Number(_), Pagination::Number)
                | (Position::Cursor(_), Pagination::Cursor | Pagination::LinkCursor)
        )
    }

    /// The position that the value of the parameter is.
    pub(super) fn position_of(&self, value: &str) -> Option<Position> {
        match self.pagination {
            Pagination::Offset => value.parse().ok().map(Position::Offset),
            Pagination::Number => value.parse().ok().map(Position::Number),
            _ => Some(Position::Cursor(value.to_owned())),
        }
    }

    /// The page in a body.
    pub(super) fn page<T: DeserializeOwned>(&self, body: &[u8]) -> Result<PageParts<T>, serde_json::Error> {
        let outline = Outline::read(body)?;
        let property = self.property(&outline)?;
        let mut page = PageParts::default();
        page.items = match property {
            Some(property) => items(body, property)?,
            None => Vec::new(),
        };
        let number = |name: &str| outline.get(name).and_then(Value::number);
        page.limit = number(&self.size);
        page.start = match self.pagination {
            Pagination::Offset | Pagination::Number => number(&self.position),
            _ => None,
        };
        page.last = LAST.iter().find_map(|name| outline.get(name).and_then(Value::flag));
        let ends = |start: u64, total: u64| start.saturating_add(page.items.len() as u64) >= total;
        if let (Pagination::Offset, None, Some(start), Some(total)) =
            (self.pagination, page.last, page.start, number("total"))
            && ends(start, total)
        {
            page.last = Some(true);
        }
        page.linked = LINKS.iter().any(|name| outline.get(name).is_some_and(Value::is_object));
        page.next = match page.last {
            Some(true) => None,
            _ => self.next(&outline)?,
        };
        Ok(page)
    }

    /// The next cursor. In a list by offset, the link to the next page.
    fn next(&self, outline: &Outline) -> Result<Option<String>, serde_json::Error> {
        let link = LINKS.iter().find_map(|name| outline.get(name).and_then(Value::next_link));
        if matches!(self.pagination, Pagination::Offset | Pagination::Number) {
            return Ok(link);
        }
        let names = self.next.as_deref().map_or(NEXT.to_vec(), |property| vec![property]);
        let of = |part: fn(&Value) -> Option<String>| {
            names.iter().find_map(|name| outline.get(name).and_then(part))
        };
        let named = of(Value::text);
        let link = of(Value::href).or(link.filter(|_| self.next.is_none()));
        let in_link = |link: &str| {
            let cursor = parameter(link, &self.position).filter(|cursor| !cursor.is_empty());
            cursor.ok_or_else(|| {
                let name = &self.position;
                serde_json::Error::custom(format!(
                    "its link to the next page has no parameter `{name}`; give the name that it has to the style"
                ))
            })
        };
        match (named, link) {
            (Some(next), _) if next.contains("://") => in_link(&next).map(Some),
            (Some(next), _) => Ok(Some(parameter(&next, &self.position).unwrap_or(next))),
            (None, Some(link)) => in_link(&link).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The property of a body that holds the items; empty where the body is the list itself.
    pub(super) fn items_property(&self, body: &[u8]) -> Option<String> {
        let outline = Outline::read(body).ok()?;
        self.property(&outline).ok()?.map(str::to_owned)
    }

    fn property<'a>(&'a self, outline: &'a Outline) -> Result<Option<&'a str>, serde_json::Error> {
        let Outline::Object(properties) = outline else { return Ok(Some("")) };
        let lists: Vec<(&str, bool)> = properties
            .iter()
            .filter_map(|(name, value)| match value {
                Value::List { empty } => Some((name.as_str(), *empty)),
                _ => None,
            })
            .collect();
        let missing = match (self.items.as_deref(), &lists[..]) {
            (Some(property), _) if outline.get(property).is_some() => return Ok(Some(property)),
            (Some(property), lists) => match lists.iter().find(|(_, empty)| !empty) {
                // With a wrong name, every list would be empty.
                Some((other, _)) => format!("property `{property}`, but a list in {other}"),
                None if self.is_page(outline) => return Ok(None),
                None => format!("property `{property}`, and nothing else of a page"),
            },
            (None, []) if self.is_page(outline) => return Ok(None),
            (None, []) => "list, and nothing else of a page".to_owned(),
            (None, [(only, _)]) => return Ok(Some(only)),
            (None, lists) => {
                let names: Vec<&str> = lists.iter().map(|(name, _)| *name).collect();
                let note = || format!("which list is it, {}? Name it with items_in(..)", names.join(", "));
                let known = ITEMS.into_iter().find(|name| names.contains(name));
                return known.map(Some).ok_or_else(|| serde_json::Error::custom(note()));
            }
        };
        Err(serde_json::Error::custom(format!("there is no {missing}")))
    }

    /// Whether an object without items is a page: an empty list may be left out.
    fn is_page(&self, outline: &Outline) -> bool {
        let names = [&*self.position, &*self.size, "total"];
        names.iter().chain(&LAST).chain(&NEXT).any(|name| outline.get(name).is_some())
    }
}

/// The items in a property of a body.
fn items<T: DeserializeOwned>(body: &[u8], property: &str) -> Result<Vec<T>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let items = match property {
        "" => PageItems::deserialize(&mut json)?,
        _ => In(property, PhantomData).deserialize(&mut json)?,
    };
    json.end()?;
    Ok(items.0)
}

/// Reads the items in a property of an object.
struct In<'a, T>(&'a str, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for In<'_, T> {
    type Value = PageItems<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PageItems<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for In<'_, T> {
    type Value = PageItems<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PageItems<T>, A::Error> {
        let mut items = None;
        while let Some(name) = map.next_key::<String>()? {
            match name == self.0 {
                true => items = Some(map.next_value()?),
                false => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        items.ok_or_else(|| de::Error::custom("the list is missing"))
    }
}

/// A body without what is deep in it.
enum Outline {
    List,
    Object(Vec<(String, Value)>),
}

/// A value in an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    List {
        empty: bool,
    },
    /// An object, with the links in its properties `next` and `href`.
    Object {
        next: Option<String>,
        href: Option<String>,
    },
    Text(String),
    Number(u64),
    Flag(bool),
    Other,
}

impl Outline {
    fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::List => None,
            Self::Object(properties) => {
                properties.iter().rfind(|(known, _)| known == name).map(|(_, value)| value)
            }
        }
    }
}

impl Value {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Self::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn is_object(&self) -> bool {
        matches!(self, Self::Object { .. })
    }

    fn next_link(&self) -> Option<String> {
        match self {
            Self::Object { next, .. } => next.clone(),
            _ => None,
        }
    }

    fn href(&self) -> Option<String> {
        match self {
            Self::Object { href, .. } => href.clone(),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Body;
        impl<'de> Visitor<'de> for Body {
            type Value = Outline;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a page or a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Outline, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Outline::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
                let mut properties = Vec::new();
                while let Some(property) = map.next_entry()? {
                    if properties.len() == PROPERTIES {
                        let note = format!("it has more than {PROPERTIES} properties, which no page has");
                        return Err(A::Error::custom(note));
                    }
                    properties.push(property);
                }
                Ok(Outline::Object(properties))
            }
        }
        deserializer.deserialize_any(Body)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
                Ok(Value::Flag(flag))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut empty = true;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    empty = false;
                }
                Ok(Value::List { empty })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let (mut next, mut href) = (None, None);
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "next" => {
                            let value = map.next_value::<Value>()?;
                            next = value.text().or_else(|| value.href());
                        }
                        "href" => href = map.next_value::<Value>()?.text(),
                        _ => map.next_value::<IgnoredAny>().map(|_| ())?,
                    }
                }
                Ok(Value::Object { next, href })
            }
        }
        deserializer.deserialize_any(Any)
    }
}
