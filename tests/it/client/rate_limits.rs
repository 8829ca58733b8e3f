//! Rate limits: documented ones are kept, and others are learnt from refusals.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use jsm_client::csm::organization::GetOrganization as GetCsmOrganization;
use jsm_client::oauth::{App, OAuth};
use jsm_client::servicedesk::comment::{CreateComment, GetComments};
use jsm_client::servicedesk::customer::GetCustomers;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_client::servicedesk::participant::AddParticipants;
use jsm_client::servicedesk::service_desk::GetServiceDesks;
use jsm_client::{Client, ErrorKind, Operation, RetryPolicy};
use jsm_sandbox::{RateLimits, Role, Sandbox};
use serde_json::json;

use super::clock::TestClock;
use super::script::{Script, empty, json};
use super::{check, of, to};

/// Which requests wait after a refusal, as the waits of the clock show: none of them is refused itself.
#[tokio::test]
async fn pauses_what_the_reason_names() {
    type Probe = (&'static str, fn(Client) -> futures_util::future::BoxFuture<'static, bool>);
    fn run<O: Operation>(client: Client, operation: O) -> futures_util::future::BoxFuture<'static, bool> {
        Box::pin(async move { client.call(operation).await.is_ok() })
    }
    let probes: [Probe; 6] = [
        ("the same operation on the same issue", |client| {
            run(client, CreateComment::new("HELP-1", "x", true))
        }),
        ("another write to the same issue", |client| run(client, AddParticipants::new("HELP-1", ["a"]))),
        ("a read of the same issue", |client| run(client, GetComments::new("HELP-1"))),
        ("the same operation on another issue", |client| {
            run(client, CreateComment::new("HELP-2", "x", true))
        }),
        ("another operation", |client| run(client, GetServiceDesks::new())),
        ("another API", |client| run(client, GetCsmOrganization::new(1))),
    ];
    let mut table = String::new();
    for reason in [
        Some("jira-per-issue-on-write"),
        Some("jira-burst-based"),
        Some("jira-quota-tenant-based"),
        Some("jira-quota-global-based"),
        Some("jira-moon-phase"),
        None,
    ] {
        table += &format!("{}\n", reason.unwrap_or("no reason"));
        for (title, probe) in probes {
            let refusal = empty(429).header("Retry-After", "10");
            let refusal = reason
                .into_iter()
                .fold(refusal, |response, reason| response.header("RateLimit-Reason", reason));
            let script = Script::of([refusal, json(200, &json!({"id": "1", "values": []}))]).await;
            let clock = TestClock::new();
            let client = to(&script.url, &clock).build().unwrap();
            let refused =
                client.call(CreateComment::new("HELP-1", "x", true)).retry(RetryPolicy::never()).await;
            let refused = refused.unwrap_err();
            assert_eq!((refused.kind(), refused.rate_limit_reason()), (ErrorKind::RateLimited, reason));
            assert!(clock.waits().is_empty());
            assert!(probe(client).await, "{title}");
            let waits = clock.waits();
            let waited = if waits.is_empty() { "goes on".to_owned() } else { format!("waits {waits:?} s") };
            table += &format!("  {title}: {waited}\n");
        }
    }
    check("rate_limits_reasons", &table);
}

