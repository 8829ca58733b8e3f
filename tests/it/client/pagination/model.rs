//! Lists of random servers against a model: every visible item exactly once, or an error, in a bounded number of
//! requests.
//!
//! The servers are the same in every run; `PROPTEST_CASES` asks for more of them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use jsm_client::csm::customer::SearchCustomersByDetailField;
use jsm_client::csm::product::GetProducts;
use jsm_client::csm::types::SearchDetailField;
use jsm_client::servicedesk::article::SearchArticles;
use jsm_client::servicedesk::organization::GetOrganizations;
use jsm_client::{Client, ErrorKind, Items, Paginated};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};

use super::super::clock::TestClock;
use super::super::script::{Script, ScriptedRequest, ScriptedResponse, json};
use super::super::to;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Offset,
    LinkCursor,
    Cursor,
    /// From this number on.
    Number(u64),
}

/// What is wrong with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// From this request on it sends the page before.
    RepeatsPage(usize),
    /// At this request the cursor is an earlier one.
    RepeatsCursor(usize),
    /// From this request on all pages are empty, and there are always more.
    Endless(usize),
    /// At this request something is put in front of the list.
    Shifts(usize),
}

#[derive(Clone, Debug)]
struct Server {
    style: Style,
    /// Which places of the list have a visible item.
    places: Vec<bool>,
    cap: usize,
    asked_size: u32,
    prefetch: usize,
    /// Whether the page size is reported as it was asked for, as it is, or not at all.
    limit: u8,
    reports_start: bool,
    reports_last: bool,
    /// How the last cursor is left out.
    ends: u8,
    links: bool,
    lying_size: bool,
    fault: Fault,
}

impl Server {
    /// Whether every visible item can be found once: a server that hides items has to say where its pages are.
    fn normalized(mut self) -> Self {
        let hides = self.places.contains(&false);
        match self.style {
            Style::Offset => self.links |= hides,
            Style::Number(_) => self.reports_last |= hides,
            _ => {}
        }
        // A page number of 1 for the first page, and 0 taken for it too, shows only in what is sent.
        if self.style == Style::Number(1) && hides {
            self.reports_start = true;
        }
        let fits = match self.fault {
            Fault::None => true,
            Fault::RepeatsPage(_) => {
                !hides
                    && self.style != Style::Number(1)
                    && (self.reports_start || self.style != Style::Offset)
            }
            Fault::RepeatsCursor(_) => matches!(self.style, Style::Cursor | Style::LinkCursor),
            Fault::Endless(_) => true,
            Fault::Shifts(_) => self.style == Style::Offset && !hides,
        };
        if !fits {
            self.fault = Fault::None;
        }
        // Requests sent at once have no order, and faults come by their number.
        if self.fault != Fault::None {
            self.prefetch = 1;
        }
        if matches!(self.fault, Fault::Endless(_)) {
            self.reports_last = true;
        }
        self
    }

    fn visible(&self) -> Vec<String> {
        (0..self.places.len()).filter(|place| self.places[*place]).map(|place| place.to_string()).collect()
    }

    /// The page for one request, of which so many came before.
    fn page(&self, asked: &ScriptedRequest, number: usize, inserted: &mut usize) -> Value {
        let name = if matches!(self.style, Style::Number(_)) { "maxResults" } else { "limit" };
        let wanted = asked.number(name).map_or(self.cap, |size| usize::try_from(size).unwrap_or(usize::MAX));
        let size = wanted.min(self.cap);
        let cursor = || {
            let (_, text) = asked.query.split('&').find_map(|pair| pair.split_once("cursor="))?;
            text.trim_start_matches('c').split('x').next()?.parse::<usize>().ok()
        };
        let mut start = match self.style {
            Style::Offset => asked.number("start").unwrap_or(0) as usize,
            Style::Number(base) => asked.number("page").unwrap_or(base).saturating_sub(base) as usize * size,
            _ => cursor().unwrap_or(0),
        };
        match self.fault {
            Fault::RepeatsPage(at) if number >= at.max(1) => start = start.saturating_sub(size),
            Fault::Shifts(at) if number == at => *inserted = 1,
            _ => {}
        }
        let endless = matches!(self.fault, Fault::Endless(at) if number >= at);
        let total = self.places.len() + *inserted;
        let end = (start + size).min(total);
        let last = end >= total && !endless;
        let ids: Vec<String> = (start.min(end)..end)
            .filter(|_| !endless)
            .filter_map(|place| match place.checked_sub(*inserted) {
                None => Some("new".to_owned()),
                Some(place) => self.places[place].then(|| place.to_string()),
            })
            .collect();
        let repeats = matches!(self.fault, Fault::RepeatsCursor(at) if number >= at.max(1));
        let next = if repeats { start } else { start + size };
        self.write(&ids, start, size, wanted, last, next)
    }

