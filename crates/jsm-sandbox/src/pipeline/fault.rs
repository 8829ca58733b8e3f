//! Faults: what goes wrong between a client and the cloud, where a test asks for it.
//!
//! A fault has three parts, each asked for in one step of the pipeline: what happens before any work, what becomes of
//! the response, and how the response is delivered. How healthy servers deviate from the documents is a quirk.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsm_raw::nearest;
use serde_json::{Value, json};

use super::log::RecordedRequest;
use crate::handlers::table::APIS;
use crate::message::raw::RawRequest;
use crate::message::response::{Body, Response};

/// Something that goes wrong: by default once, with the next request.
///
/// [`on`](Fault::on) and [`matching`](Fault::matching) choose the requests; [`after`](Fault::after) and
/// [`every`](Fault::every) count these, and spare some; [`times`](Fault::times) and [`always`](Fault::always) say how
/// often it happens.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use jsm_sandbox::{Fault, Sandbox};
///
/// let sandbox = Sandbox::start().await.unwrap();
/// sandbox.fault(Fault::status(503).header("Retry-After", "2").text("try later").on("GetCustomers").times(2));
/// sandbox.fault(Fault::drop_after().on("CreateCustomer"));
/// // The third POST fails.
/// sandbox.fault(Fault::status(503).matching(|request| request.method == "POST").after(2));
/// // Every tenth response breaks off, until the faults are cleared.
/// sandbox.fault(Fault::truncate().every(10));
/// # });
/// ```
///
/// A fault counts every request that it is meant for, from the moment in which it was added, and also when another fault
/// happens to it. At most one fault happens to a request: of those whose turn it is, the one that was added first.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: Kind,
    operation: Option<String>,
    conditions: Vec<Condition>,
    /// How many requests are spared at first.
    after: u32,
    /// Which ones of the others it happens to: each that this divides the number of; all where there is none.
    every: Option<u32>,
    times: Times,
    /// What distinguishes it from others, once it was added.
    id: u64,
    /// How many requests it was meant for so far.
    seen: u64,
    /// How often it happened.
    happened: u32,
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug)]
enum Times {
    /// Once; always where it happens to every so many requests.
    ByDefault,
    AtMost(u32),
    Always,
}

/// What a request has to be like.
#[derive(Clone)]
struct Condition(Arc<dyn Fn(&RecordedRequest) -> bool + Send + Sync>);

impl fmt::Debug for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Condition(..)")
    }
}

#[derive(Clone, Debug)]
enum Kind {
    /// Nothing goes wrong.
    None,
    Respond(Response),
    DropBefore,
    DropAfter,
    Delay(Duration),
    SlowBody(Duration),
    Truncate,
    RepeatPage,
    Endless,
    ForeignLinks(String),
}

/// How a response is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// How long the response waits.
    pub(crate) delay: Duration,
    /// How long each piece of the body waits.
    pub(crate) slow: Option<Duration>,
    /// Whether the connection breaks in the middle of the body.
    pub(crate) truncate: bool,
    /// Whether the connection breaks without a response.
    pub(crate) drop: bool,
}

impl Fault {
    fn new(kind: Kind) -> Fault {
        Fault {
            kind,
            operation: None,
            conditions: Vec::new(),
            after: 0,
            every: None,
            times: Times::ByDefault,
            id: 0,
            seen: 0,
            happened: 0,
        }
    }

    /// A response with this status, from 200 to 999, and an empty body. Any other status breaks the connection. The request
    /// changes nothing.
    pub fn status(status: u16) -> Fault {
        Fault::new(Kind::Respond(Response::empty(status)))
    }

    /// A login page with status 200, which a client gets that follows the redirect of an expired session. The request
    /// changes nothing.
    pub fn html() -> Fault {
        let page = "<!DOCTYPE html><html><title>Log in</title></html>";
        Fault::new(Kind::Respond(Response::raw(200, "text/html;charset=UTF-8", page)))
    }

