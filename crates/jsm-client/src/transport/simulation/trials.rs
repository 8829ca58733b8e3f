//! What crowds of callers have been seen to meet, with exact counts. `benches/crowd.rs` runs the same in real time.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{LATENCY, Model, Reply, World, get, operation};
use crate::error::ErrorKind;
use crate::transport::clock::{Clock, SystemClock};
use crate::transport::rate_limit::{Limits, Throttling};

#[tokio::test(start_paused = true)]
async fn one_refusal_costs_a_crowd_its_pause_and_no_call() {
    let world = World::new(5.0, |number, _| match number {
        40 => Reply::Status(429, Some(2), "jira-burst-based"),
        _ => Reply::Fine,
    });
    let failed = world.crowd(get("List", Some(5)), 64, 3).await;
    assert!(failed.is_empty(), "{failed:?}");
    let model = world.model.lock().unwrap();
    assert_eq!((model.arrivals.len(), model.done.len(), model.refused), (193, 192, 0));
    let (took, limit) = (world_seconds(&model), 192.0 / 5.0 + 2.0);
    assert!(took < limit * 1.05, "{took} s where the limit allows {limit}");
}

fn world_seconds(model: &Model) -> f64 {
    (SystemClock.now() - model.start).as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn an_unknown_rate_is_found_and_used() {
    for rate in [20.0, 100.0, 400.0] {
        let world = World::new(rate, |_, _| Reply::Fine);
        let failed = world.crowd(get("List", None), 512, 4).await;
        assert!(failed.is_empty(), "{failed:?}");
        assert_eq!(world.done(), 2_048);
        let (took, limit) = (world.passed().as_secs_f64(), (2_048.0 - rate) / rate);
        assert!(took < limit * 1.15 + 1.0, "{took} s where {rate} a second allow {limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_all_kinds_lose_and_double_nothing() {
    let world = World::new(100.0, |number, _| match number % 100 {
        17 => Reply::Dropped,
        53 => Reply::Status(503, None, ""),
        // Refusals that have nothing to do with the rate, ten at a time.
        70..80 if number % 500 < 100 => Reply::Status(429, Some(1), "jira-burst-based"),
        _ => Reply::Fine,
    });
    let failed = world.crowd(get("List", None), 512, 4).await;
    assert!(failed.is_empty(), "{} failed, first {:?}", failed.len(), failed.first());
    let model = world.model.lock().unwrap();
    assert_eq!(model.done.len(), 2_048);
    assert!(model.done.values().all(|times| *times == 1));
}

#[tokio::test(start_paused = true)]
async fn calls_refused_at_one_moment_come_back_spread() {
    let refusals = [
        Reply::Status(429, Some(3), "jira-burst-based"),
        Reply::Status(429, Some(3), "jira-quota-tenant-based"),
        Reply::Status(429, None, ""),
        Reply::Status(503, Some(3), ""),
        Reply::Status(500, Some(3), ""),
        Reply::Status(503, None, ""),
    ];
    for refusal in refusals {
        let at = Duration::from_millis(50);
        let world = World::new(1e9, move |_, when| if when < at { refusal } else { Reply::Fine });
        let failed = world.crowd(get("List", None), 512, 1).await;
        assert!(failed.is_empty(), "{refusal:?}: {failed:?}");
        let model = world.model.lock().unwrap();
        assert_eq!((model.arrivals.len(), model.done.len()), (1_024, 512), "{refusal:?}");
        let most = model.most_within(50, at);
        assert!(most <= 64, "{refusal:?}: {most} in 50 ms");
        let asked = if matches!(refusal, Reply::Status(_, Some(_), _)) { 3.0 } else { 1.4 };
        let first = model.arrivals[512].as_secs_f64();
        assert!(first >= asked, "{refusal:?}: back after {first} s");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_among_accepted_requests_do_not_double_the_pause() {
    // After each pause, one request is refused and those in flight with it are accepted.
    let world = World::new(1e9, |number, _| match number % 3 {
        0 => Reply::Status(429, None, ""),
        _ => Reply::Fine,
    });
    let failed = world.crowd(get("List", None), 512, 1).await;
    assert!(failed.is_empty(), "{} failed, first {:?}", failed.len(), failed.first());
    let model = world.model.lock().unwrap();
    let waits = model.arrivals.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(waits.max().unwrap() < Duration::from_secs(3), "the first pause is 2 s, with jitter 2.6 s");
}

#[tokio::test(start_paused = true)]
async fn a_dead_operation_takes_no_retries_from_another() {
    for callers in [1, 5] {
        let dead = World::new(1e9, |_, _| Reply::Status(503, None, ""));
        // Every fifth request of the other one fails, five times in a row now and then.
        let sick = |number: usize, _: Duration| match number % 5 {
            0 => Reply::Status(503, None, ""),
            _ => Reply::Fine,
        };
        let sick = World { limits: Arc::clone(&dead.limits), ..World::new(1e9, sick) };
        let info = get("Dead", None);
        let trying = |world: World| async move {
            let mut sent = 0;
            for _ in 0..100 {
                sent += world.call(info, "x").await.unwrap_err().attempts();
            }
            sent
        };
        let mut tasks = JoinSet::new();
        for _ in 0..callers {
            tasks.spawn(trying(dead.clone()));
        }
        for round in 0..10 {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let failed = sick.crowd(get("Sick", None), 20, 1).await;
            assert!(failed.is_empty(), "round {round} beside {callers} callers: {failed:?}");
        }
        let sent: u32 = tasks.join_all().await.into_iter().sum();
        // A hundred retries, and those of five callers that fail together are one.
        assert!(sent < 100 * callers + 120 * callers, "the dead one was sent {sent} requests");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_that_go_away_leave_no_debt() {
    let world = World::new(5.0, |_, _| Reply::Fine);
    let info = get("List", Some(5));
    let mut tasks = JoinSet::new();
    for caller in 0..1_000 {
        let world = world.clone();
        tasks.spawn(async move { world.call(info, &caller.to_string()).await });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    tasks.shutdown().await;
    let before = world.passed();
    world.call(info, "next").await.unwrap();
    assert!(world.passed() - before < Duration::from_secs(1), "waited {:?}", world.passed() - before);

    // The same where the program has a timeout of its own.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut tasks = JoinSet::new();
    for caller in 0..40 {
        let world = world.clone();
        tasks.spawn(async move {
            let call = world.call(info, &format!("again-{caller}")).await;
            call.map(drop)
        });
        if caller == 39 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    tasks.shutdown().await;
    let before = world.passed();
    world.call(info, "last").await.unwrap();
    assert!(world.passed() - before < Duration::from_secs(1), "waited {:?}", world.passed() - before);
    assert_eq!(world.model.lock().unwrap().refused, 0);
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_notice_a_pause_that_is_too_long() {
    for reason in ["jira-quota-tenant-based", "jira-burst-based"] {
        // The last of the first burst is refused for half an hour, which is more than anyone has.
        let world = World::new(5.0, move |number, _| match number {
            4 => Reply::Status(429, Some(1_800), reason),
            _ => Reply::Fine,
        });
        let failed = world.crowd(get("List", Some(5)), 64, 1).await;
        assert_eq!(failed.len(), 61, "{reason}");
        for error in &failed {
            assert_eq!(error.kind(), ErrorKind::RateLimited);
            assert!(error.retry_after().unwrap() >= Duration::from_secs(1_700), "{error}");
            assert!(error.to_string().contains("no request may be sent before"), "{error}");
        }
        assert!(world.passed() < Duration::from_millis(500), "they waited {:?}", world.passed());
        let other = world.call(get("Other", None), "x").await;
        assert_eq!(other.is_err(), reason.contains("quota"), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_to_one_issue_are_paced_and_those_to_others_are_not() {
    let mut world = World::new(1e9, |_, _| Reply::Fine);
    world.limits = Arc::new(Limits::new(Throttling::Documented, 512));
    let info = operation("Write", "POST", "/thing/{issue}", None);
    let failed = world.crowd(info, 1, 45).await;
    assert!(failed.is_empty());
    assert_eq!(world.passed().as_secs(), 4, "20 at once, 20 after two seconds, 5 after four");
    let mut tasks = JoinSet::new();
    for caller in 0..100 {
        let world = world.clone();
        tasks.spawn(async move { world.call(info, &format!("{caller}/first")).await.map(drop) });
    }
    let before = world.passed();
    assert!(tasks.join_all().await.into_iter().all(|result| result.is_ok()));
    assert!(world.passed() - before < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_in_flight_than_may_be() {
    let mut world = World::new(1e9, |_, _| Reply::Fine);
    world.limits = Arc::new(Limits::new(Throttling::Learned, 10));
    world.latency = Duration::from_secs(1);
    let failed = world.crowd(get("List", None), 100, 1).await;
    assert!(failed.is_empty());
    assert_eq!(world.passed().as_secs(), 10, "ten a second");
    let late = world.crowd(get("List", None), 0, 0).await;
    assert!(late.is_empty());
    // What waits longer than it may is not sent.
    let (slow, quick) = (world.clone(), World { deadline: Duration::from_millis(500), ..world.clone() });
    let blocking = tokio::spawn(async move { slow.crowd(get("List", None), 20, 1).await });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let failed = quick.crowd(get("List", None), 5, 1).await;
    assert!(failed.iter().all(|error| error.is_timeout() && error.attempts() == 0), "{failed:?}");
    assert_eq!(failed.len(), 5);
    assert!(blocking.await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn connections_that_end_as_they_are_used_cost_no_budget() {
    // Every other request meets a connection that has just been closed.
    let world = World::new(1e9, |number, _| if number % 2 == 0 { Reply::Dropped } else { Reply::Fine });
    let failed = world.crowd(get("List", None), 1, 2_000).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!(world.passed() < LATENCY * 4_100, "they were sent again at once");
    let failed = world.crowd(operation("Write", "POST", "/thing", None), 1, 2).await;
    assert_eq!(failed.len(), 1, "what may have been done is not done twice");
}

#[tokio::test(start_paused = true)]
async fn no_time_is_no_request() {
    let world = World::new(1e9, |_, _| Reply::Fine);
    let error = world.call_within(get("List", None), "x", Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
    assert!(world.model.lock().unwrap().arrivals.is_empty());
}
