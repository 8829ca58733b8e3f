//! A list that no document describes, read like any other.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use jsm_raw::{
    Operation, OperationInfo, Page, PageParts, Paginated, Pagination, Position, RequestError, Sealed,
};
use reqwest::{Client, Request};
use serde::de::DeserializeOwned;

use super::prepared::{GET, JSON_TYPE, Prepared, append, names};
use super::style::ListStyle;

/// A list of an endpoint that this crate does not cover, as [`Items`](crate::Items) and [`Pages`](crate::Pages) read it.
/// [`HttpRequest::items`](super::HttpRequest::items) makes it.
pub struct HttpList<T> {
    request: Prepared,
    style: ListStyle,
    at: Position,
    size: Option<u32>,
    item: PhantomData<fn() -> T>,
}

impl<T> HttpList<T> {
    /// The list that a request reads. A position and a page size in its query are where the list begins.
    pub(super) fn new(mut request: Prepared, style: ListStyle) -> Self {
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
        Self { request, style, at, size, item: PhantomData }
    }
}

impl<T> Clone for HttpList<T> {
    fn clone(&self) -> Self {
        let Self { request, style, at, size, item } = self;
        Self { request: request.clone(), style: style.clone(), at: at.clone(), size: *size, item: *item }
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
        let mut request = self.request.build(base, JSON_TYPE)?;
        let ListStyle { position, size, .. } = &self.style;
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

    fn position_parameter(&self) -> &str {
        &self.style.position
    }

    fn decode_page(&self, body: &Bytes) -> Result<PageParts<T>, serde_json::Error> {
        self.style.page(body)
    }

    fn items_property(&self, body: &[u8]) -> Option<String> {
        self.style.items_property(body)
    }
}
