//! Whether a list goes on, where, and whether it advances at all.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use jsm_raw::{Leaf, Page, Paged, Paging, Position};

use super::list::sets;

/// How many empty pages in a row a list may have before it counts as stalled.
const EMPTY_PAGES: u32 = 100;

/// What a page means for the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was the last one.
    Ends,
    /// The next page is here.
    GoesOn(Position),
    /// The page is good, and there is no way on from it, for this reason.
    Strands(String),
    /// It is the page before once more, which happens at this one place; the next page is here.
    Repeats(Position),
}

/// What has to be remembered of the pages so far.
#[derive(Debug, Default)]
pub(super) struct Judge {
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

impl Judge {
    /// How far apart pages are in a list read by offset, once it is known.
    pub(super) fn step(&self) -> Option<u64> {
        self.step
    }

    /// Whether the page just judged was not followed by the next one at that distance.
    pub(super) fn broke_step(&self) -> bool {
        self.broke_step
    }

    /// Judges the page that was asked for at a position; the error tells how the list failed to advance.
    ///
    /// `dropped` items could not be read and have a place in the list all the same; `asked_size` is the page size that
    /// was asked for.
    pub(super) fn judge<O: Paged>(
        &mut self,
        at: &Position,
        leaf: &Leaf<O::Item>,
        dropped: u64,
        asked_size: Option<u32>,
        fingerprint: Option<u64>,
    ) -> Result<Verdict, String> {
        let places = leaf.items.len() as u64 + dropped;
        // Empty pages look alike wherever they are.
        if places > 0 {
            if fingerprint.is_some() && fingerprint == self.fingerprint {
                // A server that counts pages from 1, and does not say so, sends its first page for none and for 1.
                if *at == Position::Number(1) {
                    return Ok(Verdict::Repeats(Position::Number(2)));
                }
                return Err("the list does not advance: the server sent the same page twice".to_owned());
            }
            self.fingerprint = fingerprint;
        }
        let verdict = match O::INFO.paging {
            Some(Paging::Offset) => self.offset::<O>(at, leaf, places, asked_size)?,
            Some(Paging::Number) => number(at, leaf, places)?,
            Some(Paging::LinkCursor) => {
                let next = leaf.next.as_deref().and_then(|link| parameter(link, O::PARAMETER));
                self.cursor(at, leaf.last, next)
            }
            _ => self.cursor(at, leaf.last, leaf.next.clone()),
        };
        self.empty = if leaf.items.is_empty() { self.empty + 1 } else { 0 };
        match verdict {
            Verdict::GoesOn(_) if self.empty >= EMPTY_PAGES => {
                Err(format!("the list does not advance: {EMPTY_PAGES} pages in a row were empty"))
            }
            verdict => Ok(verdict),
        }
    }