    /// The connection breaks without a response. The request changes nothing.
    pub fn drop_before() -> Fault {
        Fault::new(Kind::DropBefore)
    }

    /// The connection breaks without a response, after the request did its work.
    pub fn drop_after() -> Fault {
        Fault::new(Kind::DropAfter)
    }

    /// The response is delayed, by the machine's clock.
    pub fn delay(by: Duration) -> Fault {
        Fault::new(Kind::Delay(by))
    }

    /// The body comes in pieces of 64 bytes, with this pause before each, by the machine's clock. Of an operation that
    /// responds with a file, this is the file.
    pub fn slow_body(pause: Duration) -> Fault {
        Fault::new(Kind::SlowBody(pause))
    }

    /// The connection breaks in the middle of the body, after status and headers. Of an operation that responds with a
    /// file, this is the file. A response without a body stays whole.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// use jsm_sandbox::Fault;
    ///
    /// // The next download breaks off in the middle.
    /// sandbox.fault(Fault::truncate().on("GetAttachmentContent"));
    /// ```
    pub fn truncate() -> Fault {
        Fault::new(Kind::Truncate)
    }

    /// The page that the operation or route responded with before comes again, whichever is asked for.
    pub fn repeat_page() -> Fault {
        Fault::new(Kind::RepeatPage)
    }

    /// Every page has items and says that another page follows, until the faults are cleared.
    pub fn endless() -> Fault {
        Fault::new(Kind::Endless).always()
    }

    /// All links in the response lead to another host, such as `https://elsewhere.example.com`.
    pub fn foreign_links(host: &str) -> Fault {
        Fault::new(Kind::ForeignLinks(host.trim_end_matches('/').to_owned()))
    }