#[tokio::test]
async fn keeps_operations_of_one_name_apart() {
    assert_eq!(GetOrganization::INFO.name, GetCsmOrganization::INFO.name);
    let refusal = empty(429).header("Retry-After", "10");
    let script = Script::of([refusal, json(200, &json!({"id": "1"}))]).await;
    let clock = TestClock::new();
    let client = to(&script.url, &clock).build().unwrap();
    client.call(GetOrganization::new(1)).retry(RetryPolicy::never()).await.unwrap_err();
    client.call(GetCsmOrganization::new(1)).await.unwrap();
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn lists_customers_without_being_refused() {
    for (lists, ahead) in [(1, 1), (1, 8), (3, 2)] {
        let sandbox =
            Sandbox::builder().no_violations().rate_limits(RateLimits::documented()).start().await.unwrap();
        let sandbox = Arc::new(sandbox);
        let clock = TestClock::along_with(&sandbox);
        let client = of(&sandbox, &clock).build().unwrap();
        let read = || async {
            let list = client.items(GetCustomers::new("1")).page_size(10).prefetch(ahead);
            list.try_collect::<Vec<_>>().await.unwrap().len()
        };
        let read = join_all((0..lists).map(|_| read())).await;
        assert_eq!(read, vec![250; lists]);
        let requests = sandbox.requests();
        // Side by side, what is sent first need not arrive first when waiting takes no time.
        let refused = requests.iter().filter(|request| request.status != Some(200)).count();
        assert!(refused == 0 || lists * ahead > 1, "{refused} requests met the limit");
        // The first four go at once, then five a second.
        let paced = (requests.len() - 4) as f64 / 5.0;
        assert!(clock.passed() >= paced - 1e-6, "{} requests in {} s", requests.len(), clock.passed());
        assert!(clock.passed() <= 3.0 * paced, "{} requests in {} s", requests.len(), clock.passed());
    }
}

#[tokio::test]
async fn meets_the_limits_that_nobody_published_and_goes_on() {
    // 20 writes to an issue in two seconds are allowed; nothing tells the client.
    let sandbox =
        Sandbox::builder().no_violations().rate_limits(RateLimits::documented()).start().await.unwrap();
    let sandbox = Arc::new(sandbox);
    let clock = TestClock::along_with(&sandbox);
    let client = of(&sandbox, &clock).build().unwrap();
    for number in 0..45 {
        client.call(CreateComment::new("HELP-1", format!("Comment {number}"), true)).await.unwrap();
    }
    let refused = sandbox.requests().iter().filter(|request| request.status == Some(429)).count();
    assert_eq!(refused, 2, "each time the limit was met, once");
    let mut bodies: Vec<String> =
        client.items(GetComments::new("HELP-1")).map_ok(|comment| comment.body).try_collect().await.unwrap();
    bodies.retain(|body| body.starts_with("Comment "));
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 45);
}

#[tokio::test]
async fn slows_down_near_the_limit() {
    let fine = || json(200, &json!({"id": "1", "values": []}));
    let near = fine().header("X-RateLimit-NearLimit", "true");
    let not = fine().header("X-RateLimit-NearLimit", "false").header("Beta-RateLimit", "\"x\";r=0;t=9");
    let script = Script::of([near, not, fine()]).await;
    let clock = TestClock::new();
    let client = to(&script.url, &clock).build().unwrap();
    client.call(GetServiceDesks::new()).await.unwrap();
    assert!(clock.waits().is_empty());
    client.call(GetOrganization::new(1)).await.unwrap();
    assert_eq!(clock.waits(), [0.5], "the quota is shared by all operations");
    client.call(GetServiceDesks::new()).await.unwrap();
    assert_eq!(clock.waits(), [0.5]);
}

#[tokio::test]
async fn goes_on_where_a_limit_is_reported_and_not_enforced() {
    let limits = RateLimits::none().report_points(10);
    let sandbox = Sandbox::builder().no_violations().rate_limits(limits).start().await.unwrap();
    let sandbox = Arc::new(sandbox);
    let clock = TestClock::along_with(&sandbox);
    let grant = sandbox.grant(Role::Admin, &["read:servicedesk-request"]);
    let app = App::new(&*grant.client_id, &*grant.client_secret).token_url(&*grant.token_url);
    let oauth = OAuth::new(app, &*grant.refresh_token, |_| async { Ok(()) });
    let oauth = oauth.access_token(grant.access_token, None);
    let client = of(&sandbox, &clock).oauth(oauth).build().unwrap();
    for _ in 0..9 {
        client.call(GetServiceDesks::new()).await.unwrap();
    }
    let last = client.call(GetServiceDesks::new()).with_meta().await.unwrap();
    assert_eq!(last.headers["beta-ratelimit"], "\"tenant-app-quota\";r=0;t=3600");
    assert!(last.headers.contains_key("beta-retry-after"));
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn fails_at_once_where_the_queue_is_too_long() {
    let script = Script::serve(|_| json(200, &json!({"values": []}))).await;
    let clock = TestClock::new();
    let client = to(&script.url, &clock).deadline(Duration::from_millis(1_100)).build().unwrap();
    let calls = (0..12).map(|_| async { client.call(GetCustomers::new("1")).await });
    let results = join_all(calls).await;
    let errors: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(errors.len(), 3, "four go at once, five within the second");
    for error in errors {
        assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::RateLimited, 0, None));
        assert!(error.retry_after().unwrap() > Duration::from_secs(1));
    }
    assert_eq!(script.requests().len(), 9);
    // The places of those that failed are free again.
    let before = clock.passed();
    client.call(GetCustomers::new("1")).await.unwrap();
    assert!(clock.passed() - before < 0.21, "waited {} s", clock.passed() - before);
}
