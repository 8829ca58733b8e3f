//! Faults on order: what goes wrong between a client and the cloud, when a test says so.
//!
//! What servers do in good health, odd as it may be, is with the quirks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::reply::{Payload, Reply};

/// Something that shall go wrong, with the next request or the next few.
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
    /// How often it still happens; without end when there is no number.
    left: Option<u32>,
}

#[derive(Clone, Debug)]
enum Kind {
    Answer { status: u16, headers: Vec<(String, String)>, media_type: &'static str, body: String },
    DropBefore,
    DropAfter,
    Delay(Duration),
    SlowBody(Duration),
    Truncate,
    RepeatPage,
    Endless,
    ForeignLinks(String),
}

/// What is left to do about a fault once the answer is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// How long the answer waits.
    pub(crate) delay: Duration,
    /// How long each piece of the body waits.
    pub(crate) slow: Option<Duration>,
    /// Whether the connection ends in the middle of the body.
    pub(crate) truncate: bool,
    /// Whether the connection ends without an answer.
    pub(crate) drop: bool,
}

impl Fault {
    fn new(kind: Kind) -> Fault {
        Fault { kind, operation: None, left: Some(1) }
    }

    /// An answer with this status and an empty body, and nothing is done.
    pub fn status(status: u16) -> Fault {
        let (headers, media_type) = (Vec::new(), "text/plain;charset=UTF-8");
        Fault::new(Kind::Answer { status, headers, media_type, body: String::new() })
    }

    /// A login page with status 200, as it comes at the end of a redirect.
    pub fn html() -> Fault {
        Fault::status(200)
            .body("text/html;charset=UTF-8", "<!DOCTYPE html><html><title>Log in</title></html>")
    }

    /// The connection ends before anything is done.
    pub fn drop_before() -> Fault {
        Fault::new(Kind::DropBefore)
    }

    /// The connection ends after the work is done, without an answer.
    pub fn drop_after() -> Fault {
        Fault::new(Kind::DropAfter)
    }

    /// The answer comes this much later, by the machine's time.
    pub fn delay(by: Duration) -> Fault {
        Fault::new(Kind::Delay(by))
    }

    /// The body comes in pieces, with this much of the machine's time before each.
    pub fn slow_body(pause: Duration) -> Fault {
        Fault::new(Kind::SlowBody(pause))
    }

    /// The connection ends in the middle of the body.
    pub fn truncate() -> Fault {
        Fault::new(Kind::Truncate)
    }

    /// The page that was answered last comes again, whatever is asked for.
    pub fn repeat_page() -> Fault {
        Fault::new(Kind::RepeatPage)
    }

    /// Every page says that another one follows, and has items. It goes on until the faults are cleared.
    pub fn endless() -> Fault {
        Fault::new(Kind::Endless).always()
    }

    /// All links of the answer name another host, such as `https://elsewhere.example.com`.
    pub fn foreign_links(host: &str) -> Fault {
        Fault::new(Kind::ForeignLinks(host.trim_end_matches('/').to_owned()))
    }

