//! Downloads that break off and go on: no byte is lost or comes twice.
//!
//! The random servers are the same in every run; `PROPTEST_CASES` asks for more of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use jsm_client::attachments::Visibility;
use jsm_client::servicedesk::attachment::GetAttachmentContent;
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::{Client, Error, ErrorKind, FilePart, Result, RetryPolicy};
use jsm_sandbox::{Fault, Sandbox};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::super::clock::TestClock;
use super::super::script::{Script, ScriptedRequest, ScriptedResponse, body_of, empty, text};
use super::super::to;
use super::client;

/// How a server of files identifies their versions, and what it does with ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// A strong tag, and ranges.
    Tag,
    /// A strong tag, ranges, and no lengths.
    Unmeasured,
    /// A date, and ranges.
    Date,
    /// A strong tag, and each range ends after a few bytes.
    Short,
    /// A strong tag, and no ranges.
    Whole,
    /// A strong tag, and no ranges, as `Accept-Ranges` says.
    RefusesRanges,
    /// A strong tag, and ranges that begin one byte early.
    Shifted,
    /// A strong tag, and ranges that are announced, and the whole file in their place.
    Announced,
    /// A strong tag, and no range can be satisfied.
    Unsatisfiable,
    /// A strong tag, and requests with a range are refused.
    Refuses,
    /// A weak tag, and ranges.
    Weak,
    /// Nothing.
    Plain,
}

use Host::*;

impl Host {
    const ALL: [Host; 12] = [
        Tag,
        Unmeasured,
        Date,
        Short,
        Whole,
        RefusesRanges,
        Shifted,
        Announced,
        Unsatisfiable,
        Refuses,
        Weak,
        Plain,
    ];

    /// Whether a stream of bytes can go on.
    fn identifies(self) -> bool {
        !matches!(self, Weak | Plain)
    }

    fn respond(self, request: &ScriptedRequest, content: &[u8], version: &str) -> ScriptedResponse {
        let range = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
        let first = range.and_then(|first| first.parse::<usize>().ok());
        let tag = format!("\"{version}\"");
        let date = format!("Tue, 05 Mar 2024 09:00:0{} GMT", version.len() % 10);
        let named = |response: ScriptedResponse| match self {
            Plain => response,
            Weak => response.header("ETag", &format!("W/{tag}")),
            Date => response.header("Last-Modified", &date).header("Date", "Tue, 05 Mar 2024 10:00:00 GMT"),
            RefusesRanges => response.header("ETag", &tag).header("Accept-Ranges", "none"),
            _ => response.header("ETag", &tag),
        };
        let measured =
            |response: ScriptedResponse| if self == Unmeasured { response.unmeasured() } else { response };
        let type_ = "application/octet-stream";
        let whole = || measured(named(body_of(200, type_, content.to_vec())));
        let known = if self == Date { date.as_str() } else { tag.as_str() };
        let Some(first) = first.filter(|_| request.header("if-range").is_none_or(|version| version == known))
        else {
            return whole();
        };
        let end = if self == Short { content.len().min(first + 3) } else { content.len() };
        let part = |first: usize, end: usize| {
            let range = format!("bytes {first}-{}/{}", end - 1, content.len());
            measured(named(body_of(206, type_, content[first..end].to_vec()))).header("Content-Range", &range)
        };
        match self {
            Whole | RefusesRanges => whole(),
            Unsatisfiable => empty(416).header("Content-Range", &format!("bytes */{}", content.len())),
            Refuses => text([400, 412, 501][first % 3], "There are no ranges here."),
            Announced => {
                let range = format!("bytes {first}-{}/{}", content.len() - 1, content.len());
                whole().header("Content-Range", &range).with_status(206)
            }
            Shifted => part(first.saturating_sub(1), content.len()),
            _ if first < content.len() => part(first, end),
            _ => empty(416),
        }
    }
}

/// A site whose files are elsewhere, at another address for each request, and that breaks off after so many bytes of
/// each response.
struct Files {
    site: Script,
    host: Script,
}

