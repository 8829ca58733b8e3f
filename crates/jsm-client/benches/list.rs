//! Listing 100,000 users in pages of 50 from a server in this process that sends prebuilt bytes, against the same loop
//! written by hand; decoding alone; and how far pages asked ahead hide 20 ms of latency.
//!
//! Only ratios within one run mean anything. `BENCHMARKS.md` tells how to read them.

mod listen;
mod loops;
mod server;

use std::time::Duration;

use criterion::{Bencher, Criterion, Throughput, criterion_group, criterion_main};
use jsm_client::Operation;
use jsm_client::servicedesk::organization::GetOrganizationUsers;
use tokio::runtime::{Builder, Runtime};

use loops::{PAGE, by_hand, decode, ours};

const USERS: usize = 100_000;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

/// Runs the client so often, and takes the time that its thread has worked: what the server costs is another's.
fn work(bencher: &mut Bencher<'_>, mut list: impl FnMut()) {
    bencher.iter_custom(|times| {
        let start = cpu_time::ThreadTime::now();
        (0..times).for_each(|_| list());
        start.elapsed()
    });
}

fn listing(criterion: &mut Criterion) {
    let server = server::start(USERS, PAGE, Duration::ZERO);
    let runtime = runtime();
    // The first client settles which TLS the process uses; the loop by hand relies on that.
    assert_eq!(runtime.block_on(ours(&server.url, 1)), USERS);
    let hand = || assert_eq!(runtime.block_on(by_hand(&server.url)), USERS);
    let client = || assert_eq!(runtime.block_on(ours(&server.url, 1)), USERS);
    let mut group = criterion.benchmark_group("list 100,000 users, CPU time of the client");
    group.sample_size(20).throughput(Throughput::Elements(USERS as u64));
    group.bench_function("by hand", |b| work(b, hand));
    group.bench_function("jsm-client", |b| work(b, client));
    group.finish();
    let mut group = criterion.benchmark_group("list 100,000 users");
    group.sample_size(20).throughput(Throughput::Elements(USERS as u64));
    group.bench_function("by hand", |b| b.iter(hand));
    group.bench_function("jsm-client", |b| b.iter(client));
    group.finish();
}

fn decoding(criterion: &mut Criterion) {
    let body = bytes::Bytes::from(server::page(0, PAGE, USERS));
    let mut group = criterion.benchmark_group("decode a page");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("by hand", |b| b.iter(|| decode(&body)));
    group.bench_function("jsm-client", |b| {
        b.iter(|| GetOrganizationUsers::decode(&body).expect("the page is one"))
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