    /// A header of the answer that [`Fault::status`] makes; other faults have no answer of their own.
    pub fn header(mut self, name: &str, value: &str) -> Fault {
        if let Kind::Answer { headers, .. } = &mut self.kind {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// A text as the body of [`Fault::status`].
    pub fn text(self, body: &str) -> Fault {
        self.body("text/plain;charset=UTF-8", body)
    }

    /// JSON as the body of [`Fault::status`].
    pub fn json(self, body: &Value) -> Fault {
        self.body("application/json;charset=UTF-8", &body.to_string())
    }

    fn body(mut self, new_type: &'static str, new_body: &str) -> Fault {
        if let Kind::Answer { media_type, body, .. } = &mut self.kind {
            (*media_type, *body) = (new_type, new_body.to_owned());
        }
        self
    }

    /// Only requests of the operation with this name, such as `CreateCustomer`.
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

    /// Takes the first fault of a list that is meant for an operation.
    pub(crate) fn take(faults: &mut Vec<Fault>, operation: Option<&str>) -> Option<Fault> {
        let meant = |fault: &Fault| {
            fault.left != Some(0) && fault.operation.as_deref().is_none_or(|name| operation == Some(name))
        };
        let at = faults.iter().position(meant)?;
        if let Some(left) = &mut faults[at].left {
            *left -= 1;
        }
        let fault = faults[at].clone();
        faults.retain(|fault| fault.left != Some(0));
        Some(fault)
    }

    /// The answer that comes instead of any work.
    pub(crate) fn instead(&self) -> Option<Reply> {
        let Kind::Answer { status, headers, media_type, body } = &self.kind else { return None };
        let mut reply = match body.is_empty() {
            true => Reply::empty(*status),
            false => Reply::raw(*status, media_type, body.clone()),
        };
        reply.extra = headers.clone();
        Some(reply)
    }

    pub(crate) fn drops_before(&self) -> bool {
        matches!(self.kind, Kind::DropBefore)
    }

    pub(crate) fn manner(&self) -> Manner {
        let manner = Manner::default();
        match self.kind {
            Kind::DropBefore | Kind::DropAfter => Manner { drop: true, ..manner },
            Kind::Delay(delay) => Manner { delay, ..manner },
            Kind::SlowBody(pause) => Manner { slow: Some(pause), ..manner },
            Kind::Truncate => Manner { truncate: true, ..manner },
            Kind::Answer { .. } | Kind::RepeatPage | Kind::Endless | Kind::ForeignLinks(_) => manner,
        }
    }

    pub(crate) fn is_endless(&self) -> bool {
        matches!(self.kind, Kind::Endless)
    }

    /// Spoils an answer. `last` is the page that this operation answered before; `asked` is what this request said.
    pub(crate) fn spoil(&self, reply: &mut Reply, last: Option<&Value>, asked: &Asked<'_>) {
        let Payload::Json(body) = &mut reply.body else { return };
        match &self.kind {
            Kind::RepeatPage => {
                if let Some(last) = last {
                    *body = last.clone();
                }
            }
            Kind::ForeignLinks(host) => replace_host(body, asked.base, host),
            Kind::Endless => go_on(body, asked),
            _ => {}
        }
    }
}

/// What a request for a page said, for a fault that has to answer to it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) base: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(String, String)],
}

impl Asked<'_> {
    fn number(&self, name: &str) -> u64 {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.and_then(|(_, value)| value.parse().ok()).unwrap_or_default()
    }
}

/// The parameters that say where a page begins: an endless list answers its first page to any of them.
pub(crate) fn is_position(name: &str) -> bool {
    matches!(name, "start" | "startAt" | "cursor" | "page" | "prev")
}

/// Makes the first page of a list look like the one that was asked for, with another one to follow.
fn go_on(body: &mut Value, asked: &Asked<'_>) {
    let Some(members) = body.as_object_mut() else { return };
    let size = ["values", "results", "customers"]
        .iter()
        .find_map(|name| members.get(*name)?.as_array())
        .map_or(0, |items| items.len() as u64);
    let cursor = asked.query.iter().find(|(name, _)| name == "cursor").map_or("", |(_, value)| value);
    let turn =
        cursor.strip_prefix("endless-").and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() + 1;
    for (name, value) in [
        ("start", json!(asked.number("start"))),
        ("startAt", json!(asked.number("startAt"))),
        ("page", json!(asked.number("page").max(1))),
        ("isLastPage", json!(false)),
        ("isLast", json!(false)),
    ] {
        if let Some(member) = members.get_mut(name) {
            *member = value;
        }
    }
    if members.contains_key("results") && !members.contains_key("isLast") {
        members.insert("nextPageCursor".to_owned(), format!("endless-{turn}").into());
    }
    if let Some(links) = members.get_mut("_links").and_then(Value::as_object_mut) {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in asked.query.iter().filter(|(name, _)| !is_position(name)) {
            query.append_pair(name, value);
        }
        match links.get("self").and_then(Value::as_str).is_some_and(|link| link.contains("cursor=")) {
            true => query.append_pair("cursor", &format!("endless-{turn}")),
            false => query.append_pair("start", &(asked.number("start") + size).to_string()),
        };
        links.insert("next".to_owned(), format!("{}{}?{}", asked.base, asked.path, query.finish()).into());
    }
}

/// Replaces the beginning of every link below this value.
fn replace_host(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(from) {
                *text = format!("{to}{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace_host(item, from, to)),
        Value::Object(members) => members.values_mut().for_each(|member| replace_host(member, from, to)),
        _ => {}
    }
}