impl Files {
    async fn new(
        host: Host,
        breaks: Vec<usize>,
        versions: impl FnMut(usize) -> (Vec<u8>, &'static str) + Send + 'static,
    ) -> Files {
        let (mut breaks, mut versions, mut served) = (breaks.into_iter(), versions, 0);
        let host = Script::serve(move |request| {
            let (content, version) = versions(served);
            served += 1;
            let response = host.respond(request, &content, version);
            match breaks.next() {
                Some(at) if response.length() > 0 => response.clone().cut(at % response.length()),
                _ => response,
            }
        })
        .await;
        let (address, mut number) = (host.url.clone(), 0);
        let site = Script::serve(move |_| {
            number += 1;
            empty(303).header("Location", &format!("{address}/file/{number}"))
        })
        .await;
        Files { site, host }
    }

    /// A server of one version of a file.
    async fn of(host: Host, content: &[u8], breaks: &[usize]) -> Files {
        let content = content.to_vec();
        Files::new(host, breaks.to_vec(), move |_| (content.clone(), "a")).await
    }

    fn client(&self) -> Client {
        to(&self.site.url, &TestClock::new()).build().unwrap()
    }

    /// The ranges that were requested.
    fn ranges(&self) -> Vec<Option<String>> {
        self.host.requests().iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }
}

fn content() -> GetAttachmentContent {
    GetAttachmentContent::new("HELP-1", "30000")
}

async fn streamed(client: &Client) -> Result<Vec<u8>> {
    let pieces: Vec<Bytes> = client.download(content()).stream().await?.try_collect().await?;
    Ok(pieces.concat())
}

/// Downloads into a file. Beside it, there is never anything but the partial file.
async fn stored(client: &Client) -> Result<Vec<u8>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("größe.bin");
    let length = client.download(content()).to_file(&path).await;
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, usize::from(length.is_ok()), "a partial file is left");
    let length = length?;
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len() as u64, length);
    Ok(bytes)
}

#[tokio::test]
async fn the_missing_part_is_requested_at_a_new_address() {
    let files = Files::of(Tag, b"the whole file", &[5, 3]).await;
    assert_eq!(streamed(&files.client()).await.unwrap(), b"the whole file");
    let asked = files.host.requests();
    let seen: Vec<_> = asked
        .iter()
        .map(|asked| (asked.path.as_str(), asked.header("range"), asked.header("if-range")))
        .collect();
    assert_eq!(
        seen,
        [
            ("/file/1", None, None),
            ("/file/2", Some("bytes=5-"), Some("\"a\"")),
            ("/file/3", Some("bytes=8-"), Some("\"a\"")),
        ]
    );
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()));
    assert!(asked.iter().all(|asked| asked.header("accept-encoding") == Some("identity")));
}

#[tokio::test]
async fn each_kind_of_server_gives_the_file_or_an_error() {
    for host in Host::ALL {
        let files = Files::of(host, b"the whole file", &[5, 2]).await;
        let stored = stored(&files.client()).await;
        assert_eq!(stored.unwrap_or_else(|error| panic!("{host:?}: {error}")), b"the whole file", "{host:?}");

        let files = Files::of(host, b"the whole file", &[5, 2]).await;
        let streamed = streamed(&files.client()).await;
        match host.identifies() {
            true => assert_eq!(streamed.unwrap(), b"the whole file", "{host:?}"),
            false => {
                let error = streamed.unwrap_err();
                assert!(
                    error.is_connection() && error.to_string().contains("after 5 of 14 bytes"),
                    "{error}"
                );
                assert_eq!(files.ranges(), [None]);
            }
        }
        if matches!(host, RefusesRanges | Weak | Plain) {
            assert!(files.ranges().iter().all(Option::is_none), "{host:?}");
        }
    }
}

