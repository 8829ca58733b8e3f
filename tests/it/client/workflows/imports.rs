//! The recipe of an import, killed at any point and run again until it is complete.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use jsm_client::servicedesk::ServiceDeskId;
use jsm_client::servicedesk::customer::GetCustomers;
use jsm_client::servicedesk::organization::{GetOrganizationUsers, GetOrganizations};
use jsm_client::{Client, RetryPolicy};
use jsm_sandbox::{Fault, Sandbox, Seed};

use self::recipe::{Account, Row, Summary, import};
use super::super::clock::TestClock;
use super::super::of;

/// The example's own code.
#[path = "../../../../crates/jsm-client/examples/import_customers/import.rs"]
mod recipe;

const DESK: &str = "1";
const AT_ONCE: usize = 4;

async fn sandbox() -> Sandbox {
    Sandbox::builder().seed(Seed::empty().desk("BOOKS", "Book Shop")).no_violations().start().await.unwrap()
}

fn client(sandbox: &Sandbox, retry: RetryPolicy) -> Client {
    of(sandbox, &TestClock::new()).retry(retry).build().unwrap()
}

fn rows(count: usize) -> Vec<Row> {
    let row = |number: usize| Row {
        email: format!("größe.{number}@example.com"),
        name: format!("Customer {number}"),
        organization: format!("Organization {}", number % 3),
    };
    (0..count).map(row).collect()
}

async fn run(jira: &Client, count: usize) -> jsm_client::Result<Summary> {
    import(jira, &ServiceDeskId::from(DESK), rows(count), AT_ONCE, |_, _| {}).await
}

/// The emails of the desk's customers, and of each organization's members: each as often as it is there.
async fn imported(jira: &Client) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let emails = |users: Vec<jsm_client::servicedesk::types::User>| {
        let mut emails: Vec<String> = users.into_iter().filter_map(|user| user.email_address).collect();
        emails.retain(|email| email.starts_with("größe."));
        emails.sort();
        emails
    };
    let customers = emails(jira.items(GetCustomers::new(DESK)).try_collect().await.unwrap());
    let organizations: Vec<_> = jira.items(GetOrganizations::new()).try_collect().await.unwrap();
    let mut members = BTreeMap::new();
    for organization in organizations {
        let users = jira.items(GetOrganizationUsers::new(organization.id)).try_collect().await.unwrap();
        let twice = members.insert(organization.name, emails(users));
        assert!(twice.is_none(), "an organization is there twice");
    }
    (customers, members)
}

/// Checks that all rows are imported, and none of them twice.
async fn check(jira: &Client, count: usize) {
    let (customers, members) = imported(jira).await;
    let mut expected: Vec<String> = rows(count).into_iter().map(|row| row.email).collect();
    expected.sort();
    assert_eq!(customers, expected);
    let mut by_organization: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(count) {
        by_organization.entry(row.organization).or_default().push(row.email);
    }
    by_organization.values_mut().for_each(|emails| emails.sort());
    assert_eq!(members, by_organization);
}

#[tokio::test]
async fn an_import_creates_what_is_missing_and_finds_what_exists() {
    let sandbox = sandbox().await;
    let jira = client(&sandbox, RetryPolicy::default());
    let summary = run(&jira, 8).await.unwrap();
    assert_eq!((summary.created, summary.existing, summary.organizations), (8, 0, 3));
    let mut seen = BTreeSet::new();
    let summary = {
        let done = std::sync::Mutex::new(&mut seen);
        let desk = ServiceDeskId::from(DESK);
        let report = |row: &Row, account: &jsm_client::Result<Account>| {
            assert!(account.is_ok());
            done.lock().unwrap().insert(row.email.clone());
        };
        import(&jira, &desk, rows(11), AT_ONCE, report).await.unwrap()
    };
    assert_eq!((summary.created, summary.existing, summary.organizations), (3, 8, 0));
    assert!(summary.failed.is_empty());
    assert_eq!(seen.len(), 11);
    check(&jira, 11).await;
}

