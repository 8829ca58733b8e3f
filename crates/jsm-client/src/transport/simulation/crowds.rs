//! Any crowd against any server: nothing is lost, doubled or starved, and nothing takes longer than it may.
//!
//! The crowds are the same in every run; `PROPTEST_CASES` asks for more of them.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tokio::task::JoinSet;

use super::{Reply, World, operation};
use crate::error::ErrorKind;
use crate::transport::clock::{Clock, SystemClock};

/// A random crowd.
#[derive(Clone, Debug)]
struct Crowd {
    callers: usize,
    pages: usize,
    rate: u32,
    documented: bool,
    idempotent: bool,
    /// Out of a hundred requests: dropped before, dropped after the work, 503.
    faults: [u8; 3],
    /// One refusal of this request, for so many seconds, by this reason.
    refusal: (usize, u64, bool),
    /// Which of ten callers go away, and when.
    leaving: (u8, u64),
    deadline: u64,
    seed: u64,
}

fn crowds() -> impl Strategy<Value = Crowd> {
    let size = (1..80_usize, 1..4_usize, prop_oneof![1..20_u32, 20..300_u32]);
    let faults = prop_oneof![Just([0, 0, 0]), [0..4_u8, 0..4_u8, 0..4_u8]];
    let refusal = (1..200_usize, 0..60_u64, any::<bool>());
    let leaving = (0..6_u8, 0..3_000_u64);
    let rest = (any::<bool>(), any::<bool>(), prop_oneof![1..20_u64, 100..400_u64], any::<u64>());
    (size, faults, refusal, leaving, rest).prop_map(
        |((callers, pages, rate), faults, refusal, leaving, (documented, idempotent, deadline, seed))| {
            Crowd { callers, pages, rate, documented, idempotent, faults, refusal, leaving, deadline, seed }
        },
    )
}

async fn drive(crowd: &Crowd) -> Result<(), TestCaseError> {
    let Crowd { faults, refusal, seed, .. } = crowd.clone();
    let world = World::new(crowd.rate.into(), move |number, _| {
        if number == refusal.0 {
            let reason = if refusal.2 { "jira-quota-tenant-based" } else { "jira-burst-based" };
            return Reply::Status(429, Some(refusal.1), reason);
        }
        let mut dice = fastrand::Rng::with_seed(seed ^ number as u64);
        let thrown = dice.u8(..100);
        match faults {
            [dropped, _, _] if thrown < dropped => Reply::Dropped,
            [dropped, after, _] if thrown < dropped + after => Reply::DroppedAfter,
            [dropped, after, failed] if thrown < dropped + after + failed => Reply::Status(503, None, ""),
            _ => Reply::Fine,
        }
    });
    let world = World { deadline: Duration::from_secs(crowd.deadline), ..world };
    let method = if crowd.idempotent { "GET" } else { "POST" };
    let info = operation("List", method, "/thing", crowd.documented.then_some(crowd.rate));
    let mut tasks = JoinSet::new();
    for caller in 0..crowd.callers {
        let (world, pages) = (world.clone(), crowd.pages);
        let leaves = (caller % 10 < crowd.leaving.0.into()).then(|| Duration::from_millis(crowd.leaving.1));
        tasks.spawn(async move {
            let mut results = Vec::new();
            let reading = async {
                for page in 0..pages {
                    let before = SystemClock.now();
                    let what = format!("{caller}/{page}");
                    let result = world.call(info, &what).await;
                    let took = SystemClock.now() - before;
                    results.push((what, result, took));
                }
            };
            match leaves {
                Some(time) => drop(tokio::time::timeout(time, reading).await),
                None => reading.await,
            }
            results
        });
    }
    let (results, took) = (tasks.join_all().await.into_iter().flatten().collect::<Vec<_>>(), world.passed());
    let model = world.model.lock().unwrap();
    for (what, result, time) in &results {
        let done = model.done.get(what).copied().unwrap_or(0);
        prop_assert!(result.is_err() || done > 0, "{what} was lost");
        prop_assert!(crowd.idempotent || done <= 1, "{what} was done {done} times");
        // An attempt has a timeout of its own, which the model does not play.
        let latest = world.deadline + world.latency + Duration::from_millis(2);
        prop_assert!(*time <= latest, "{what} took {time:?} of {:?}", world.deadline);
        if let Err(error) = result {
            let explained = match error.kind() {
                ErrorKind::RateLimited | ErrorKind::Timeout => true,
                ErrorKind::Connection | ErrorKind::Server => faults != [0, 0, 0],
                _ => false,
            };
            prop_assert!(explained, "{what}: {error}");
        }
    }
    prop_assert!(!crowd.documented || model.refused == 0, "{} over the documented rate", model.refused);
    // No caller is starved: where there is time for all, all are served.
    let needed =
        (crowd.callers * crowd.pages * 3) as f64 / f64::from(crowd.rate) + refusal.1 as f64 * 1.1 + 30.0;
    if faults == [0, 0, 0] && needed < crowd.deadline as f64 {
        let failed: Vec<_> = results.iter().filter_map(|(_, result, _)| result.as_ref().err()).collect();
        prop_assert!(failed.is_empty(), "{failed:?}");
        prop_assert!(took.as_secs_f64() < needed, "took {took:?}, {needed} s would be enough");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_crowd_loses_doubles_or_starves_anything(crowd in crowds()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(drive(&crowd))?;
    }
}
