//! A list item by item.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::StreamExt;
use jsm_raw::{Page, Paginated, Position};

use super::pages::{ListPage, Pages};
use crate::error::{Result, ResumeToken};
use crate::transport::options::{RequestOptions, option_setters};

/// A stream over the items of a list, all pages of it. [`Client::items`](crate::Client::items) makes it.
///
/// Nothing is requested before it is polled, and no page before it is needed. It ends with the list, or with the first
/// error; the items before the error are returned. It is a [`Stream`], and [`try_next`](Self::try_next) reads it
/// without an import.
///
/// # Cancel safety
///
/// A future of [`try_next`](Self::try_next) can be dropped, for example by `tokio::select!`, without losing an item: a
/// request in flight goes on with the next poll. Dropping the stream cancels the requests in flight.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<O: Paginated> {
    pages: Pages<O>,
    page: std::vec::IntoIter<O::Item>,
    at: Position,
    delivered: u64,
    seen: Option<Seen<O::Item>>,
}

struct Seen<T> {
    key: Box<dyn Fn(&T) -> u64 + Send + Sync>,
    keys: HashSet<u64>,
}

impl<T> Seen<T> {
    fn is_new(&mut self, item: &T) -> bool {
        self.keys.insert((self.key)(item))
    }
}

impl<O: Paginated> Unpin for Items<O> {}

impl<O: Paginated> Items<O> {
    pub(crate) fn new(pages: Pages<O>) -> Self {
        Self { at: pages.at.clone(), pages, page: Vec::new().into_iter(), delivered: 0, seen: None }
    }

    /// The next item; `None` at the end of the list.
    ///
    /// It is what `TryStreamExt::try_next` returns, with fewer moves of each item and without an import. It is cancel
    /// safe: dropping the future loses no item.
    ///
    /// # Errors
    ///
    /// Any error of the call for a page; of kind [`Pagination`](crate::ErrorKind::Pagination) when the list does not
    /// advance.
    pub async fn try_next(&mut self) -> Result<Option<O::Item>> {
        if self.is_at_end_of_page() && !poll_fn(|context| self.poll_page(context)).await? {
            return Ok(None);
        }
        Ok(self.item())
    }

    /// Turns to the next page that has items to return; false at the end of the list.
    ///
    /// It is not inlined, so that the code that each item goes through stays short and moves the item less often.
    #[inline(never)]
    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        loop {
            match ready!(self.pages.poll_next_unpin(context)) {
                Some(page) => self.turn_to(page?),
                None => return Poll::Ready(Ok(false)),
            }
            if !self.is_at_end_of_page() {
                return Poll::Ready(Ok(true));
            }
        }
    }

    /// Whether the current page has no more items to return.
    fn is_at_end_of_page(&mut self) -> bool {
        if let Some(seen) = &mut self.seen {
            // An item that is left out counts as delivered in the resume token.
            while self.page.as_slice().first().is_some_and(|item| !seen.is_new(item)) {
                self.page.next();
                self.delivered += 1;
            }
        }
        let at_end = self.page.as_slice().is_empty();
        if at_end {
            // Frees its memory for the next page.
            self.page = Vec::new().into_iter();
        }
        at_end
    }

    /// The next item of the current page.
    #[inline]
    fn item(&mut self) -> Option<O::Item> {
        self.delivered += 1;
        self.page.next()
    }

    fn turn_to(&mut self, page: ListPage<O::Item>) {
        self.at = page.at;
        self.delivered = page.skipped;
        self.page = page.items.into_iter();
    }

    /// Starts elsewhere in the list.
    fn seek(mut self, seek: impl FnOnce(Pages<O>) -> Pages<O>) -> Self {
        self.pages = seek(self.pages);
        self.at = self.pages.at.clone();
        self.delivered = self.pages.skip;
        self
    }

    fn map_options(mut self, change: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.pages = self.pages.map_options(change);
        self
    }

    option_setters! {
        with map_options,
        timeout: "Sets the timeout of one attempt to request a page; the client's by default, which is 60 s.",
        deadline: "Sets the deadline of one page: the time in which it has to be received, with retries and waits. The \
                   default is the client's, which is 5 minutes. The list as a whole has no deadline."
    }

    /// Sets the page size. The default is the server's, mostly 50. Servers lower a larger one to their maximum.
    pub fn page_size(mut self, items: u32) -> Self {
        self.pages = self.pages.page_size(items);
        self
    }

    /// Ends the list after this many items. Unlike `StreamExt::take`, it also lowers the page size, to no less than 10.
    pub fn max_items(mut self, items: u64) -> Self {
        self.pages = self.pages.max_items(items);
        self
    }

    /// Sets how many pages are requested at once; 1 by default. See [`Pages::prefetch`].
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.pages = self.pages.prefetch(pages);
        self
    }

    /// Reads on from a token. See [`Pages::resume`].
    pub fn resume(self, token: ResumeToken) -> Self {
        self.seek(|pages| pages.resume(token))
    }

    /// Reads on after a page that was part of another response. See [`Pages::after`].
    pub fn after<T>(self, page: &Page<T>) -> Self {
        self.seek(|pages| pages.after(page))
    }

    /// Leaves out items whose id was returned before, for lists that shift while they are read.
    ///
    /// It keeps eight bytes of every item, so its memory grows with the list.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::request::GetRequests};
    /// # fn example(jira: Client) {
    /// let requests = jira.items(GetRequests::new()).dedup_by_id(|request| request.issue_id.clone());
    /// # }
    /// ```
    pub fn dedup_by_id<K: Hash>(mut self, id: impl Fn(&O::Item) -> K + Send + Sync + 'static) -> Self {
        let key = move |item: &O::Item| {
            let mut hasher = DefaultHasher::new();
            id(item).hash(&mut hasher);
            hasher.finish()
        };
        self.seen = Some(Seen { key: Box::new(key), keys: HashSet::new() });
        self
    }

    /// The place to read on from: after the item that was returned last, or the start of the list.
    pub fn resume_token(&self) -> ResumeToken {
        self.pages.token(self.at.clone(), self.delivered)
    }

    /// How many requests were sent for the pages so far, retries included.
    pub fn requests(&self) -> u64 {
        self.pages.requests()
    }
}

impl<O: Paginated> Stream for Items<O> {
    type Item = Result<O::Item>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_at_end_of_page() && !ready!(self.poll_page(context))? {
            return Poll::Ready(None);
        }
        Poll::Ready(self.item().map(Ok))
    }
}

impl<O: Paginated> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .field("delivered", &self.delivered)
            .finish_non_exhaustive()
    }
}
