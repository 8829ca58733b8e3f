//! Lists that are longer than one request may carry.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use jsm_client::csm::experience::{GetOrganizationsWithAccess, GrantOrganizationsAccess};
use jsm_client::csm::organization::FetchOrganizations;
use jsm_client::servicedesk::AccountId;
use jsm_client::servicedesk::attachment::AttachTemporaryFiles;
use jsm_client::servicedesk::customer::{AddCustomers, GetCustomers, RemoveCustomers};
use jsm_client::servicedesk::organization::{
    AddOrganizationUsers, CreateOrganization, GetOrganizationUsers, RemoveOrganizationUsers,
};
use jsm_client::servicedesk::request_type::CheckRequestTypePermissions;
use jsm_client::servicedesk::types::RequestTypePermissionCheckRequestPermissionsItem as Permission;
use jsm_client::{BoxError, Client, ErrorKind, FilePart};
use jsm_sandbox::{Fault, Sandbox};
use serde_json::{Value, json};

use super::client;
use crate::apis::APIS;

async fn sandbox() -> Sandbox {
    Sandbox::builder().no_violations().start().await.unwrap()
}

/// The bodies of the requests of an operation.
fn bodies(sandbox: &Sandbox, operation: &str) -> Vec<Value> {
    let requests = sandbox.requests();
    let sent = requests.iter().filter(|request| request.operation == Some(operation));
    sent.map(|request| serde_json::from_str(&request.body).unwrap()).collect()
}

/// How many entries a list of each body has.
fn lengths(bodies: &[Value], list: &str) -> Vec<usize> {
    bodies.iter().map(|body| body[list].as_array().map_or(0, Vec::len)).collect()
}

async fn people(jira: &Client, count: u64) -> Vec<AccountId> {
    let people: Vec<_> = jira.items(GetCustomers::new("1")).max_items(count).try_collect().await.unwrap();
    people.into_iter().map(|person| person.account_id).collect()
}

#[tokio::test]
async fn names_are_fetched_in_as_many_requests_as_ids() {
    let sandbox = sandbox().await;
    let csm = client(&sandbox);
    let names = (0..130).map(|number| match number {
        0 | 129 => "Acme".to_owned(),
        7 => "Birch Books".to_owned(),
        _ => format!("Größe {number}"),
    });
    let fetch = FetchOrganizations::new().organization_ids(3..123).organization_names(names);
    let fetched = csm.fetch(fetch).await.unwrap();
    let sent = bodies(&sandbox, "FetchOrganizations");
    assert_eq!(lengths(&sent, "organizationIds"), [50, 50, 20, 0, 0, 0]);
    assert_eq!(lengths(&sent, "organizationNames"), [0, 0, 0, 50, 50, 30]);
    let found: BTreeSet<String> = fetched.found.iter().map(|found| found.name.clone()).collect();
    assert_eq!(found.len(), fetched.found.len(), "each once");
    assert!(found.contains("Acme") && found.contains("Birch Books"), "{found:?}");

    // Names alone.
    let fetch = FetchOrganizations::new().organization_names((0..51).map(|number| format!("O{number}")));
    assert_eq!(csm.fetch(fetch).await.unwrap().found, []);
    assert_eq!(lengths(&bodies(&sandbox, "FetchOrganizations")[6..], "organizationNames"), [50, 1]);
}

