//! Faults: what goes wrong between a client and the cloud, where a test asks for it.
//!
//! A fault has three parts, each asked for in one step of the pipeline: what happens before any work, what becomes of
//! the response, and how the response is delivered. How healthy servers deviate from the documents is a quirk.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::message::raw::RawRequest;
use crate::message::request::Request;
use crate::message::response::{Body, Response};

/// Something that goes wrong: by default once, with the next request.
///
/// [`on`](Fault::on) restricts it to an operation; [`times`](Fault::times) and [`always`](Fault::always) repeat it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use jsm_sandbox::{Fault, Sandbox};
///
/// let sandbox = Sandbox::start().await.unwrap();
/// sandbox.fault(Fault::status(503).header("Retry-After", "2").text("try later").on("GetCustomers").times(2));
/// sandbox.fault(Fault::drop_after().on("CreateCustomer"));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    kind: Kind,
    operation: Option<String>,
    /// How often it still happens; none means always.
    left: Option<u32>,
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
        Fault { kind, operation: None, left: Some(1) }
    }

    /// A response with this status, from 100 to 999, and an empty body. The request changes nothing.
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

    /// The body comes in pieces of 64 bytes, with this pause before each, by the machine's clock.
    pub fn slow_body(pause: Duration) -> Fault {
        Fault::new(Kind::SlowBody(pause))
    }

    /// The connection breaks in the middle of the body, after status and headers.
    pub fn truncate() -> Fault {
        Fault::new(Kind::Truncate)
    }

    /// The page that the operation responded with before comes again, whichever is asked for.
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

    /// Restricts the fault to requests of an operation, such as `CreateCustomer`.
    pub fn on(mut self, operation: &str) -> Fault {
        self.operation = Some(operation.to_owned());
        self
    }

    /// How many requests it happens to; one by default.
    pub fn times(mut self, times: u32) -> Fault {
        self.left = Some(times);
        self
    }

    /// It happens until the faults are cleared.
    pub fn always(mut self) -> Fault {
        self.left = None;
        self
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

    /// Transform: what becomes of the response.
    pub(super) fn transform(
        &self,
        last_pages: &mut LastPages,
        raw: &RawRequest,
        request: &Request,
        response: &mut Response,
    ) {
        let Body::Json(body) = &mut response.body else { return };
        let operation = (request.info.api, request.info.name);
        match &self.kind {
            Kind::RepeatPage => {
                if let Some(last) = last_pages.0.get(&operation) {
                    body.clone_from(last);
                }
            }
            Kind::Endless => let_another_follow(body, &raw.query_pairs()),
            Kind::ForeignLinks(host) => replace_host(body, &[&request.links.base, &request.links.site], host),
            _ => {}
        }
        if request.info.pagination.is_some() && response.status == 200 {
            last_pages.0.insert(operation, body.clone());
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
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the first fault that is meant for an operation; one that does nothing where there is none.
    pub(super) fn next(&mut self, operation: Option<&str>) -> Fault {
        self.0.retain(|fault| fault.left != Some(0));
        let is_meant = |fault: &&mut Fault| match &fault.operation {
            Some(name) => operation == Some(name.as_str()),
            None => true,
        };
        match self.0.iter_mut().find(is_meant) {
            Some(fault) => {
                fault.left = fault.left.map(|left| left - 1);
                fault.clone()
            }
            None => Fault::new(Kind::None),
        }
    }
}

/// The page that each operation responded with last.
#[derive(Debug, Default)]
pub(super) struct LastPages(BTreeMap<(&'static str, &'static str), Value>);

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
    let lists = ["values", "results", "customers"].iter().filter_map(|name| members.get(*name)?.as_array());
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