    fn offset<O: Paged>(
        &mut self,
        at: &Position,
        leaf: &Leaf<O::Item>,
        places: u64,
        asked_size: Option<u32>,
    ) -> Result<Verdict, String> {
        let asked = match at {
            Position::Offset(asked) => *asked,
            _ => 0,
        };
        let start = leaf.start.unwrap_or(asked);
        if start < asked {
            return Err(format!(
                "the list does not advance: asked for item {asked}, the server sent item {start}"
            ));
        }
        let had_links = self.linked;
        self.linked |= leaf.next.is_some();
        // An empty page stands for as many places as any other. Too few of them cost a request; too many, items.
        let size = [self.step, leaf.limit, asked_size.map(u64::from)].into_iter().flatten().min();
        let next = match next_offset(&OffsetPage {
            start,
            places,
            size,
            limit: leaf.limit,
            last: leaf.last,
            links: leaf.linked,
            had_links,
            next: linked_offset::<O>(leaf.next.as_deref()),
            has_next: leaf.next.is_some(),
        }) {
            Next::Offset(next) => next,
            Next::End => return Ok(Verdict::Ends),
            Next::Nowhere => {
                let note = "the list does not advance: it goes on, but the server does not say where";
                return Ok(Verdict::Strands(note.to_owned()));
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
        Ok(Verdict::GoesOn(Position::Offset(next)))
    }

    fn cursor(&mut self, at: &Position, last: Option<bool>, next: Option<String>) -> Verdict {
        let Some(next) = next.filter(|next| !next.is_empty() && last != Some(true)) else {
            // To end here would lose the rest silently.
            return match last {
                Some(false) => {
                    Verdict::Strands("the list goes on, but the server does not say where".to_owned())
                }
                _ => Verdict::Ends,
            };
        };
        if let Position::Cursor(at) = at {
            self.cursors.insert(hashed(at));
        }
        if !self.cursors.insert(hashed(&next)) {
            let note = "the list does not advance: the server sent a cursor for the second time";
            return Verdict::Strands(note.to_owned());
        }
        Verdict::GoesOn(Position::Cursor(next))
    }
}

fn hashed(cursor: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    cursor.hash(&mut hasher);
    hasher.finish()
}

/// What a page of a list by offset says of its place.
struct OffsetPage {
    start: u64,
    /// How many items it has, those included that could not be read.
    places: u64,
    /// How many places an empty page stands for, if that is known.
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
    /// It goes on, and nothing tells where.
    Nowhere,
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
    // A page that is not full may have hidden items: where the next one starts is the server's own word then, if it
    // leaves nothing out. Otherwise the items are what there was.
    let linked = page.next.filter(|next| !is_full && *next > start);
    let linked = linked.filter(|next| places == 0 || limit.is_none_or(|limit| next - start <= limit));
    let next = match (linked, places, size) {
        (Some(next), ..) => next,
        (None, 0, Some(size)) => start.saturating_add(size),
        (None, 0, None) => return Next::Nowhere,
        (None, places, _) => start.saturating_add(places),
    };
    if next > start { Next::Offset(next) } else { Next::Nowhere }
}

fn linked_offset<O: Paged>(link: Option<&str>) -> Option<u64> {
    parameter(link?, O::PARAMETER)?.parse().ok()
}

/// Where a list goes on behind a page that came inside another response; nothing at its end.
pub(super) fn behind<O: Paged, T>(page: &Page<T>) -> Result<Option<Position>, &'static str> {
    let link = page.links.as_ref().and_then(|links| links.next.as_deref());
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let (start, places) = (number(page.start).unwrap_or(0), page.values.len() as u64);
    let nowhere = "the list goes on, but the page does not say where";
    match O::INFO.paging {
        Some(Paging::Offset) => {
            let next = next_offset(&OffsetPage {
                start,
                places,
                size: None,
                limit: number(page.limit),
                last: page.is_last_page,
                links: page.links.is_some(),
                had_links: false,
                next: linked_offset::<O>(link),
                has_next: link.is_some(),
            });
            match next {
                Next::Offset(next) => Ok(Some(Position::Offset(next))),
                Next::End => Ok(None),
                // Nothing was read yet, so nothing comes twice.
                Next::Nowhere if places == 0 => Ok(Some(Position::Offset(start))),
                Next::Nowhere => Err(nowhere),
            }
        }
        Some(Paging::Number) => match page.is_last_page {
            Some(true) => Ok(None),
            None if places == 0 => Ok(None),
            _ => Ok(Some(Position::Number(start.saturating_add(1)))),
        },
        _ => match (page.is_last_page, link.and_then(|link| parameter(link, O::PARAMETER))) {
            (Some(true), _) => Ok(None),
            (_, Some(cursor)) if !cursor.is_empty() => Ok(Some(Position::Cursor(cursor))),
            (Some(false), _) => Err(nowhere),
            (None, _) => Ok(None),
        },
    }
}

fn number<T>(at: &Position, leaf: &Leaf<T>, places: u64) -> Result<Verdict, String> {
    if leaf.last == Some(true) || leaf.last.is_none() && places == 0 {
        return Ok(Verdict::Ends);
    }
    let asked = match at {
        Position::Number(asked) => Some(*asked),
        _ => None,
    };
    if let (Some(asked), Some(sent)) = (asked, leaf.start)
        && sent < asked
    {
        return Err(format!(
            "the list does not advance: asked for page {asked}, the server sent page {sent}"
        ));
    }
    let next = leaf.start.or(asked).unwrap_or(0).checked_add(1);
    Ok(next.map_or_else(
        || Verdict::Strands("the list does not advance: it goes on beyond any page number".to_owned()),
        |next| Verdict::GoesOn(Position::Number(next)),
    ))
}

/// The value of a query parameter in a link, which may be relative; nothing else of the link is looked at.
fn parameter(link: &str, name: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let mut pairs = query.split('&');
    let pair = pairs.find(|pair| sets(pair, name))?;
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use jsm_raw::Position;

    use super::{Judge, Verdict, parameter};

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
            let mut judge = Judge::default();
            let mut at = Position::Start;
            let circle = (0..length).cycle().take(10_000).map(|n: usize| n.to_string());
            let stopped = circle.into_iter().position(|next| match judge.cursor(&at, None, Some(next)) {
                Verdict::GoesOn(next) => {
                    at = next;
                    false
                }
                _ => true,
            });
            assert_eq!(stopped, Some(length), "cursors repeat after {length}");
        }
    }
}