#[tokio::test]
async fn a_list_with_a_documented_limit_is_sent_in_batches_of_it() {
    let sandbox = sandbox().await;
    let jira = client(&sandbox);
    let mut ids = Vec::new();
    for number in 0..12 {
        let name = format!("Organization {number}");
        ids.push(jira.call(CreateOrganization::new(name)).await.unwrap().id.to_string());
    }
    let center = "c0e00000-0000-4000-8000-000000000002";
    let grant = || GrantOrganizationsAccess::new(center, ids.clone());
    jira.in_batches(grant()).await.unwrap();
    let sent = bodies(&sandbox, "GrantOrganizationsAccess");
    assert_eq!(lengths(&sent, "organizationIds"), [5, 5, 2]);
    let access: Vec<_> = jira.items(GetOrganizationsWithAccess::new(center)).try_collect().await.unwrap();
    assert!(access.len() >= 12, "{}", access.len());
    // No batch is larger than the limit, and each has an entry.
    for (size, lengths_of) in [(100, vec![5, 5, 2]), (4, vec![4, 4, 4]), (0, vec![1; 12])] {
        let before = bodies(&sandbox, "GrantOrganizationsAccess").len();
        jira.in_batches(grant()).batch_size(size).await.unwrap();
        let sent = bodies(&sandbox, "GrantOrganizationsAccess").split_off(before);
        assert_eq!(lengths(&sent, "organizationIds"), lengths_of);
    }

    // What is no list of entries is in every batch.
    let check =
        CheckRequestTypePermissions::new("1", [Permission::CanCreateRequest]).request_type_ids(1..=120);
    let outputs = jira.in_batches(check).await.unwrap();
    let sent = bodies(&sandbox, "CheckRequestTypePermissions");
    assert_eq!((lengths(&sent, "requestTypeIds"), outputs.len()), (vec![50, 50, 20], 3));
    assert!(sent.iter().all(|body| body["permissions"] == json!(["canCreateRequest"])), "{sent:?}");
}

#[tokio::test]
async fn a_call_with_more_entries_than_the_server_takes_is_not_sent() {
    let sandbox = sandbox().await;
    let jira = client(&sandbox);
    let center = "c0e00000-0000-4000-8000-000000000002";
    let over =
        |size: usize, limit: usize| format!("has {size} entries, and the server takes {limit} at once");
    let grant = |count: i64| GrantOrganizationsAccess::new(center, (0..count).map(|id| id.to_string()));
    let files = (0..61).map(|number| FilePart::bytes(format!("{number}.txt"), "x"));
    for (error, why) in [
        (jira.call(grant(6)).await.map(drop), over(6, 5)),
        (jira.call(AttachTemporaryFiles::new("1", files)).await.map(drop), over(61, 60)),
        // Names count towards the limit of the ids.
        (
            jira.call(FetchOrganizations::new().organization_ids(0..30).organization_names(["größe"; 21]))
                .await
                .map(drop),
            over(51, 50),
        ),
    ] {
        let error = error.unwrap_err();
        assert!(error.is_configuration() && error.attempts() == 0, "{error}");
        assert!(
            error.to_string().contains(&why) && error.to_string().contains("Client::in_batches"),
            "{error}"
        );
    }
    assert_eq!(sandbox.requests().len(), 0);
    // At the limit, the server decides.
    let fetched =
        jira.call(FetchOrganizations::new().organization_ids(1..=49).organization_names(["x"])).await;
    fetched.unwrap();
}

#[tokio::test]
async fn a_list_without_a_documented_limit_is_sent_in_batches_too() {
    let sandbox = sandbox().await;
    let jira = client(&sandbox);
    let ids = people(&jira, 230).await;
    let organization = jira.call(CreateOrganization::new("Everyone")).await.unwrap().id;
    jira.in_batches(AddOrganizationUsers::new(organization.clone(), ids.clone())).await.unwrap();
    assert_eq!(lengths(&bodies(&sandbox, "AddOrganizationUsers"), "accountIds"), [100, 100, 30]);
    let members = || async {
        let members: Vec<_> =
            jira.items(GetOrganizationUsers::new(organization.clone())).try_collect().await.unwrap();
        members.len()
    };
    assert_eq!(members().await, 230);
    let remove = RemoveOrganizationUsers::new(organization.clone(), ids);
    jira.in_batches(remove).batch_size(120).await.unwrap();
    assert_eq!(lengths(&bodies(&sandbox, "RemoveOrganizationUsers"), "accountIds"), [120, 110]);
    assert_eq!(members().await, 0);

    let outputs = jira.in_batches(RemoveCustomers::new("1", Vec::<AccountId>::new())).await.unwrap();
    assert_eq!(
        (outputs.len(), bodies(&sandbox, "RemoveCustomers").len()),
        (0, 0),
        "there is nothing to send"
    );
}