    fn write(
        &self,
        ids: &[String],
        start: usize,
        size: usize,
        wanted: usize,
        last: bool,
        next: usize,
    ) -> Value {
        let mut page = json!({});
        let end = match self.ends {
            0 => None,
            1 => Some(Value::Null),
            _ => Some(json!("")),
        };
        match self.style {
            Style::Offset | Style::LinkCursor => {
                page["values"] = ids.iter().map(|id| json!({"id": id, "title": id})).collect();
                if self.lying_size {
                    page["size"] = json!(ids.len() + 3);
                }
                if self.reports_last {
                    page["isLastPage"] = json!(last);
                }
                match self.limit {
                    0 => page["limit"] = json!(size),
                    1 => page["limit"] = json!(wanted),
                    _ => {}
                }
                if self.reports_start {
                    page["start"] = json!(start);
                }
                if self.style == Style::LinkCursor && !last {
                    page["_links"] =
                        json!({"next": format!("https://elsewhere.example/x?cursor=c{next}x&prev=false")});
                } else if self.links && self.style == Style::Offset {
                    page["_links"] = json!({"self": "https://elsewhere.example/x"});
                    if !last {
                        page["_links"]["next"] = json!(format!("/x?start={next}&limit={size}"));
                    }
                }
            }
            Style::Cursor => {
                page["results"] = ids.iter().map(|id| json!({"id": id, "name": id})).collect();
                match end {
                    _ if !last => page["nextPageCursor"] = json!(format!("c{next}x")),
                    Some(end) => page["nextPageCursor"] = end,
                    None => {}
                }
            }
            Style::Number(base) => {
                page["customers"] = ids.iter().map(|id| json!({"id": id, "name": id})).collect();
                if self.reports_start {
                    page["page"] = json!((start / size) as u64 + base);
                }
                if self.reports_last {
                    page["isLast"] = json!(last);
                }
            }
        }
        page
    }
}

fn servers() -> impl Strategy<Value = Server> {
    let style = prop_oneof![
        4 => Just(Style::Offset),
        1 => Just(Style::LinkCursor),
        1 => Just(Style::Cursor),
        1 => Just(Style::Number(0)),
        1 => Just(Style::Number(1)),
    ];
    let fault = prop_oneof![
        6 => Just(Fault::None),
        1 => (1_usize..4).prop_map(Fault::RepeatsPage),
        1 => (1_usize..4).prop_map(Fault::RepeatsCursor),
        1 => (0_usize..20).prop_map(|at| if at == 0 { Fault::Endless(1) } else { Fault::None }),
        1 => (1_usize..4).prop_map(Fault::Shifts),
    ];
    let places = prop_oneof![
        prop::collection::vec(Just(true), 0..24),
        prop::collection::vec(any::<bool>(), 0..24),
        prop::collection::vec(prop::bool::weighted(0.1), 0..24),
    ];
    let sizes = (2_usize..9, 1_u32..12, 1_usize..4);
    let says = (0_u8..3, any::<bool>(), any::<bool>(), 0_u8..3, any::<bool>(), any::<bool>());
    (style, places, sizes, says, fault).prop_map(
        |(style, places, (cap, asked_size, prefetch), says, fault)| {
            let (limit, reports_start, reports_last, ends, links, lying_size) = says;
            let server = Server {
                style,
                places,
                cap,
                asked_size,
                prefetch,
                limit,
                reports_start,
                reports_last,
                ends,
                links,
                lying_size,
                fault,
            };
            server.normalized()
        },
    )
}

