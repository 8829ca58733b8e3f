//! A list that no document describes, read like any other.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use http::HeaderValue;
use jsm_raw::{
    Operation, OperationInfo, Page, PageParts, Paginated, Pagination, Position, RequestError, Sealed,
};
use reqwest::{Client, Request};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::prepared::{Body, GET, JSON_TYPE, Prepared, append, names};
use super::style::ListStyle;

/// A list of an endpoint that this crate does not cover, as [`Items`](crate::Items) and [`Pages`](crate::Pages) read it.
/// [`HttpRequest::items`](super::HttpRequest::items) makes it.
pub struct HttpList<T> {
    request: Prepared,
    style: ListStyle,
    /// The body without position and page size, where these are in the body.
    body: Option<Map<String, Value>>,
    at: Position,
    size: Option<u32>,
    item: PhantomData<fn() -> T>,
}

impl<T> HttpList<T> {
    /// The list that a request reads. A position and a page size in its query, or in its body, are where the list begins.
    pub(super) fn new(request: Prepared, style: ListStyle) -> Self {
        if style.in_body { Self::by_body(request, style) } else { Self::by_query(request, style) }
    }

    fn by_body(mut request: Prepared, style: ListStyle) -> Self {
        let body = match &request.body {
            Body::None => Some(Map::new()),
            Body::Bytes(bytes, _) => serde_json::from_slice(bytes).ok(),
            Body::Files(..) => None,
        };
        let mut body = body.unwrap_or_else(|| {
            let why = "has to be a JSON object, which the position of the list is put into";
            request.invalid.get_or_insert(RequestError::argument("the body", &why));
            Map::new()
        });
        let at = match body.remove(&*style.position) {
            Some(Value::String(text)) => style.position_of(&text),
            Some(Value::Number(number)) => style.position_of(&number.to_string()),
            _ => None,
        };
        let size = body.remove(&*style.size).and_then(|size| size.as_u64()?.try_into().ok());
        let at = at.unwrap_or(Position::Start);
        Self { request, style, body: Some(body), at, size, item: PhantomData }
    }

    fn by_query(mut request: Prepared, style: ListStyle) -> Self {
        let (mut at, mut size, mut query) = (Position::Start, None, String::new());
        for pair in request.query.split('&') {
            let (name, value) = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
            let position = Some(&value).filter(|_| name == style.position);
            let (position, items) = (
                position.and_then(|value| style.position_of(value)),
                value.parse().ok().filter(|_| name == style.size),
            );
            match (position, items) {
                (Some(position), _) => at = position,
                (None, Some(items)) => size = Some(items),
                (None, None) => append(&mut query, pair),
            }
        }
        request.query = query;
        Self { request, style, body: None, at, size, item: PhantomData }
    }
}

impl<T> Clone for HttpList<T> {
    fn clone(&self) -> Self {
        let Self { request, style, body, at, size, item } = self;
        let (request, style, body, at) = (request.clone(), style.clone(), body.clone(), at.clone());
        Self { request, style, body, at, size: *size, item: *item }
    }
}

impl<T> fmt::Debug for HttpList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpList")
            .field("method", &self.request.method)
            .field("path", &self.request.path)
            .field("query", &names(&self.request.query))
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

impl<T> Sealed for HttpList<T> {}

impl<T: DeserializeOwned + Send + 'static> Operation for HttpList<T> {
    type Output = Page<T>;

    const INFO: &'static OperationInfo = GET;

    fn request(&self, _: &Client, base: &str) -> Result<Request, RequestError> {
        let ListStyle { position, size, .. } = &self.style;
        if let Some(mut body) = self.body.clone() {
            let at = match &self.at {
                Position::Offset(at) | Position::Number(at) => Some((position, Value::from(*at))),
                Position::Cursor(at) => Some((position, Value::from(at.as_str()))),
                _ => None,
            };
            let size = self.size.map(|items| (size, Value::from(items)));
            body.extend(size.into_iter().chain(at).map(|(name, value)| (name.to_string(), value)));
            let bytes =
                serde_json::to_vec(&body).map_err(|error| RequestError::argument("the body", &error))?;
            let body = Body::Bytes(bytes.into(), HeaderValue::from_static(JSON_TYPE));
            return Prepared { body, ..self.request.clone() }.build(base, JSON_TYPE);
        }
        let mut request = self.request.build(base, JSON_TYPE)?;
        let at = match &self.at {
            Position::Offset(at) | Position::Number(at) => Some((position, at.to_string())),
            Position::Cursor(at) => Some((position, at.clone())),
            _ => None,
        };
        let size = self.size.map(|items| (size, items.to_string()));
        if at.is_some() || size.is_some() {
            request.url_mut().query_pairs_mut().extend_pairs(size.into_iter().chain(at));
        }
        Ok(request)
    }

    fn decode(body: &Bytes) -> Result<Page<T>, serde_json::Error> {
        serde_json::from_slice(body)
    }

    fn info(&self) -> &'static OperationInfo {
        self.request.info
    }

    fn template(&self) -> &'static str {
        self.request.template
    }

    fn gateway_path(&self) -> Option<&str> {
        self.request.gateway_path()
    }
}

impl<T: DeserializeOwned + Send + 'static> Paginated for HttpList<T> {
    type Item = T;

    const POSITION_PARAMETER: &'static str = "";

    fn position(&self) -> Position {
        self.at.clone()
    }

    fn seek(&mut self, to: &Position) {
        if self.style.takes(to) {
            self.at = to.clone();
        }
    }

    fn page_size(&self) -> Option<u32> {
        self.size
    }

    fn set_page_size(&mut self, size: u32) {
        self.size = Some(size);
    }

    fn page_parts(page: Page<T>) -> PageParts<T> {
        page.into()
    }

    fn pagination(&self) -> Option<Pagination> {
        Some(self.style.pagination)
    }

    /// Empty where the position is in the body.
    fn position_parameter(&self) -> &str {
        if self.style.in_body { "" } else { &self.style.position }
    }

    fn decode_page(&self, body: &Bytes) -> Result<PageParts<T>, serde_json::Error> {
        self.style.page(body)
    }

    fn items_property(&self, body: &[u8]) -> Option<String> {
        self.style.items_property(body)
    }
}
