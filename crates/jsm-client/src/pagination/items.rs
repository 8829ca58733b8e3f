//! A list item by item.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use jsm_raw::{Page, Paginated, Position};

use super::{ListPage, Pages, ResumeToken};
use crate::error::{Error, Result};
use crate::language::Language;
use crate::retry::RetryPolicy;

/// A stream over the items of a list, all pages of it.
///
/// Nothing is asked before it is polled, and no page before it is needed. It ends with the list, or with the first
/// error; the items in front of the error are delivered.
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

    /// The next item, or nothing at the end of the list.
    ///
    /// It is what `TryStreamExt::try_next` gives, with fewer moves of each item and nothing to import.
    ///
    /// # Errors
    ///
    /// What the call for a page can fail with, and of kind `Pagination` when the list does not advance.
    pub async fn try_next(&mut self) -> Result<Option<O::Item>> {
        if self.is_at_end_of_page() && !poll_fn(|context| self.poll_page(context)).await? {
            return Ok(None);
        }
        Ok(self.item())
    }

    /// Turns to the next page that has something to deliver; false at the end of the list.
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

    /// Whether the page that is here has nothing more to deliver.
    fn is_at_end_of_page(&mut self) -> bool {
        if let Some(seen) = &mut self.seen {
            // What is left out counts as delivered, for the token to resume from.
            while self.page.as_slice().first().is_some_and(|item| !seen.is_new(item)) {
                self.page.next();
                self.delivered += 1;
            }
        }
        let at_end = self.page.as_slice().is_empty();
        if at_end {
            // Its memory is free for the next page.
            self.page = Vec::new().into_iter();
        }
        at_end
    }

    /// The next item of the page that is here.
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

    fn map_pages(mut self, change: impl FnOnce(Pages<O>) -> Pages<O>) -> Self {
        self.pages = change(self.pages);
        self.at = self.pages.at.clone();
        self.delivered = self.pages.skip;
        self
    }

    /// Asks for pages of this many items. Servers lower what is too much without a word; 50 is usual.
    pub fn page_size(self, items: u32) -> Self {
        self.map_pages(|pages| pages.page_size(items))
    }

    /// Ends after this many items. Unlike `StreamExt::take`, it also lowers the page size, to no less than 10.
    pub fn max_items(self, items: u64) -> Self {
        self.map_pages(|pages| pages.max_items(items))
    }

    /// As [`Pages::prefetch`].
    pub fn prefetch(self, pages: usize) -> Self {
        self.map_pages(|list| list.prefetch(pages))
    }

    /// Reads on from where a token says.
    pub fn resume(self, token: ResumeToken) -> Self {
        self.map_pages(|pages| pages.resume(token))
    }

    /// As [`Pages::after`].
    pub fn after<T>(self, page: &Page<T>) -> Self {
        self.map_pages(|pages| pages.after(page))
    }

    /// Opts in to an experimental list, or out of it.
    pub fn experimental(self, opt_in: bool) -> Self {
        self.map_pages(|pages| pages.experimental(opt_in))
    }

    /// In which language the server is asked to respond; that of the client by default. See [`Language`].
    pub fn language<L>(self, language: L) -> Self
    where
        L: TryInto<Language>,
        L::Error: Into<Error>,
    {
        self.map_pages(|pages| pages.language(language))
    }

    /// When the request for a page is sent again, and how often.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.map_pages(|pages| pages.retry(policy))
    }

    /// How long reading one page may take in all, waits and retries included.
    pub fn deadline(self, time: Duration) -> Self {
        self.map_pages(|pages| pages.deadline(time))
    }

    /// Leaves out items whose key came before, for lists that shift while they are read.
    ///
    /// This remembers eight bytes of every item, so it grows with the list.
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

    /// Where the list can be read on from: behind the item delivered last.
    pub fn resume_token(&self) -> ResumeToken {
        self.pages.token(self.at.clone(), self.delivered)
    }

    /// How many requests were sent for the pages that were read so far, those sent again included.
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
