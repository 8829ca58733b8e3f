//! The progress of a list: whether it continues, at which position, and whether it advances.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use jsm_raw::{Page, PageParts, Paginated, Pagination, Position};

use super::list::sets;

/// How many empty pages in a row a list may have before it counts as stalled.
const EMPTY_PAGES: u32 = 100;

/// What a page means for the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextPage {
    /// It was the last one.
    End,
    /// The next page is at this position.
    At(Position),
    /// The page is valid, and the position of the next one is not known, for this reason.
    Stalled(String),
    /// It is the first page once more, which is skipped; the next page is at this position.
    Repeated(Position),
}

/// What is remembered of the pages so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    step: Option<u64>,
    broke_step: bool,
    fingerprint: Option<u64>,
    /// Whether a page has linked to the next one, so that a page without a link is the last.
    linked: bool,
    /// How many pages in a row were empty.
    empty: u32,
    /// Hashes of the cursors so far.
    cursors: HashSet<u64>,
}

impl Progress {
    /// How far apart pages are in a list read by offset, once it is known.
    pub(super) fn step(&self) -> Option<u64> {
        self.step
    }

    /// Whether the last page was not followed by the next one at that distance.
    pub(super) fn broke_step(&self) -> bool {
        self.broke_step
    }

    /// The page after the one that was requested at a position, or how the list failed to advance.
    ///
    /// `dropped` items could not be decoded and count as items of the list.
    pub(super) fn next<O: Paginated>(
        &mut self,
        operation: &O,
        at: &Position,
        page: &PageParts<O::Item>,
        dropped: u64,
        fingerprint: Option<u64>,
    ) -> Result<NextPage, String> {
        let places = page.items.len() as u64 + dropped;
        // Empty pages look alike wherever they are.
        if places > 0 {
            if fingerprint.is_some() && fingerprint == self.fingerprint {
                // A server that counts pages from 1, and does not say so, sends its first page for none and for 1.
                if *at == Position::Number(1) {
                    return Ok(NextPage::Repeated(Position::Number(2)));
                }
                return Err("the list does not advance: the server sent the same page twice".to_owned());
            }
            self.fingerprint = fingerprint;
        }
        let next = match operation.pagination() {
            Some(Pagination::Offset) => self.offset(operation, at, page, places)?,
            Some(Pagination::Number) => number(at, page, places)?,
            Some(Pagination::LinkCursor) => {
                let next =
                    page.next.as_deref().and_then(|link| parameter(link, operation.position_parameter()));
                self.cursor(at, page.last, next)
            }
            _ => self.cursor(at, page.last, page.next.clone()),
        };
        self.empty = if page.items.is_empty() { self.empty + 1 } else { 0 };
        match next {
            NextPage::At(_) if self.empty >= EMPTY_PAGES => {
                Err(format!("the list does not advance: {EMPTY_PAGES} pages in a row were empty"))
            }
            next => Ok(next),
        }
    }

    fn offset<O: Paginated>(
        &mut self,
        operation: &O,
        at: &Position,
        page: &PageParts<O::Item>,
        places: u64,
    ) -> Result<NextPage, String> {
        let asked = match at {
            Position::Offset(asked) => *asked,
            _ => 0,
        };
        let start = page.start.unwrap_or(asked);
        if start < asked {
            return Err(format!(
                "the list does not advance: item {asked} was requested, and the server sent item {start}"
            ));
        }
        let had_links = self.linked;
        self.linked |= page.next.is_some();
        // An empty page counts for as many items as any other. Too few of them cost a request; too many lose items.
        let size = [self.step, page.limit, operation.page_size().map(u64::from)].into_iter().flatten().min();
        let next = match next_offset(&OffsetPage {
            start,
            places,
            size,
            limit: page.limit,
            last: page.last,
            links: page.linked,
            had_links,
            next: linked_offset(operation, page.next.as_deref()),
            has_next: page.next.is_some(),
        }) {
            Next::Offset(next) => next,
            Next::End => return Ok(NextPage::End),
            Next::Unknown => {
                let note = "the list does not advance: it continues, but the server does not send a position";
                return Ok(NextPage::Stalled(note.to_owned()));
            }
        };
        let known = self.step;
        if places > 0 {
            self.step.get_or_insert(next - start);
        }
        self.broke_step = start != asked || known.or(self.step).is_none_or(|step| next - start != step);
        if self.broke_step && places > 0 {
            self.step = Some(next - start);
        }
        Ok(NextPage::At(Position::Offset(next)))
    }

    fn cursor(&mut self, at: &Position, last: Option<bool>, next: Option<String>) -> NextPage {
        let Some(next) = next.filter(|next| !next.is_empty() && last != Some(true)) else {
            // To end here would lose the rest silently.
            return match last {
                Some(false) => NextPage::Stalled(
                    "the list continues, but the server does not send a position".to_owned(),
                ),
                _ => NextPage::End,
            };
        };
        if let Position::Cursor(at) = at {
            self.cursors.insert(hashed(at));
        }
        if !self.cursors.insert(hashed(&next)) {
            let note = "the list does not advance: the server sent a cursor for the second time";
            return NextPage::Stalled(note.to_owned());
        }
        NextPage::At(Position::Cursor(next))
    }
}

fn hashed(cursor: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    cursor.hash(&mut hasher);
    hasher.finish()
}