#[tokio::test]
async fn a_request_that_fails_is_repeated_by_the_next_run() {
    let always = [Fault::drop_after(), Fault::drop_before(), Fault::status(403)];
    let with_body = [Fault::truncate(), Fault::html()];
    for (operation, has_body) in [
        ("CreateCustomer", true),
        ("AddCustomers", false),
        ("GetOrganizations", true),
        ("CreateOrganization", true),
        ("AddOrganizationUsers", false),
    ] {
        let faults = always.iter().chain(with_body.iter().filter(|_| has_body));
        for fault in faults {
            let sandbox = sandbox().await;
            let jira = client(&sandbox, RetryPolicy::never());
            sandbox.fault(fault.clone().on(operation));
            let first = run(&jira, 5).await;
            match first {
                Ok(summary) => {
                    let failed = (summary.failed.len(), summary.unfinished.len());
                    let done = summary.created + summary.existing;
                    // A row may come once more within the run.
                    let of_no_row = usize::from(operation != "CreateCustomer");
                    assert_eq!((failed.0 + done, failed.1), (5, of_no_row), "{operation} {fault:?}");
                }
                Err(_) => assert_eq!(operation, "GetOrganizations", "{fault:?}: all rows need them"),
            }
            let summary = run(&jira, 5).await.unwrap();
            assert!(summary.is_complete() && summary.created + summary.existing == 5);
            check(&jira, 5).await;
        }
    }
}

#[tokio::test]
async fn what_fails_holds_up_nothing_else() {
    let sandbox = sandbox().await;
    let jira = client(&sandbox, RetryPolicy::default());
    // One that the server refuses comes first, and spaces are as files have them.
    let row = |email: &str, organization: &str| Row {
        email: email.to_owned(),
        name: "Ada".to_owned(),
        organization: organization.to_owned(),
    };
    let long = "A".repeat(300);
    let rows = [
        row("größe.1@example.com", &long),
        row(" größe.2@example.com\t", " Zoo "),
        row("GRÖSSE@example", "Zoo"),
        row("größe.2@EXAMPLE.com", "Zoo"),
        row("größe.3@example.com", " "),
    ];
    for new in [true, false] {
        let desk = ServiceDeskId::from(DESK);
        let summary = import(&jira, &desk, rows.to_vec(), AT_ONCE, |_, _| {}).await.unwrap();
        let failed: Vec<&str> = summary.failed.iter().map(|(row, _)| row.email.as_str()).collect();
        let unfinished: Vec<&str> = summary.unfinished.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(failed, ["GRÖSSE@example"]);
        assert_eq!(unfinished, [format!("organization {long}")]);
        assert_eq!(summary.organizations, usize::from(new));
        assert_eq!(summary.created, if new { 3 } else { 0 });
        let (customers, members) = imported(&jira).await;
        assert_eq!(customers, [1, 2, 3].map(|n| format!("größe.{n}@example.com")));
        assert_eq!(members, BTreeMap::from([("Zoo".to_owned(), vec!["größe.2@example.com".to_owned()])]));
    }
}

#[tokio::test]
async fn an_import_whose_every_second_request_fails_ends_complete() {
    const COUNT: usize = 120;
    for fault in [Fault::status(500), Fault::status(503), Fault::drop_after()] {
        let sandbox = sandbox().await;
        let jira = client(&sandbox, RetryPolicy::default());
        sandbox.fault(fault.clone().every(2).always());
        let mut runs = 1;
        while !run(&jira, COUNT).await.is_ok_and(|summary| summary.is_complete()) {
            runs += 1;
            assert!(runs < 6, "it comes to no end: {fault:?}");
        }
        sandbox.clear_faults();
        check(&jira, COUNT).await;
    }
}

#[tokio::test]
async fn lost_responses_are_retried_within_a_run() {
    let sandbox = sandbox().await;
    let jira = client(&sandbox, RetryPolicy::default());
    for operation in ["CreateCustomer", "AddCustomers", "GetOrganizations", "AddOrganizationUsers"] {
        sandbox.fault(Fault::drop_after().on(operation).times(2));
        sandbox.fault(Fault::status(503).on(operation));
    }
    let summary = run(&jira, 6).await.unwrap();
    assert_eq!((summary.failed.len(), summary.created + summary.existing), (0, 6));
    check(&jira, 6).await;
}

#[tokio::test]
async fn an_import_that_is_killed_anywhere_ends_complete() {
    const COUNT: usize = 7;
    // As many requests as a whole import sends.
    let requests = {
        let sandbox = sandbox().await;
        run(&client(&sandbox, RetryPolicy::default()), COUNT).await.unwrap();
        sandbox.requests().len()
    };
    for kill_after in 1..requests {
        let sandbox = sandbox().await;
        let jira = client(&sandbox, RetryPolicy::default());
        {
            let mut killed = Box::pin(run(&jira, COUNT));
            while sandbox.requests().len() < kill_after {
                assert!(futures_util::poll!(&mut killed).is_pending(), "{kill_after}");
                tokio::task::yield_now().await;
            }
        }
        let summary = run(&jira, COUNT).await.unwrap();
        assert_eq!((summary.failed.len(), summary.created + summary.existing), (0, COUNT), "{kill_after}");
        check(&jira, COUNT).await;
    }
}