#[tokio::test]
async fn a_file_that_changes_starts_over_and_a_stream_of_it_ends() {
    for host in Host::ALL {
        let changing = || {
            Files::new(host, vec![5], |served| match served {
                0 => (b"the whole file".to_vec(), "a"),
                _ => (b"another".to_vec(), "bb"),
            })
        };
        let files = changing().await;
        assert_eq!(stored(&files.client()).await.unwrap(), b"another", "{host:?}");
        let files = changing().await;
        let error = streamed(&files.client()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{host:?}: {error}");
        assert!(error.to_string().contains("after 5"), "{error}");
        let note = "the file has changed on the server; download it again";
        assert_eq!(error.to_string().contains(note), host.identifies(), "{host:?}: {error}");
    }
}

#[tokio::test]
async fn what_comes_in_place_of_the_rest_is_no_part_of_the_file() {
    let whole = |body: &str| {
        body_of(200, "application/octet-stream", body.as_bytes().to_vec()).header("ETag", "\"a\"")
    };
    let part = |range: &str| {
        let response = body_of(206, "application/octet-stream", b"hole file".to_vec());
        response.header("ETag", "\"a\"").header("Content-Range", range)
    };
    let login = body_of(200, "text/html", b"<!doctype html><title>Sign in</title>".to_vec());
    let gzip = part("bytes 5-13/14").header("Content-Encoding", "gzip");
    for (next, why) in [
        (vec![login], "HTML page"),
        (vec![text(403, "The address has expired.")], "403 Forbidden"),
        (vec![text(404, "gone")], "404 Not Found"),
        (vec![gzip], "compressed"),
        (vec![part("bytes 0-8/14"), part("bytes 0-8/14")], "another part of the file"),
        (vec![empty(204)], "broke"),
    ] {
        let mut responses = vec![whole("the whole file").cut(5)];
        responses.extend(next);
        let script = Script::of(responses).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let error = streamed(&jira).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(error.to_string().contains("after 5 of 14 bytes of the file"), "{error}");
        assert!(error.to_string().contains(why), "{why}: {error}");
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Error>());
        assert!(source.is_some(), "why it cannot go on is the source");
    }
}

#[tokio::test]
async fn retries_are_counted_anew_when_the_file_came_further() {
    // A byte each time: more breaks than a call has retries.
    let files = Files::of(Tag, b"the whole file", &[1; 13]).await;
    let clock = TestClock::new();
    let jira = to(&files.site.url, &clock).build().unwrap();
    assert_eq!(streamed(&jira).await.unwrap(), b"the whole file");
    assert_eq!(clock.waits(), [2.0; 13], "each is the first retry");

    // No byte: as many as a call has.
    let files = Files::of(Tag, b"the whole file", &[5, 0, 0, 0, 0, 0, 0]).await;
    let clock = TestClock::new();
    let jira = to(&files.site.url, &clock).build().unwrap();
    let error = streamed(&jira).await.unwrap_err();
    assert!(error.is_connection() && error.to_string().contains("after 5 of 14 bytes"), "{error}");
    assert_eq!((clock.waits(), error.attempts()), (vec![2.0, 4.0, 8.0, 16.0], 5));

    // A file that starts over has not come further until it has.
    let files = Files::of(Plain, b"the whole file", &[5; 9]).await;
    let error = stored(&files.client()).await.unwrap_err();
    assert_eq!((files.ranges().len(), error.attempts()), (5, 5), "{error}");

    // No retries, and a request that is not idempotent.
    for once in [true, false] {
        let files = Files::of(Tag, b"the whole file", &[5]).await;
        let download = files.client().download(content());
        let download = if once { download.retry(RetryPolicy::never()) } else { download.idempotent(false) };
        let pieces: Result<Vec<Bytes>> = download.stream().await.unwrap().try_collect().await;
        assert!(pieces.unwrap_err().is_connection());
        assert_eq!(files.ranges().len(), 1);
    }
}

#[tokio::test]
async fn a_download_that_stalls_is_resumed() {
    let part = |body: &str, range: Option<&str>| {
        let status = if range.is_some() { 206 } else { 200 };
        let response = body_of(status, "application/octet-stream", body.as_bytes().to_vec());
        let response = response.header("ETag", "\"a\"");
        range.map(|range| response.clone().header("Content-Range", range)).unwrap_or(response)
    };
    let script =
        Script::of([part("the whole file", None).stalls(4), part("whole file", Some("bytes 4-13/14"))]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let download = jira.download(content()).idle_timeout(Duration::from_millis(50));
    let pieces: Vec<Bytes> = download.stream().await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"the whole file");
}

