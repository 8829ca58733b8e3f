//! A list page by page.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::{FutureExt, StreamExt};
use jsm_raw::{Page, Paginated, Pagination, Position};

use super::fetch::{Fetch, Fetched, fetch, prefetch};
use super::list::List;
use super::progress::{self, NextPage, Progress};
use crate::error::{Error, ErrorKind, Result, ResumeToken};
use crate::response::{Repair, Session};
use crate::transport::options::{RequestOptions, option_setters};

/// The page size of the servers where none is requested.
const DEFAULT_PAGE_SIZE: u64 = 50;

/// The page size is not lowered further than this: a page can have hidden items, and a request costs more than items.
const SMALL_PAGE_SIZE: u64 = 10;

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListPage<T> {
    /// The items.
    pub items: Vec<T>,
    /// The place after this page, to read on from; `None` at the end of the list.
    pub next: Option<ResumeToken>,
    /// What did not fit the operation's output and was decoded all the same; usually empty.
    pub repairs: Vec<Repair>,
    pub(super) at: Position,
    pub(super) skipped: u64,
}

/// A stream over the pages of a list. [`Client::pages`](crate::Client::pages) makes it.
///
/// Nothing is requested before it is polled. It ends with the list, or with the first error, which has the token to
/// resume from.
///
/// # Cancel safety
///
/// A future of [`try_next`](Self::try_next) can be dropped without losing a page: a request in flight goes on with the
/// next poll. Dropping the stream cancels the requests in flight.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<O: Paginated> {
    list: Arc<List<O>>,
    prefetch: u64,
    /// How many items are left of `max_items`.
    left: Option<u64>,
    pub(super) skip: u64,
    pub(super) at: Position,
    /// The place after the page that was returned last.
    returned: Option<(Position, u64)>,
    progress: Progress,
    requested: VecDeque<Fetch<O>>,
    read: u64,
    requests: u64,
    state: State,
}

enum State {
    Reading,
    Failed(Error),
    Done,
}

// The operation is never pinned: requests are built from references to it.
impl<O: Paginated> Unpin for Pages<O> {}

impl<O: Paginated> Pages<O> {
    pub(crate) fn new(session: Arc<Session>, operation: O) -> Self {
        Self {
            at: operation.position(),
            list: Arc::new(List::new(session, operation, RequestOptions::default())),
            prefetch: 1,
            left: None,
            skip: 0,
            returned: None,
            progress: Progress::default(),
            requested: VecDeque::new(),
            read: 0,
            requests: 0,
            state: State::Reading,
        }
    }

    /// Changes the operation or the options, for the pages that are not requested yet.
    fn change(mut self, change: impl FnOnce(&mut O, &mut RequestOptions)) -> Self {
        let (mut operation, mut options) = (self.list.operation.clone(), self.list.options.clone());
        change(&mut operation, &mut options);
        self.list = Arc::new(List::new(Arc::clone(&self.list.session), operation, options));
        self
    }

    pub(super) fn map_options(self, change: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.change(|_, options| *options = change(std::mem::take(options)))
    }

    option_setters! {
        with map_options,
        timeout: "Sets the timeout of one attempt to request a page; the client's by default, which is 60 s.",
        deadline: "Sets the deadline of one page: the time in which it has to be received, with retries and waits. The \
                   default is the client's, which is 5 minutes."
    }

    /// Sets the page size. The default is the server's, mostly 50. Servers lower a larger one to their maximum.
    pub fn page_size(self, items: u32) -> Self {
        self.change(|operation, _| operation.set_page_size(items.max(1)))
    }

    /// Ends the list after this many items. Unlike `StreamExt::take`, it also lowers the page size, to no less than 10.
    pub fn max_items(mut self, items: u64) -> Self {
        self.left = Some(items);
        let page = self.list.operation.page_size().map_or(DEFAULT_PAGE_SIZE, u64::from);
        match u32::try_from(items.max(SMALL_PAGE_SIZE)) {
            Ok(size) if u64::from(size) < page => self.change(|operation, _| operation.set_page_size(size)),
            _ => self,
        }
    }

