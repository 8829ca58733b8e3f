//! The spans and events of a call.

use std::io;
use std::sync::{Arc, Mutex};

use jsm_client::servicedesk::comment::CreateComment;
use jsm_client::servicedesk::organization::{GetOrganization, GetOrganizations};
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;

use super::clock::TestClock;
use super::pagination::list;
use super::script::{Script, dropped, empty, json};
use super::{check, to};

/// All that is traced, as text.
#[derive(Clone, Default)]
pub(super) struct Traced(Arc<Mutex<Vec<u8>>>);

impl Traced {
    /// Listens to this thread, as long as the guard lives.
    pub(super) async fn listen(spans: FmtSpan) -> (Self, tracing::subscriber::DefaultGuard) {
        let traced = Self::default();
        let writer = traced.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(spans)
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time();
        let guard = tracing::subscriber::set_default(subscriber.finish());
        // tracing caches whether there is a subscriber, and another thread may have asked just before.
        let script = Script::of([empty(429), json(200, &json!({"id": "1", "name": "x", "uuid": 1}))]).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        client.call(GetOrganization::new(1)).await.unwrap();
        tracing::callsite::rebuild_interest_cache();
        traced.0.lock().unwrap().clear();
        (traced, guard)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What this library traced: with the spans around each event.
fn ours(traced: &Traced) -> Vec<(String, String)> {
    let text = traced.text();
    let lines = text.lines().filter_map(|line| line.split_once(": jsm_client: "));
    lines.map(|(spans, what)| (spans.trim_start().to_owned(), what.to_owned())).collect()
}

#[tokio::test]
async fn a_call_is_a_span_with_its_attempts() {
    let (traced, guard) = Traced::listen(FmtSpan::CLOSE).await;
    let script = Script::of([
        empty(429).header("RateLimit-Reason", "jira-burst-based"),
        empty(503).header("ATL-TraceId", "7f1c"),
        json(200, &json!({"id": "1"})).header("ATL-TraceId", "7f1d"),
        dropped(),
    ])
    .await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    client.call(GetOrganization::new(1)).await.unwrap();
    client.call(CreateComment::new("HELP-17", "hush-hush", true)).await.unwrap_err();
    drop(guard);
    let port = script.url.rsplit(':').next().unwrap();
    // What a span holds is shown where it ends.
    let lines = ours(&traced).into_iter().map(|(spans, what)| match what.starts_with("close") {
        false => format!("  {what}"),
        true => spans.rsplit_once(":attempt").map_or(spans.clone(), |(_, span)| format!(" attempt{span}")),
    });
    check("traces", &lines.collect::<Vec<_>>().join("\n").replace(port, "[port]"));
}

#[tokio::test]
async fn pages_asked_ahead_belong_to_who_asked() {
    let (traced, guard) = Traced::listen(FmtSpan::CLOSE).await;
    let script = Script::serve(list(4, 2)).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let span = tracing::info_span!("sync");
    let read = async {
        let mut items = client.items(GetOrganizations::new()).page_size(2).prefetch(2);
        while items.try_next().await.unwrap().is_some() {}
    };
    tracing::Instrument::instrument(read, span).await;
    drop(guard);
    let responses: Vec<_> =
        ours(&traced).into_iter().filter(|(_, what)| what.starts_with("response")).collect();
    assert_eq!(responses.len(), 2, "{responses:#?}");
    assert!(responses.iter().all(|(spans, _)| spans.contains("sync:call{")), "{responses:#?}");
}
