//! Lists, page by page and item by item.
//!
//! One implementation reads lists of all styles; what tells them apart is in [`jsm_raw::Paginated`]. When a list ends or
//! fails to advance is decided in `progress`. Links in answers are read for the position they carry and never followed.

mod fetch;
mod items;
mod list;
mod progress;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::{FutureExt, StreamExt};
use jsm_raw::{Page, Paginated, Pagination, Position};
use reqwest::header::ACCEPT_LANGUAGE;
use serde::{Deserialize, Serialize};

pub use items::Items;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::language::Language;
use crate::response::Repair;
use crate::retry::RetryPolicy;
use crate::send::Options;
use fetch::{Fetch, Fetched, ahead, fetch};
use list::List;
use progress::{NextPage, Progress};

/// How many items the servers send in a page when nobody says.
const USUAL_PAGE: u64 = 50;

/// The page size is not lowered further than this: a page can have hidden items, and a request costs more than items.
const SMALL_PAGE: u64 = 10;

/// A place in a list from which it can be read on, later or by another process.
///
/// It can be serialised. It holds no secret, and no promise: what changes in the list meanwhile shifts it. It goes with
/// the operation and the arguments it was made with, other than position and page size, and is refused for others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResumeToken {
    operation: Cow<'static, str>,
    /// A hash of the arguments.
    arguments: u64,
    at: Position,
    #[serde(default)]
    skip: u64,
}

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListPage<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the list goes on; nothing at its end.
    pub next: Option<ResumeToken>,
    /// What was odd in the page and read all the same; mostly nothing.
    pub repairs: Vec<Repair>,
    at: Position,
    skipped: u64,
}

/// A stream over the pages of a list.
///
/// Nothing is asked before it is polled. It ends with the list, or with the first error, which carries the token to
/// resume from. Dropping it between pages loses nothing but the pages asked ahead.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<O: Paginated> {
    list: Arc<List<O>>,
    prefetch: u64,
    left: Option<u64>,
    skip: u64,
    at: Position,
    progress: Progress,
    asked: VecDeque<Fetch<O>>,
    read: u64,
    requests: u64,
    state: State,
}

enum State {
    Reading,
    Wrong(Error),
    Done,
}

// The operation is never pinned: requests are built from references to it.
impl<O: Paginated> Unpin for Pages<O> {}

impl<O: Paginated> Pages<O> {
    pub(crate) fn new(client: Client, operation: O) -> Self {
        Self {
            at: operation.position(),
            list: Arc::new(List::new(client, operation, Options::default())),
            prefetch: 1,
            left: None,
            skip: 0,
            progress: Progress::default(),
            asked: VecDeque::new(),
            read: 0,
            requests: 0,
            state: State::Reading,
        }
    }

    /// Lets the list be asked for otherwise.
    fn change(mut self, change: impl FnOnce(&mut O, &mut Options)) -> Self {
        let (mut operation, mut options) = (self.list.operation.clone(), self.list.options.clone());
        change(&mut operation, &mut options);
        self.list = Arc::new(List::new(self.list.client.clone(), operation, options));
        self
    }

    /// Asks for pages of this many items. Servers lower what is too much without a word; 50 is usual.
    pub fn page_size(self, items: u32) -> Self {
        self.change(|operation, _| operation.set_page_size(items.max(1)))
    }

    /// Ends after this many items. Pages that need not be larger are asked for with 10 items or as many as are wanted.
    pub fn max_items(mut self, items: u64) -> Self {
        self.left = Some(items);
        let page = self.list.operation.page_size().map_or(USUAL_PAGE, u64::from);
        match u32::try_from(items.max(SMALL_PAGE)) {
            Ok(size) if u64::from(size) < page => self.change(|operation, _| operation.set_page_size(size)),
            _ => self,
        }
    }