    /// Sets how many pages are requested at once; 1 by default. The next ones are requested when the last of them is
    /// returned.
    ///
    /// Prefetched pages are requested by tasks of their own, on the threads of the runtime. Prefetching helps most with
    /// lists that are read by offset. Where the position of a page is in the page before it, one page is prefetched. At
    /// the end of a list, up to one less than this many requests are sent in vain.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.prefetch = pages.max(1) as u64;
        self
    }

    /// Reads on from a token.
    ///
    /// With a token of another operation, of other arguments, or of another style of pagination, the list fails with an
    /// error of kind [`Configuration`](ErrorKind::Configuration); nothing is sent then.
    pub fn resume(mut self, token: ResumeToken) -> Self {
        let operation = self.list.operation.info().name;
        let fits = match (&token.at, self.list.operation.pagination()) {
            (Position::Start, _) => true,
            (Position::Offset(_), style) => style == Some(Pagination::Offset),
            (Position::Number(_), style) => style == Some(Pagination::Number),
            (_, style) => !matches!(style, Some(Pagination::Offset | Pagination::Number)),
        };
        let note = if token.operation != operation {
            format!("the token is one of {}; resume that operation with it", token.operation)
        } else if token.arguments != self.list.arguments() {
            "the token is of a list with other arguments; resume it with the arguments it was made with"
                .to_owned()
        } else if !fits {
            "the token is of a list with another style of pagination; read the list from its start".to_owned()
        } else {
            (self.at, self.skip, self.returned) = (token.at, token.skip, None);
            return self;
        };
        self.state = State::Failed(self.list.name(Error::configuration(note)));
        self
    }

    /// Reads on after a page that was part of another response, such as the comments of a request.
    pub fn after<T>(mut self, page: &Page<T>) -> Self {
        match progress::after(&self.list.operation, page) {
            Ok(Some(at)) => self.at = at,
            Ok(None) => self.state = State::Done,
            Err(note) => {
                self.state = State::Failed(self.list.name(Error::new(ErrorKind::Pagination, note)));
            }
        }
        self
    }

    /// The next page; `None` at the end of the list.
    ///
    /// It is what `TryStreamExt::try_next` returns, without an import. It is cancel safe: dropping the future loses no
    /// page.
    ///
    /// # Errors
    ///
    /// Any error of the call for a page; of kind [`Pagination`](ErrorKind::Pagination) when the list does not advance.
    pub async fn try_next(&mut self) -> Result<Option<ListPage<O::Item>>> {
        self.next().await.transpose()
    }

    /// The place to read on from: after the page that was returned last, or the start of the list.
    pub fn resume_token(&self) -> ResumeToken {
        match &self.returned {
            Some((at, skip)) => self.token(at.clone(), *skip),
            None => self.token(self.at.clone(), self.skip),
        }
    }

    /// How many requests were sent for the pages so far, retries included.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    pub(super) fn token(&self, at: Position, skip: u64) -> ResumeToken {
        ResumeToken {
            operation: self.list.operation.info().name.into(),
            arguments: self.list.arguments(),
            at,
            skip,
        }
    }

    /// Requests the next pages: as many as may be requested at once, if their positions are known.
    fn request(&mut self) {
        let mut positions = vec![self.at.clone()];
        if let (Some(step), &Position::Offset(at)) = (self.progress.step(), &self.at) {
            // Up to a multiple of `prefetch`, so that a list of so many pages is read without a request in vain.
            let round = self.prefetch - self.read % self.prefetch;
            let wanted =
                self.left.map_or(u64::MAX, |left| left.saturating_add(self.skip).div_ceil(step.max(1)));
            let more = round.min(wanted).max(1);
            positions.extend(
                (1..more).map(|ahead| Position::Offset(at.saturating_add(ahead.saturating_mul(step)))),
            );
        }
        for at in positions {
            let list = Arc::clone(&self.list);
            self.requested.push_back(if self.prefetch > 1 { prefetch(list, at) } else { fetch(list, at) });
        }
    }

    /// The items of a page that are returned, and how many items before them are skipped.
    fn select(&mut self, mut items: Vec<O::Item>) -> (Vec<O::Item>, u64) {
        let skipped = self.skip.min(items.len() as u64);
        items.drain(..usize::try_from(skipped).unwrap_or(items.len()));
        // A page can be smaller than it was when the token was made.
        self.skip -= skipped;
        if let Some(left) = &mut self.left {
            items.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= items.len() as u64;
        }
        (items, skipped)
    }
}

