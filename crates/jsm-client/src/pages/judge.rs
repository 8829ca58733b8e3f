//! Whether a list goes on, where, and whether it advances at all.

use jsm_raw::{Leaf, Page, Paged, Paging, Position};
use reqwest::Url;

/// What a page means for the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was the last one.
    Ends,
    /// The next page is here.
    GoesOn(Position),
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
            return Err("the list does not advance: the server sent the same page twice".to_owned());
        }
        self.fingerprint = fingerprint;
        let linked = leaf.next.as_deref().and_then(|link| parameter(link, O::PARAMETER));
        match O::INFO.paging {
            Some(Paging::Offset) => self.offset(at, leaf, linked.as_deref()),
            Some(Paging::Number) => number(at, leaf),
            Some(Paging::LinkCursor) => self.cursor(at, leaf.last, linked),
            _ => self.cursor(at, leaf.last, leaf.next.clone()),
        }
    }

    fn offset<T>(&mut self, at: &Position, leaf: &Leaf<T>, linked: Option<&str>) -> Result<Verdict, String> {
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
        // The server's own word on where the next page starts; else what came is what there was.
        let linked = linked.and_then(|next| next.parse().ok()).filter(|next| *next > start);
        let next = linked.unwrap_or_else(|| start.saturating_add(leaf.items.len() as u64));
        let step = *self.step.get_or_insert(next - start);
        self.broke_step = start != asked || next - start != step;
        if self.broke_step {
            self.step = Some(next - start);
        }
        Ok(Verdict::GoesOn(Position::Offset(next)))
    }

    fn cursor(&mut self, at: &Position, last: Option<bool>, next: Option<String>) -> Result<Verdict, String> {
        let Some(next) = next.filter(|next| !next.is_empty() && last != Some(true)) else {
            // To end here would lose the rest without a word.
            return match last {
                Some(false) => Err("the list goes on, but the server does not say where".to_owned()),
                _ => Ok(Verdict::Ends),
            };
        };
        let next = Position::Cursor(next);
        if *at == next || self.cursors.repeats(&next) {
            return Err("the list does not advance: the server sent a cursor for the second time".to_owned());
        }
        Ok(Verdict::GoesOn(next))
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
    let base = Url::parse("http://relative.invalid").ok()?;
    let url = Url::options().base_url(Some(&base)).parse(link).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Finds out that cursors go round in a circle, remembering one of them: Brent's method.
#[derive(Debug, Default)]
struct Cursors {
    kept: Option<Position>,
    since: u64,
    until: u64,
}

impl Cursors {
    fn repeats(&mut self, cursor: &Position) -> bool {
        if self.kept.as_ref() == Some(cursor) {
            return true;
        }
        self.since += 1;
        if self.since > self.until {
            self.kept = Some(cursor.clone());
            self.until = (self.until * 2).max(1);
            self.since = 0;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use jsm_raw::Position;

    use super::{Cursors, parameter};

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
        for length in 1..20 {
            let mut cursors = Cursors::default();
            let circle = (0..length).cycle().map(|n| Position::Cursor(format!("c{n}"))).take(200);
            assert!(
                circle.into_iter().any(|cursor| cursors.repeats(&cursor)),
                "a circle of {length} was not found"
            );
        }
        let mut cursors = Cursors::default();
        assert!(!(0..1000).any(|n| cursors.repeats(&Position::Number(n))), "there was no circle");
    }
}