    /// Asks for this many pages at once, and for as many again when the last of them is handed out; 1 by default.
    ///
    /// Pages asked ahead come as tasks of their own, on the threads of the runtime. It helps most with lists that are
    /// read by offset; where a page's place stands in the page before, one page is asked ahead. At the end of a list
    /// up to one less than this many pages are asked for in vain.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.prefetch = pages.max(1) as u64;
        self
    }

    /// Reads on from where a token says.
    ///
    /// A token of another operation, of other arguments, or of another way of paging makes the list fail with an error
    /// of kind `Configuration`; nothing is sent then.
    pub fn resume(mut self, token: ResumeToken) -> Self {
        let fits = match (&token.at, O::INFO.pagination) {
            (Position::Start, _) => true,
            (Position::Offset(_), style) => style == Some(Pagination::Offset),
            (Position::Number(_), style) => style == Some(Pagination::Number),
            (_, style) => !matches!(style, Some(Pagination::Offset | Pagination::Number)),
        };
        let note = if token.operation != O::INFO.name {
            format!("the token is one of {}; resume that operation with it", token.operation)
        } else if token.arguments != self.list.arguments() {
            "the token is of a list with other arguments; resume it with the arguments it was made with"
                .to_owned()
        } else if !fits {
            "the token is of a list with another way of paging; start the list anew".to_owned()
        } else {
            (self.at, self.skip) = (token.at, token.skip);
            return self;
        };
        self.state = State::Wrong(Error::configuration(note).with_operation(O::INFO));
        self
    }

    /// Reads on behind a page that came inside another response, as the comments of a request do.
    pub fn after<T>(mut self, page: &Page<T>) -> Self {
        match progress::behind::<O, T>(page) {
            Ok(Some(at)) => self.at = at,
            Ok(None) => self.state = State::Done,
            Err(note) => {
                self.state = State::Wrong(Error::new(ErrorKind::Pagination, note).with_operation(O::INFO))
            }
        }
        self
    }

    /// Opts in to an experimental list, or out of it.
    pub fn experimental(self, opt_in: bool) -> Self {
        self.change(|_, options| options.experimental = Some(opt_in))
    }

    /// In which language the server is asked to respond; that of the client by default. See [`Language`].
    pub fn language<L>(mut self, language: L) -> Self
    where
        L: TryInto<Language>,
        L::Error: Into<Error>,
    {
        match language.try_into() {
            Ok(language) => self.change(|_, options| {
                options.headers.insert(ACCEPT_LANGUAGE, language.header());
            }),
            Err(error) => {
                self.state = State::Wrong(error.into().with_operation(O::INFO));
                self
            }
        }
    }

    /// When the request for a page is sent again, and how often.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.change(|_, options| options.retry = Some(policy))
    }

    /// How long reading one page may take in all, waits and retries included.
    pub fn deadline(self, time: std::time::Duration) -> Self {
        self.change(|_, options| options.deadline = Some(time))
    }

    /// The next page, or nothing at the end of the list.
    ///
    /// It is what `TryStreamExt::try_next` gives, with nothing to import.
    ///
    /// # Errors
    ///
    /// What the call for a page can fail with, and of kind `Pagination` when the list does not advance.
    pub async fn try_next(&mut self) -> Result<Option<ListPage<O::Item>>> {
        self.next().await.transpose()
    }

    /// How many requests were sent for the pages that were read so far, those sent again included.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    fn token(&self, at: Position, skip: u64) -> ResumeToken {
        ResumeToken { operation: O::INFO.name.into(), arguments: self.list.arguments(), at, skip }
    }

    /// Asks for the next pages: as many as may be asked at once, where their places are known.
    fn ask(&mut self) {
        let mut places = vec![self.at.clone()];
        if let (Some(step), &Position::Offset(at)) = (self.progress.step(), &self.at) {
            // Up to a multiple of `prefetch`, so that a list of so many pages is read without a request in vain.
            let round = self.prefetch - self.read % self.prefetch;
            let wanted =
                self.left.map_or(u64::MAX, |left| left.saturating_add(self.skip).div_ceil(step.max(1)));
            let more = round.min(wanted).max(1);
            places.extend(
                (1..more).map(|ahead| Position::Offset(at.saturating_add(ahead.saturating_mul(step)))),
            );
        }
        for at in places {
            let page = fetch(Arc::clone(&self.list), at.clone());
            self.asked.push_back(if self.prefetch > 1 { ahead::<O>(page, at) } else { page });
        }
    }

    /// What is wanted of a page, and how many items in front of that were delivered before.
    fn wanted(&mut self, mut items: Vec<O::Item>) -> (Vec<O::Item>, u64) {
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
                State::Wrong(error) => return Poll::Ready(Some(Err(error))),
                State::Reading if this.left == Some(0) => return Poll::Ready(None),
                State::Reading => {}
            }
            if this.asked.is_empty() {
                this.ask();
            }
            let Some(page) = this.asked.front_mut() else { return Poll::Ready(None) };
            let Poll::Ready(fetched) = page.poll_unpin(context) else {
                this.state = State::Reading;
                return Poll::Pending;
            };
            this.asked.pop_front();
            // A page that is empty and not the last one is none to hand out.
            if let Some(page) = this.turn_to(fetched) {
                return Poll::Ready(page);
            }
        }
    }
}