/// What a page of a list by offset reports of its position.
struct OffsetPage {
    start: u64,
    /// How many items it has, with those that could not be decoded.
    places: u64,
    /// How many items an empty page counts for, if that is known.
    size: Option<u64>,
    limit: Option<u64>,
    last: Option<bool>,
    /// Whether it has links at all, and whether a page before had one to the next.
    links: bool,
    had_links: bool,
    /// Where its link to the next page leads, and whether it has one.
    next: Option<u64>,
    has_next: bool,
}

enum Next {
    Offset(u64),
    End,
    /// It continues at an unknown position.
    Unknown,
}

fn next_offset(page: &OffsetPage) -> Next {
    let OffsetPage { start, places, size, limit, last, .. } = *page;
    let is_full = limit.is_some_and(|limit| limit <= places);
    if last == Some(true) {
        return Next::End;
    }
    if last.is_none() && !page.has_next {
        // A server that links pages ends the list by leaving the link out. What is left out of a page that is not full
        // may be hidden, and its last items would come again.
        if page.had_links || page.links && !is_full || places == 0 {
            return Next::End;
        }
    }
    // A page that is not full may have hidden items: where the next one starts is what the server's link says, if it
    // skips nothing. Otherwise the items count.
    let linked = page.next.filter(|next| !is_full && *next > start);
    let linked = linked.filter(|next| places == 0 || limit.is_none_or(|limit| next - start <= limit));
    let next = match (linked, places, size) {
        (Some(next), ..) => next,
        (None, 0, Some(size)) => start.saturating_add(size),
        (None, 0, None) => return Next::Unknown,
        (None, places, _) => start.saturating_add(places),
    };
    if next > start { Next::Offset(next) } else { Next::Unknown }
}

fn linked_offset<O: Paginated>(operation: &O, link: Option<&str>) -> Option<u64> {
    parameter(link?, operation.position_parameter())?.parse().ok()
}

/// The position after a page that was part of another response; `None` at the end of the list.
pub(super) fn after<O: Paginated, T>(
    operation: &O,
    page: &Page<T>,
) -> Result<Option<Position>, &'static str> {
    let link = page.links.as_ref().and_then(|links| links.next.as_deref());
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let (start, places) = (number(page.start).unwrap_or(0), page.values.len() as u64);
    let unknown = "the list continues, but the page has no position of the next one";
    match operation.pagination() {
        Some(Pagination::Offset) => {
            let next = next_offset(&OffsetPage {
                start,
                places,
                size: None,
                limit: number(page.limit),
                last: page.is_last_page,
                links: page.links.is_some(),
                had_links: false,
                next: linked_offset(operation, link),
                has_next: link.is_some(),
            });
            match next {
                Next::Offset(next) => Ok(Some(Position::Offset(next))),
                Next::End => Ok(None),
                // Nothing was read yet, so nothing comes twice.
                Next::Unknown if places == 0 => Ok(Some(Position::Offset(start))),
                Next::Unknown => Err(unknown),
            }
        }
        Some(Pagination::Number) => match page.is_last_page {
            Some(true) => Ok(None),
            None if places == 0 => Ok(None),
            _ => Ok(Some(Position::Number(start.saturating_add(1)))),
        },
        _ => match (page.is_last_page, link.and_then(|link| parameter(link, operation.position_parameter())))
        {
            (Some(true), _) => Ok(None),
            (_, Some(cursor)) if !cursor.is_empty() => Ok(Some(Position::Cursor(cursor))),
            (Some(false), _) => Err(unknown),
            (None, _) => Ok(None),
        },
    }
}

fn number<T>(at: &Position, page: &PageParts<T>, places: u64) -> Result<NextPage, String> {
    if page.last == Some(true) || page.last.is_none() && places == 0 {
        return Ok(NextPage::End);
    }
    let asked = match at {
        Position::Number(asked) => Some(*asked),
        _ => None,
    };
    if let (Some(asked), Some(sent)) = (asked, page.start)
        && sent < asked
    {
        return Err(format!(
            "the list does not advance: page {asked} was requested, and the server sent page {sent}"
        ));
    }
    let next = page.start.or(asked).unwrap_or(0).checked_add(1);
    Ok(next.map_or_else(
        || NextPage::Stalled("the list does not advance: it continues beyond any page number".to_owned()),
        |next| NextPage::At(Position::Number(next)),
    ))
}

/// The value of a query parameter in a link, which may be relative; nothing else of the link is looked at.
pub(crate) fn parameter(link: &str, name: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let mut pairs = query.split('&');
    let pair = pairs.find(|pair| sets(pair, name))?;
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use jsm_raw::Position;

    use super::{NextPage, Progress, parameter};

    #[test]
    fn reads_a_parameter_of_any_link() {
        for link in
            ["https://a.example/x?start=50&limit=50", "/x?limit=50&start=50", "?start=50", "x?start=50#f"]
        {
            assert_eq!(parameter(link, "start").as_deref(), Some("50"), "{link}");
        }
        for link in ["", "/x", "https://", "?limit=50"] {
            assert_eq!(parameter(link, "start"), None, "{link}");
        }
        assert_eq!(parameter("?cursor=a%2Bb%3D", "cursor").as_deref(), Some("a+b="));
    }

    #[test]
    fn stops_before_a_repeated_cursor_is_asked_for() {
        for length in [1, 2, 3, 7, 256, 1000] {
            let mut progress = Progress::default();
            let mut at = Position::Start;
            let circle = (0..length).cycle().take(10_000).map(|n: usize| n.to_string());
            let stopped = circle.into_iter().position(|next| match progress.cursor(&at, None, Some(next)) {
                NextPage::At(next) => {
                    at = next;
                    false
                }
                _ => true,
            });
            assert_eq!(stopped, Some(length), "cursors repeat after {length}");
        }
    }
}