impl<O: Paginated> Stream for Pages<O> {
    type Item = Result<ListPage<O::Item>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match std::mem::replace(&mut this.state, State::Done) {
                State::Done => return Poll::Ready(None),
                State::Failed(error) => return Poll::Ready(Some(Err(error))),
                State::Reading if this.left == Some(0) => return Poll::Ready(None),
                State::Reading => {}
            }
            if this.requested.is_empty() {
                this.request();
            }
            let Some(page) = this.requested.front_mut() else { return Poll::Ready(None) };
            let Poll::Ready(fetched) = page.poll_unpin(context) else {
                this.state = State::Reading;
                return Poll::Pending;
            };
            this.requested.pop_front();
            // A page that is empty and not the last one is not returned.
            if let Some(page) = this.turn_to(fetched) {
                return Poll::Ready(page);
            }
        }
    }
}

impl<O: Paginated> Pages<O> {
    /// What is returned for a page that was received: the page, an error, the end, or nothing before the next page.
    fn turn_to(&mut self, fetched: Fetched<O::Item>) -> Option<Option<Result<ListPage<O::Item>>>> {
        self.read += 1;
        self.requests += u64::from(fetched.requests);
        let (at, repairs) = (fetched.at, fetched.repairs);
        let page = match fetched.page {
            Ok(page) => page,
            Err(error) => {
                self.requested.clear();
                return Some(Some(Err(error.with_resume(self.token(self.at.clone(), self.skip)))));
            }
        };
        let list = Arc::clone(&self.list);
        let fail = |note, token| list.name(Error::new(ErrorKind::Pagination, note)).with_resume(token);
        let next = self.progress.next(&list.operation, &at, &page, repairs.dropped, fetched.fingerprint);
        let is_empty = page.items.is_empty() && repairs.listed.is_empty();
        let mut stalled = None;
        let next = match next {
            Ok(NextPage::End) if is_empty => {
                self.requested.clear();
                return Some(None);
            }
            Ok(NextPage::End) => None,
            Ok(NextPage::At(next)) => Some(next),
            Ok(NextPage::Repeated(next)) => {
                (self.at, self.state) = (next, State::Reading);
                return None;
            }
            Ok(NextPage::Stalled(note)) if is_empty => {
                self.requested.clear();
                return Some(Some(Err(fail(note, self.token(at, self.skip)))));
            }
            Ok(NextPage::Stalled(note)) => {
                let behind = self.token(at.clone(), page.items.len() as u64);
                stalled = Some(fail(note, behind));
                None
            }
            Err(note) => {
                self.requested.clear();
                return Some(Some(Err(fail(note, self.token(self.at.clone(), self.skip)))));
            }
        };
        match &next {
            Some(next) => {
                // Prefetched pages are of use only as long as the list keeps its step.
                if self.progress.broke_step() {
                    self.requested.clear();
                }
                self.at = next.clone();
                self.state = State::Reading;
            }
            None => self.requested.clear(),
        }
        if is_empty && next.is_some() {
            return None;
        }
        let length = page.items.len() as u64;
        let (items, skipped) = self.select(page.items);
        if let Some(error) = stalled.filter(|_| self.left != Some(0)) {
            self.state = State::Failed(error);
        }
        // A caller that reads this page need not wait for the next ones afterwards.
        if self.prefetch > 1 && next.is_some() && self.requested.is_empty() && self.left != Some(0) {
            self.request();
        }
        let returned = skipped + items.len() as u64;
        // Where items are left out, the list continues within this page.
        let next =
            if returned < length { Some((at.clone(), returned)) } else { next.map(|next| (next, self.skip)) };
        self.returned = Some(next.clone().unwrap_or_else(|| (at.clone(), returned)));
        let next = next.map(|(at, skip)| self.token(at, skip));
        Some(Some(Ok(ListPage { items, next, repairs: repairs.listed, at, skipped })))
    }
}

impl<O: Paginated> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &self.list.operation)
            .field("at", &self.at)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}