#[tokio::test]
async fn the_program_can_ask_for_a_part_by_itself() {
    let files = Files::of(Tag, b"the whole file", &[5, 5]).await;
    let download = files.client().download(content()).header("Range", "bytes=4-");
    let pieces: Result<Vec<Bytes>> = download.stream().await.unwrap().try_collect().await;
    assert!(pieces.unwrap_err().is_connection());
    assert_eq!(files.ranges(), [Some("bytes=4-".to_owned())], "nothing is added to it");
}

#[tokio::test]
async fn progress_shows_what_is_there() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    for (host, expected) in [(Tag, vec![5, 14]), (Whole, vec![5, 14]), (Plain, vec![5, 14])] {
        let files = Files::of(host, b"the whole file", &[5]).await;
        seen.lock().unwrap().clear();
        let report = Arc::clone(&seen);
        let directory = tempfile::tempdir().unwrap();
        let download = files.client().download(content());
        let download = download.progress(move |progress| report.lock().unwrap().push(progress));
        download.to_file(directory.path().join("f")).await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen.iter().map(|progress| progress.bytes).collect::<Vec<_>>(), expected, "{host:?}");
        assert!(seen.iter().all(|progress| progress.total == Some(14)), "{seen:?}");
    }
}

#[tokio::test]
async fn a_resumed_download_that_is_dropped_leaves_nothing() {
    let files = Files::of(Tag, &[7; 1000], &[100; 20]).await;
    let jira = files.client();
    let directory = tempfile::tempdir().unwrap();
    for requests in 1..8 {
        let file = directory.path().join("f");
        let mut download = Box::pin(jira.download(content()).to_file(&file));
        let before = files.ranges().len();
        while files.ranges().len() < before + requests {
            if futures_util::poll!(&mut download).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(download);
        let partial = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().to_string_lossy().ends_with(".part")
        };
        assert!(!std::fs::read_dir(directory.path()).unwrap().any(partial));
    }
}

#[tokio::test]
async fn files_of_the_sandbox_can_be_resumed() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = client(&sandbox);
    let key =
        jira.items(GetRequests::new().service_desk_id("1")).try_next().await.unwrap().unwrap().issue_key;
    let body: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let file = FilePart::bytes("größe.bin", body.clone());
    let attached = jira.attach(&key, Visibility::Public, [file]).await.unwrap();
    let id = attached.attachments.unwrap().values[0].id().unwrap();
    // The first request is redirected; the file of the second breaks off.
    sandbox.fault(Fault::delay(Duration::ZERO));
    sandbox.fault(Fault::truncate());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    let length = jira.download(GetAttachmentContent::new(&key, id)).to_file(&path).await.unwrap();
    assert_eq!((length, std::fs::read(&path).unwrap() == body), (200_000, true));
    let requests = sandbox.requests();
    let files: Vec<_> = requests.iter().filter(|request| request.path.starts_with("/file/")).collect();
    assert_eq!(files.iter().filter_map(|file| file.status).collect::<Vec<_>>(), [200, 206]);
    assert!(files[1].header("range").is_some() && files[1].header("authorization").is_none());
}

#[test]
fn random_breaks_lose_and_double_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config =
        Config { cases: 32, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Config::default() };
    let servers = (
        proptest::sample::select(&Host::ALL[..]),
        proptest::collection::vec(any::<u8>(), 0..100),
        // Breaks that come further often enough.
        proptest::collection::vec(prop_oneof![3 => 1..100_usize, 1 => Just(0)], 0..6),
    );
    let result = TestRunner::new(config).run(&servers, |(host, content, breaks)| {
        runtime.block_on(async {
            let files = Files::of(host, &content, &breaks).await;
            match streamed(&files.client()).await {
                Ok(bytes) => prop_assert_eq!(&bytes, &content),
                Err(error) => prop_assert!(error.is_connection(), "{}", error),
            }
            let files = Files::of(host, &content, &breaks).await;
            match stored(&files.client()).await {
                Ok(bytes) => prop_assert_eq!(&bytes, &content),
                Err(error) => prop_assert!(error.is_connection() && breaks.len() > 4, "{}", error),
            }
            Ok(())
        })
    });
    result.unwrap();
}
