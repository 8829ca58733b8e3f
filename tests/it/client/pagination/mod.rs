//! Lists of all styles.

mod ends; // Where a list ends, and where it fails to.
mod model; // Random servers of every style against a model.
mod order; // Read ahead, from the middle, once more: nothing lost, nothing doubled.

use futures_util::{Stream, StreamExt};
use jsm_client::csm::customer::SearchCustomersByDetailField;
use jsm_client::csm::experience::GetOrganizationsWithAccess;
use jsm_client::csm::product::GetProducts;
use jsm_client::csm::types::SearchDetailField;
use jsm_client::servicedesk::article::SearchArticles;
use jsm_client::servicedesk::customer::GetCustomers;
use jsm_client::servicedesk::organization::GetOrganizations;
use jsm_client::servicedesk::types::Organization;
use jsm_client::{Client, Items, Pages, Paginated};
use jsm_sandbox::Sandbox;
use serde_json::{Value, json};

use super::clock::TestClock;
use super::script::{Script, ScriptedRequest, ScriptedResponse, json};
use super::{check, of, to};

/// Reads a list to its end: the items, and the error if it ended with one.
async fn read<O: Paginated>(
    items: &mut Items<O>,
    name: fn(&O::Item) -> String,
) -> (Vec<String>, Option<String>) {
    let mut names = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => names.push(name(&item)),
            Err(error) => {
                assert!(items.next().await.is_none(), "an error ends the list");
                return (names, Some(error.to_string()));
            }
        }
    }
    assert!(items.next().await.is_none(), "the end is the end");
    (names, None)
}

fn id(organization: &Organization) -> String {
    organization.id.to_string()
}

/// Lists of every style, as real operations have them, page by page from the sandbox.
#[tokio::test]
async fn reads_lists_of_every_style() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = of(&sandbox, &TestClock::new()).build().unwrap();
    let mut report = String::new();

    async fn note<O: Paginated>(
        (sandbox, client, report): (&Sandbox, &Client, &mut String),
        operation: O,
        size: u32,
        name: fn(&O::Item) -> String,
    ) {
        let before = sandbox.requests().len();
        let (small, error) = read(&mut client.items(operation.clone()).page_size(size), name).await;
        let requests = &sandbox.requests()[before..];
        let (large, _) = read(&mut client.items(operation), name).await;
        assert_eq!(error, None, "{}", O::INFO.name);
        assert_eq!(small, large, "{}: the size of its pages changes nothing about a list", O::INFO.name);
        let mut different = small.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), small.len(), "{}: nothing is doubled", O::INFO.name);
        *report += &format!("{}: {} items\n", O::INFO.name, small.len());
        requests.iter().for_each(|request| *report += &format!("  {} ?{}\n", request.method, request.query));
    }

    note((&sandbox, &client, &mut report), GetCustomers::new("1"), 40, |user| user.account_id.to_string())
        .await;
    note((&sandbox, &client, &mut report), SearchArticles::new("o"), 3, |article| article.title.clone())
        .await;
    note((&sandbox, &client, &mut report), GetProducts::new(), 2, |product| product.id.to_string()).await;
    let search = SearchCustomersByDetailField::new([SearchDetailField::new("Region", "EU")]);
    note((&sandbox, &client, &mut report), search, 30, |customer| customer.id.to_string()).await;
    let access = GetOrganizationsWithAccess::new("c0e00000-0000-4000-8000-000000000002");
    note((&sandbox, &client, &mut report), access, 1, |organization| organization.id.to_string()).await;
    assert_eq!(sandbox.violations(), []);
    check("pagination_styles", &report);
}

#[tokio::test]
async fn sends_nothing_before_it_is_polled() {
    let script = Script::of([page(0, &[1, 2], true)]).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let mut items = client.items(GetOrganizations::new()).page_size(2).prefetch(4);
    let mut pages = client.pages(GetOrganizations::new());
    assert_eq!(script.requests().len(), 0);
    assert_eq!(items.next().await.unwrap().unwrap().id, 1.into());
    assert_eq!(items.next().await.unwrap().unwrap().id, 2.into());
    assert_eq!(script.requests().len(), 1, "the second page was not needed yet");
    assert_eq!((items.requests(), pages.requests()), (1, 0));
    assert!(items.next().await.is_none());
    assert!(pages.next().await.unwrap().is_err(), "the script has no more answers");
}

#[test]
fn is_a_stream_that_any_task_can_hold() {
    fn fits<S: Stream + Send + Unpin + 'static>() {}
    fits::<Items<GetCustomers>>();
    fits::<Pages<GetCustomers>>();
    fits::<Items<SearchCustomersByDetailField>>();
}

/// A page of organizations by offset.
fn page(start: u64, ids: &[u64], last: bool) -> ScriptedResponse {
    json(200, &offset(start, ids, last))
}

fn offset(start: u64, ids: &[u64], last: bool) -> Value {
    let values: Vec<Value> = ids.iter().map(|id| json!({"id": id.to_string()})).collect();
    json!({"start": start, "limit": 2, "size": ids.len(), "isLastPage": last, "values": values})
}

/// A server of one list of `total` items, in pages of at most `cap`.
pub(super) fn list(
    total: u64,
    cap: u64,
) -> impl FnMut(&ScriptedRequest) -> ScriptedResponse + Send + 'static {
    move |asked| {
        let start = asked.number("start").unwrap_or(0);
        let size = asked.number("limit").unwrap_or(cap).min(cap);
        let ids: Vec<u64> = (start..total.min(start + size)).collect();
        page(start, &ids, start + size >= total)
    }
}
