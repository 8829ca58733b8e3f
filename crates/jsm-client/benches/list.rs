//! Listing 100,000 users in pages of 50 from a server in this process that sends prebuilt bytes, against the same loop
//! written by hand; decoding alone; and how far pages asked ahead hide 20 ms of latency.
//!
//! Only ratios within one run mean anything. `BENCHMARKS.md` tells how to read them.

mod server;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::TryStreamExt;
use jsm_client::servicedesk::organization::GetOrganizationUsers;
use jsm_client::{Client, Operation};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

const USERS: usize = 100_000;
const PAGE: usize = 50;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

async fn ours(site: &str, in_flight: usize) -> usize {
    let jira =
        Client::builder(site).api_token("you@example.com", "token").build().expect("the address is loopback");
    let mut users = jira.items(GetOrganizationUsers::new("1")).page_size(50).prefetch(in_flight);
    let mut count = 0;
    while let Some(user) = users.try_next().await.expect("the server has all pages") {
        count += 1;
        black_box(user);
    }
    count
}

/// The loop that one would write by hand, at its best: owned structs, and the text checked as UTF-8 once.
mod by_hand {
    use super::{Deserialize, PAGE, black_box};

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code, reason = "the fields are there to be decoded")]
    struct Page {
        is_last_page: bool,
        values: Vec<User>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code, reason = "the fields are there to be decoded")]
    struct User {
        account_id: String,
        name: Option<String>,
        key: Option<String>,
        email_address: Option<String>,
        display_name: String,
        active: bool,
        time_zone: Option<String>,
        #[serde(rename = "_links")]
        links: Links,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code, reason = "the fields are there to be decoded")]
    struct Links {
        jira_rest: Option<String>,
        avatar_urls: std::collections::BTreeMap<String, String>,
        #[serde(rename = "self")]
        this: Option<String>,
    }

    pub(super) fn decode(body: &[u8]) -> usize {
        let text = std::str::from_utf8(body).expect("the page is UTF-8");
        let page: Page = serde_json::from_str(text).expect("the page is one");
        black_box(page.values).len()
    }

    pub(super) async fn list(site: &str) -> usize {
        let http = reqwest::Client::new();
        let mut count = 0;
        loop {
            let url = format!("{site}/rest/servicedeskapi/organization/1/user?start={count}&limit={PAGE}");
            let request = http.get(url).basic_auth("you@example.com", Some("token"));
            let body =
                request.send().await.expect("the server answers").bytes().await.expect("the page is whole");
            let text = std::str::from_utf8(&body).expect("the page is UTF-8");
            let page: Page = serde_json::from_str(text).expect("the page is one");
            count += page.values.len();
            for user in page.values {
                black_box(user);
            }
            if page.is_last_page {
                return count;
            }
        }
    }
}

fn listing(criterion: &mut Criterion) {
    let server = server::start(USERS, PAGE, Duration::ZERO);
    let runtime = runtime();
    // The first client settles which TLS the process uses; the loop by hand relies on that.
    assert_eq!(runtime.block_on(ours(&server.url, 1)), USERS);
    let mut group = criterion.benchmark_group("list 100,000 users");
    group.sample_size(10).throughput(Throughput::Elements(USERS as u64));
    group.bench_function("by hand", |b| {
        b.iter(|| assert_eq!(runtime.block_on(by_hand::list(&server.url)), USERS));
    });
    group.bench_function("jsm-client", |b| {
        b.iter(|| assert_eq!(runtime.block_on(ours(&server.url, 1)), USERS))
    });
    group.finish();
}

fn decoding(criterion: &mut Criterion) {
    let body = bytes::Bytes::from(server::page(0, PAGE, USERS));
    let mut group = criterion.benchmark_group("decode a page");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("by hand", |b| b.iter(|| by_hand::decode(&body)));
    group.bench_function("jsm-client", |b| {
        b.iter(|| GetOrganizationUsers::answer(&body).expect("the page is one"))
    });
    group.finish();
}

fn latency(criterion: &mut Criterion) {
    let server = server::start(50 * PAGE, PAGE, Duration::from_millis(20));
    let runtime = runtime();
    let mut group = criterion.benchmark_group("50 pages at 20 ms");
    group.sample_size(10);
    for in_flight in [1, 2, 4, 8] {
        group.bench_function(format!("prefetch {in_flight}"), |b| {
            b.iter(|| assert_eq!(runtime.block_on(ours(&server.url, in_flight)), 50 * PAGE));
        });
    }
    group.finish();
}

criterion_group!(benches, listing, decoding, latency);
criterion_main!(benches);