/// The server of the case at hand, how many requests it had, and how many items were put in front of its list.
type Current = Arc<Mutex<(Option<Server>, usize, usize)>>;

async fn read<O: Paginated>(items: Items<O>, id: fn(&O::Item) -> String) -> (Vec<String>, Option<ErrorKind>) {
    let mut items = items;
    let mut ids = Vec::new();
    loop {
        match items.try_next().await {
            Ok(Some(item)) => ids.push(id(&item)),
            Ok(None) => return (ids, None),
            Err(error) => {
                assert!(error.kind() != ErrorKind::Pagination || error.resume_token().is_some(), "{error}");
                return (ids, Some(error.kind()));
            }
        }
    }
}

async fn read_server(client: &Client, server: &Server) -> (Vec<String>, Option<ErrorKind>) {
    let (size, ahead) = (server.asked_size, server.prefetch);
    match server.style {
        Style::Offset => {
            let items = client.items(GetOrganizations::new()).page_size(size).prefetch(ahead);
            match server.fault {
                Fault::Shifts(_) => {
                    read(items.dedup_by_id(|item| item.id.clone()), |item| item.id.to_string()).await
                }
                _ => read(items, |item| item.id.to_string()).await,
            }
        }
        Style::LinkCursor => {
            let items = client.items(SearchArticles::new("x")).page_size(size).prefetch(ahead);
            read(items, |item| item.title.clone()).await
        }
        Style::Cursor => {
            let items = client.items(GetProducts::new()).page_size(size).prefetch(ahead);
            read(items, |item| item.id.to_string()).await
        }
        Style::Number(_) => {
            let search = SearchCustomersByDetailField::new([SearchDetailField::new("Region", "EU")]);
            let items = client.items(search).page_size(size).prefetch(ahead);
            read(items, |item| item.id.to_string()).await
        }
    }
}

/// What the model says of a list that was read.
fn judge(
    server: &Server,
    read: &[String],
    error: Option<ErrorKind>,
    requests: usize,
) -> Result<(), TestCaseError> {
    let wanted = server.visible();
    let known: Vec<&String> = read.iter().filter(|id| *id != "new").collect();
    let different: HashSet<&String> = read.iter().collect();
    prop_assert_eq!(different.len(), read.len(), "an item came twice");
    // Every request but those in vain advances by an item, or is one of a bounded number of empty pages.
    prop_assert!(requests <= server.places.len() + 115, "{} requests", requests);
    match error {
        None => prop_assert_eq!(known, wanted.iter().collect::<Vec<_>>()),
        Some(kind) => {
            prop_assert_eq!(kind, ErrorKind::Pagination);
            prop_assert!(server.fault != Fault::None, "an error without a fault");
            prop_assert!(wanted.iter().zip(&known).all(|(wanted, known)| wanted == *known));
        }
    }
    Ok(())
}

#[test]
fn every_visible_item_comes_exactly_once_or_there_is_an_error() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let current: Current = Arc::default();
    let served = Arc::clone(&current);
    let script = runtime.block_on(Script::serve(move |asked| -> ScriptedResponse {
        let mut current = served.lock().unwrap();
        let (server, number, inserted) = &mut *current;
        let page = server.as_ref().expect("there is a case").page(asked, *number, inserted);
        *number += 1;
        json(200, &page)
    }));
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let sound = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { sound.cases } else { 2_500 };
    let config = Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..sound };
    let result = TestRunner::new(config).run(&servers(), |server| {
        *current.lock().unwrap() = (Some(server.clone()), 0, 0);
        let (read, error) = runtime.block_on(read_server(&client, &server));
        let requests = current.lock().unwrap().1;
        judge(&server, &read, error, requests)
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
