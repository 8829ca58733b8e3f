//! Whether a list goes on, where, and whether it advances at all.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use jsm_raw::{Leaf, Page, Paged, Paging, Position};

use super::list::sets;

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

/// What has to be remembered of the pages so far, whatever their number.
#[derive(Debug, Default)]
pub(super) struct Judge {
    step: Option<u64>,
    broke_step: bool,
    fingerprint: Option<u64>,
    cursors: Cursors,
}

impl Judge {
    /// How far apart pages stand in a list read by offset, once it is known.
    pub(super) fn step(&self) -> Option<u64> {
        self.step
    }

    /// Whether the page just judged was not followed by the next one at that distance.
    pub(super) fn broke_step(&self) -> bool {
        self.broke_step
    }

    /// Judges the page that was asked for at a position; the error tells how the list failed to advance.
    pub(super) fn judge<O: Paged>(
        &mut self,
        at: &Position,
        leaf: &Leaf<O::Item>,
        fingerprint: Option<u64>,
    ) -> Result<Verdict, String> {
        if leaf.items.is_empty() {
            return Ok(Verdict::Ends);
        }
        if fingerprint.is_some() && fingerprint == self.fingerprint {
            // Whoever counts pages from 1, and does not say so, has sent its first page for none and for 1.
            if *at == Position::Number(1) {
                return Ok(Verdict::Repeats(Position::Number(2)));
            }
            return Err("the list does not advance: the server sent the same page twice".to_owned());
        }
        self.fingerprint = fingerprint;
        let linked = || leaf.next.as_deref().and_then(|link| parameter(link, O::PARAMETER));
        match O::INFO.paging {
            Some(Paging::Offset) => self.offset(at, leaf, linked),
            Some(Paging::Number) => number(at, leaf),
            Some(Paging::LinkCursor) => Ok(self.cursor(at, leaf.last, linked())),
            _ => Ok(self.cursor(at, leaf.last, leaf.next.clone())),
        }
    }

    fn offset<T>(
        &mut self,
        at: &Position,
        leaf: &Leaf<T>,
        linked: impl FnOnce() -> Option<String>,
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
        if leaf.last == Some(true) {
            return Ok(Verdict::Ends);
        }
        // A page that is not full may stand for more than came: where the next one starts is the server's own word
        // then, if it leaves nothing out. Else what came is what there was.
        let came = leaf.items.len() as u64;
        let linked = match leaf.limit {
            Some(limit) if limit <= came => None,
            limit => linked()
                .and_then(|next| next.parse().ok())
                .filter(|next| *next > start && limit.is_none_or(|limit| next - start <= limit)),
        };
        let next = linked.unwrap_or_else(|| start.saturating_add(came));
        if next == start {
            return Ok(Verdict::Strands("the list does not advance: it goes on beyond any place".to_owned()));
        }
        let step = *self.step.get_or_insert(next - start);
        self.broke_step = start != asked || next - start != step;
        if self.broke_step {
            self.step = Some(next - start);
        }
        Ok(Verdict::GoesOn(Position::Offset(next)))
    }

    fn cursor(&mut self, at: &Position, last: Option<bool>, next: Option<String>) -> Verdict {
        let Some(next) = next.filter(|next| !next.is_empty() && last != Some(true)) else {
            // To end here would lose the rest without a word.
            return match last {
                Some(false) => {
                    Verdict::Strands("the list goes on, but the server does not say where".to_owned())
                }
                _ => Verdict::Ends,
            };
        };
        let next = Position::Cursor(next);
        if *at == next || self.cursors.repeats(&next) {
            let note = "the list does not advance: the server sent a cursor for the second time";
            return Verdict::Strands(note.to_owned());
        }
        Verdict::GoesOn(next)
    }
}

/// Where a list goes on behind a page that came inside another answer.
pub(super) fn behind<O: Paged, T>(page: &Page<T>) -> Option<Position> {
    if page.is_last_page == Some(true) || page.values.is_empty() {
        return None;
    }
    let link = page.links.as_ref().and_then(|links| links.next.as_deref());
    let linked = link.and_then(|link| parameter(link, O::PARAMETER));
    let start = page.start.and_then(|start| u64::try_from(start).ok()).unwrap_or(0);
    match O::INFO.paging {
        Some(Paging::Offset) => {
            let linked = linked.and_then(|next| next.parse().ok()).filter(|next| *next > start);
            Some(Position::Offset(linked.unwrap_or_else(|| start.saturating_add(page.values.len() as u64))))
        }
        Some(Paging::Number) => Some(Position::Number(start.saturating_add(1))),
        _ => linked.map(Position::Cursor),
    }
}

fn number<T>(at: &Position, leaf: &Leaf<T>) -> Result<Verdict, String> {
    if leaf.last == Some(true) {
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
    Ok(Verdict::GoesOn(Position::Number(leaf.start.or(asked).unwrap_or(0).saturating_add(1))))
}

/// The value of a query parameter in a link, which may be relative; nothing else of the link is looked at.
fn parameter(link: &str, name: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let mut pairs = query.split('&');
    let pair = pairs.find(|pair| sets(pair, name))?;
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// Finds out that cursors go round in a circle.
///
/// A circle of few pages is noticed before any of them is asked for again. A longer one is noticed when it has been
/// gone round, by remembering a single place of it: Brent's method.
#[derive(Debug, Default)]
struct Cursors {
    recent: VecDeque<u64>,
    kept: u64,
    since: u64,
    until: u64,
}

/// How many places are remembered, whatever the length of the list.
const RECENT: usize = 256;

impl Cursors {
    fn repeats(&mut self, next: &Position) -> bool {
        let mut hasher = DefaultHasher::new();
        next.hash(&mut hasher);
        let next = hasher.finish();
        if self.recent.contains(&next) || (self.until > 0 && self.kept == next) {
            return true;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(next);
        self.since += 1;
        if self.since > self.until {
            self.kept = next;
            self.until = (self.until * 2).max(1);
            self.since = 0;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use jsm_raw::Position;

    use super::{Cursors, RECENT, parameter};

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
    fn finds_circles_of_any_length() {
        for length in [1, 2, 3, 7, 255, 256, 257, 1000] {
            let mut cursors = Cursors::default();
            let circle = (0..length).cycle().take(10_000).map(Position::Number);
            let found = circle.into_iter().position(|cursor| cursors.repeats(&cursor));
            let found = found.unwrap_or_else(|| panic!("a circle of {length} was not found"));
            if length <= RECENT as u64 {
                assert_eq!(found as u64, length, "a circle of {length} was entered again");
            }
        }
        let mut cursors = Cursors::default();
        assert!(!(0..10_000).any(|n| cursors.repeats(&Position::Number(n))), "there was no circle");
        assert_eq!(cursors.recent.len(), RECENT);
    }
}