#[tokio::test]
#[expect(deprecated, reason = "user names are documented still")]
async fn a_second_list_is_sent_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let jira = client(&sandbox);
    let add = AddCustomers::new("1", people(&jira, 3).await).usernames(["ada", "größe", "x"]);
    // The sandbox knows no user names, as sites do not any more.
    let _ = jira.in_batches(add).batch_size(2).await;
    let sent = bodies(&sandbox, "AddCustomers");
    assert_eq!(lengths(&sent, "accountIds")[..2], [2, 1]);
    assert!(sent[..2].iter().all(|body| body.get("usernames").is_none()), "{sent:?}");
    assert_eq!(sent[2], json!({"accountIds": [], "usernames": ["ada", "größe"]}));
}

#[tokio::test]
async fn a_batch_that_fails_leaves_what_was_done_and_what_is_left() {
    let sandbox = sandbox().await;
    let jira = client(&sandbox);
    let ids = people(&jira, 250).await;
    let add = || AddCustomers::new("2", ids.clone());
    sandbox.fault(Fault::delay(std::time::Duration::ZERO).on("AddCustomers"));
    sandbox.fault(Fault::status(403).text("no").on("AddCustomers"));
    let error = jira.in_batches(add()).await.unwrap_err();
    assert_eq!((error.done.len(), error.left.len()), (1, 2));
    assert_eq!(error.error.kind(), ErrorKind::Permission);
    assert!(error.to_string().ends_with("; 1 of 3 batches were done before"), "{error}");
    let count = |batches: &[AddCustomers]| {
        batches.iter().map(|batch| jsm_client::Batched::entries(batch).len()).sum::<usize>()
    };
    assert_eq!(count(&error.left), 150);
    let left = error.left.clone();
    let error: BoxError = error.into();
    assert!(error.to_string().starts_with("add customers: 403"), "{error}");

    // What is left can be sent later, and nothing is sent twice.
    for batch in left {
        jira.call(batch).await.unwrap();
    }
    let sent = bodies(&sandbox, "AddCustomers");
    assert_eq!(lengths(&sent, "accountIds"), [100, 100, 100, 50], "the second was refused once");
}

/// Lists of ids that cannot be divided, with the reason.
const INDIVISIBLE: [(&str, &str); 3] = [
    ("AddRequestAttachments", "the files are attached to one comment"),
    ("CreateRequest", "a request is created once"),
    ("ValidateRequest", "it is the request that would be created"),
];

#[test]
fn every_list_of_ids_and_every_limited_list_can_be_sent_in_batches() {
    for api in &APIS {
        let document = api.value();
        let at =
            |reference: &Value| reference["$ref"].as_str().and_then(|to| document.pointer(&to[1..])).cloned();
        let operations = document["paths"].as_object().unwrap().values().flat_map(|path| {
            path.as_object().unwrap().values().filter(|operation| operation.get("x-jsm-name").is_some())
        });
        for operation in operations {
            let name = operation["x-jsm-name"].as_str().unwrap();
            let batch = operation.get("x-jsm-batch");
            let has_limit = operation.get("x-jsm-batch-limit").is_some();
            assert!(!has_limit || batch.is_some() || operation.get("x-jsm-multipart").is_some(), "{name}");
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let properties = at(body).and_then(|body| body["properties"].as_object().cloned());
            for (property, list) in properties.unwrap_or_default() {
                let is_id = at(&list["items"]).is_some_and(|items| items.get("x-jsm-id").is_some());
                let is_limited = list.get("maxItems").is_some();
                if !is_id && !is_limited || INDIVISIBLE.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                let items = batch.and_then(|batch| batch["items"].as_str());
                assert_eq!(items, Some(property.as_str()), "{name} needs x-jsm-batch");
                assert!(!is_limited || has_limit, "{name} needs x-jsm-batch-limit");
            }
        }
    }
}