impl<O: Paginated> Pages<O> {
    /// What to hand out of a page that is here: itself, an error, the end, or nothing and the next page will tell.
    fn turn_to(&mut self, fetched: Fetched<O::Item>) -> Option<Option<Result<ListPage<O::Item>>>> {
        self.read += 1;
        self.requests += u64::from(fetched.requests);
        let (at, repairs) = (fetched.at, fetched.repairs);
        let page = match fetched.page {
            Ok(page) => page,
            Err(error) => {
                self.asked.clear();
                return Some(Some(Err(error.with_resume(self.token(self.at.clone(), self.skip)))));
            }
        };
        let fail =
            |note, token| Error::new(ErrorKind::Pagination, note).with_operation(O::INFO).with_resume(token);
        let size = self.list.operation.page_size();
        let verdict = self.progress.next::<O>(&at, &page, repairs.dropped, size, fetched.fingerprint);
        let is_empty = page.items.is_empty() && repairs.listed.is_empty();
        let mut stranded = None;
        let next = match verdict {
            Ok(NextPage::Ends) if is_empty => {
                self.asked.clear();
                return Some(None);
            }
            Ok(NextPage::Ends) => None,
            Ok(NextPage::GoesOn(next)) => Some(next),
            Ok(NextPage::Repeats(next)) => {
                (self.at, self.state) = (next, State::Reading);
                return None;
            }
            Ok(NextPage::Strands(note)) if is_empty => {
                self.asked.clear();
                return Some(Some(Err(fail(note, self.token(at, self.skip)))));
            }
            Ok(NextPage::Strands(note)) => {
                let behind = self.token(at.clone(), page.items.len() as u64);
                stranded = Some(fail(note, behind));
                None
            }
            Err(note) => {
                self.asked.clear();
                return Some(Some(Err(fail(note, self.token(self.at.clone(), self.skip)))));
            }
        };
        match &next {
            Some(next) => {
                // Pages asked ahead are of use only as long as the list keeps its step.
                if self.progress.broke_step() {
                    self.asked.clear();
                }
                self.at = next.clone();
                self.state = State::Reading;
            }
            None => self.asked.clear(),
        }
        if is_empty && next.is_some() {
            return None;
        }
        let (items, skipped) = self.wanted(page.items);
        if let Some(error) = stranded.filter(|_| self.left != Some(0)) {
            self.state = State::Wrong(error);
        }
        // A caller that reads this page need not wait for the next ones afterwards.
        if self.prefetch > 1 && next.is_some() && self.asked.is_empty() && self.left != Some(0) {
            self.ask();
        }
        let next = next.map(|next| self.token(next, self.skip));
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