    /// Adds a header to the response of [`Fault::status`] or [`Fault::html`]. Other faults ignore it. A name or value
    /// that HTTP does not allow breaks the connection.
    pub fn header(mut self, name: &str, value: &str) -> Fault {
        if let Kind::Respond(response) = &mut self.kind {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Gives [`Fault::status`] a body of plain text. Other faults ignore it.
    pub fn text(self, body: &str) -> Fault {
        self.body("text/plain;charset=UTF-8", body)
    }

    /// Gives [`Fault::status`] a body of JSON. Other faults ignore it.
    pub fn json(self, body: &Value) -> Fault {
        self.body("application/json;charset=UTF-8", &body.to_string())
    }

    fn body(mut self, media_type: &str, body: &str) -> Fault {
        if let Kind::Respond(response) = &mut self.kind {
            let (media_type, bytes) = (media_type.to_owned(), body.to_owned().into());
            response.body = Body::Raw { media_type, bytes };
        }
        self
    }

    /// Restricts the fault to requests of an operation, such as `CreateCustomer`, or of an
    /// [added route](crate::Sandbox::route), by its path as it was added. All other requests, such as those for tokens, are
    /// chosen by [`matching`](Fault::matching).
    ///
    /// An operation that responds with a file redirects to the file, which is another request. [`Fault::truncate`] and
    /// [`Fault::slow_body`] happen to the request for the file, all other faults to the one for the operation.
    ///
    /// # Panics
    /// Panics when it is neither the name of an operation nor begins with a slash, as a path does. Such a fault would never
    /// happen. The message names similar operations.
    #[track_caller]
    pub fn on(mut self, operation: &str) -> Fault {
        if let Some(problem) = unknown(operation) {
            panic!("{problem}");
        }
        self.operation = Some(operation.to_owned());
        self
    }

    /// Restricts the fault to requests for which the condition holds; with several conditions, all of them.
    ///
    /// The condition sees the request as [`Sandbox::requests`](crate::Sandbox::requests) has it, but for the status of
    /// the response. Where it panics, the response has the status 500.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// use jsm_sandbox::Fault;
    ///
    /// sandbox.fault(Fault::status(403).matching(|request| request.path.ends_with("/organization")));
    /// sandbox.fault(Fault::drop_after().matching(|request| request.body.contains("ann@example.com")));
    /// ```
    pub fn matching(mut self, condition: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static) -> Fault {
        self.conditions.push(Condition(Arc::new(condition)));
        self
    }

    /// Spares the first requests that it is meant for: with `after(2)`, it happens to the third.
    pub fn after(mut self, requests: u32) -> Fault {
        self.after = requests;
        self
    }

    /// Happens to one of so many requests that it is meant for: with `every(3)`, to the third, the sixth, and so on
    /// until the faults are cleared, or as [often](Fault::times) as it should; with `every(1)`, to all of them. Those that
    /// [`after`](Fault::after) spares are not counted. 0 is taken for 1.
    pub fn every(mut self, requests: u32) -> Fault {
        self.every = Some(requests.max(1));
        self
    }

    /// How many requests it happens to at most; by default one, or any number with [`every`](Fault::every).
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Times::AtMost(times);
        self
    }

    /// It happens until the faults are cleared.
    pub fn always(mut self) -> Fault {
        self.times = Times::Always;
        self
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Whether it concerns nothing but the body of the response.
    pub(super) fn is_of_body(&self) -> bool {
        matches!(self.kind, Kind::Truncate | Kind::SlowBody(_))
    }

    /// Whether it is meant for a request, by the name of its operation or route and by its conditions.
    pub(super) fn matches(&self, name: Option<&str>, request: &RecordedRequest) -> bool {
        self.operation.as_deref().is_none_or(|operation| name == Some(operation))
            && self.conditions.iter().all(|Condition(holds)| holds(request))
    }

    /// Whether it happens to the request that was counted last.
    fn is_due(&self) -> bool {
        let number = self.seen.saturating_sub(u64::from(self.after));
        number > 0 && number.is_multiple_of(u64::from(self.every.unwrap_or(1)))
    }

    /// Whether it has happened as often as it may.
    fn is_over(&self) -> bool {
        match self.times {
            Times::ByDefault => self.every.is_none() && self.happened > 0,
            Times::AtMost(times) => self.happened >= times,
            Times::Always => false,
        }
    }

    /// Before: a response that comes instead of any work, or none. An endless list serves its first page, whichever is
    /// asked for.
    pub(super) fn before(&self, query: &mut Vec<(String, String)>) -> Option<Response> {
        match &self.kind {
            Kind::Respond(response) => Some(response.clone()),
            // It is never sent.
            Kind::DropBefore => Some(Response::empty(500)),
            Kind::Endless => {
                query.retain(|(name, _)| !is_position(name));
                None
            }
            _ => None,
        }
    }

    /// Transform: what becomes of the response. `name` is that of the operation or route, `hosts` are what links begin
    /// with.
    pub(super) fn transform(
        &self,
        last_pages: &mut LastPages,
        name: &str,
        hosts: [&str; 2],
        raw: &RawRequest,
        response: &mut Response,
    ) {
        let Body::Json(body) = &mut response.body else { return };
        match &self.kind {
            Kind::RepeatPage => {
                if let Some(last) = last_pages.0.get(name) {
                    body.clone_from(last);
                }
            }
            Kind::Endless => let_another_follow(body, &raw.query_pairs()),
            Kind::ForeignLinks(host) => replace_host(body, &hosts, host),
            _ => {}
        }
        if response.status == 200 && LISTS.iter().any(|list| body.get(list).is_some_and(Value::is_array)) {
            last_pages.0.insert(name.to_owned(), body.clone());
        }
    }

    /// Delivery: how the response is sent.
    pub(super) fn delivery(&self) -> Delivery {
        let delivery = Delivery::default();
        match self.kind {
            Kind::DropBefore | Kind::DropAfter => Delivery { drop: true, ..delivery },
            Kind::Delay(delay) => Delivery { delay, ..delivery },
            Kind::SlowBody(pause) => Delivery { slow: Some(pause), ..delivery },
            Kind::Truncate => Delivery { truncate: true, ..delivery },
            _ => delivery,
        }
    }
}

/// The faults that wait for a request, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
    added: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.added += 1;
        self.waiting.push(Fault { id: self.added, ..fault });
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn all(&self) -> Vec<Fault> {
        self.waiting.clone()
    }

    /// Counts a request for the faults with these ids, and takes the first one whose turn it is; one that does nothing
    /// where there is none.
    pub(super) fn next(&mut self, matched: &BTreeSet<u64>) -> Fault {
        self.waiting.retain(|fault| !fault.is_over());
        let mut next = None;
        for fault in self.waiting.iter_mut().filter(|fault| matched.contains(&fault.id)) {
            fault.seen += 1;
            if next.is_none() && fault.is_due() {
                fault.happened += 1;
                next = Some(fault.clone());
            }
        }
        next.unwrap_or_else(|| Fault::new(Kind::None))
    }
}

/// What is wrong with the name of an operation; none where it is one, or the path of a route.
fn unknown(name: &str) -> Option<String> {
    let names = || APIS.iter().flat_map(|api| api.operations).map(|info| info.name);
    if name.starts_with('/') || names().any(|known| known == name) {
        return None;
    }
    let similar: Vec<String> = nearest(name, names()).map(|similar| format!("{similar:?}")).collect();
    Some(match similar.is_empty() {
        true => {
            format!("there is no operation {name:?}; use `matching` to choose requests by what they have")
        }
        false => format!("there is no operation {name:?}; similar ones are {}", similar.join(", ")),
    })
}

/// The page that each operation and route responded with last.
#[derive(Debug, Default)]
pub(super) struct LastPages(BTreeMap<String, Value>);

/// The names that the items of a page have.
const LISTS: [&str; 3] = ["values", "results", "customers"];

/// Whether a parameter says where a page begins.
fn is_position(name: &str) -> bool {
    matches!(name, "start" | "startAt" | "cursor" | "page" | "prev")
}

/// Makes the first page of a list look like the one that was asked for, with another one to follow.
fn let_another_follow(body: &mut Value, asked: &[(String, String)]) {
    let Some(members) = body.as_object_mut() else { return };
    let text = |name: &str| asked.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let number = |name: &str| text(name).parse::<u64>().unwrap_or_default();
    for (name, value) in [
        ("start", json!(number("start"))),
        ("startAt", json!(number("startAt"))),
        ("page", json!(number("page").max(1))),
        ("isLastPage", json!(false)),
        ("isLast", json!(false)),
    ] {
        if let Some(member) = members.get_mut(name) {
            *member = value;
        }
    }
    let turn = text("cursor").strip_prefix("endless-").and_then(|turn| turn.parse::<u64>().ok());
    let cursor = format!("endless-{}", turn.unwrap_or_default().saturating_add(1));
    if members.contains_key("results") && !members.contains_key("isLast") {
        members.insert("nextPageCursor".to_owned(), cursor.as_str().into());
    }
    let lists = LISTS.iter().filter_map(|name| members.get(*name)?.as_array());
    let size = lists.map(Vec::len).next().unwrap_or_default() as u64;
    let Some(links) = members.get_mut("_links").and_then(Value::as_object_mut) else { return };
    let own = links.get("self").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (address, own_query) = own.split_once('?').unwrap_or((&own, ""));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked.iter().filter(|(name, _)| !is_position(name)));
    match own_query.contains("cursor=") {
        true => query.append_pair("cursor", &cursor),
        false => query.append_pair("start", &number("start").saturating_add(size).to_string()),
    };
    links.insert("next".to_owned(), format!("{address}?{}", query.finish()).into());
}

/// Replaces the beginning of every link below a value that begins with one of these addresses.
fn replace_host(value: &mut Value, from: &[&str], to: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = from.iter().find_map(|from| text.strip_prefix(from)) {
                *text = format!("{to}{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace_host(item, from, to)),
        Value::Object(members) => members.values_mut().for_each(|member| replace_host(member, from, to)),
        _ => {}
    }
}
