//! The header that opts in to experimental operations: where it always goes out, and what a 412 says.

use std::collections::BTreeSet;

use jsm_client::ErrorKind;
use jsm_client::csm::customer::{
    CreateCustomerAccount, CreateCustomerProfile, FetchCustomerProfiles, GetCustomerAccount,
    GetCustomerProfile, UpdateCustomerAccount,
};
use jsm_client::servicedesk::attachment::GetAttachmentContent;
use jsm_client::servicedesk::customer::{GetCustomers, RemoveCustomers, RevokePortalOnlyAccess};
use jsm_client::servicedesk::info::GetInfo;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_sandbox::Sandbox;
use serde_json::json;

use super::clock::TestClock;
use super::script::{Script, empty, json as answer_json, text};
use super::{of, to};

#[tokio::test]
async fn send_the_opt_in_header_wherever_a_documentation_lists_it() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = of(&sandbox, &TestClock::new()).experimental(false).build().unwrap();
    let made = client.call(CreateCustomerAccount::new("nina@example.com")).await.unwrap();
    let id = made.customer_id;
    client.call(GetCustomerAccount::new(id.clone())).await.unwrap();
    client.call(UpdateCustomerAccount::new(id.clone(), "Nina")).experimental(false).await.unwrap();
    client.call(GetCustomerProfile::new(id.clone())).await.unwrap();
    client.call(CreateCustomerProfile::new("ole@example.com")).await.unwrap();
    client.call(FetchCustomerProfiles::new([id.clone()])).await.unwrap();
    client.call(RevokePortalOnlyAccess::new(id.as_str())).await.unwrap();
    client.call(GetCustomers::new("HELP")).await.unwrap();
    client.call(RemoveCustomers::new("HELP", [id.as_str()])).await.unwrap();
    let called: BTreeSet<&str> = sandbox.requests().iter().filter_map(|request| request.operation).collect();
    let known = jsm_raw::servicedesk::OPERATIONS.iter().chain(&jsm_raw::csm::OPERATIONS);
    let always: BTreeSet<&str> = known.filter(|info| info.always_opt_in).map(|info| info.name).collect();
    assert_eq!(called, always);
    for request in sandbox.requests() {
        assert_eq!(request.header("x-experimentalapi"), Some("opt-in"), "{request:?}");
    }
    client.call(GetInfo::new()).await.unwrap();
    assert_eq!(sandbox.requests().last().unwrap().header("x-experimentalapi"), None);
}

#[tokio::test]
async fn a_412_from_an_operation_not_known_as_experimental_says_how_to_opt_in() {
    let script = Script::serve(|_| answer_json(412, &json!({"errorMessage": "opt in first"}))).await;
    let client = to(&script.url, &TestClock::new()).experimental(false).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::ExperimentalOptIn, Some("opt in first")));
    assert!(error.to_string().contains("not known to be experimental"), "{error}");
    assert!(error.to_string().contains("experimental(true)"), "{error}");
    let error = client.call(GetOrganization::new(1)).experimental(true).await.unwrap_err();
    assert_eq!(script.requests()[1].header("x-experimentalapi"), Some("opt-in"));
    assert!(!error.to_string().contains("experimental(true)"), "the header was sent: {error}");
}

#[tokio::test]
async fn the_header_goes_to_the_site_but_to_no_other_origin() {
    let elsewhere = Script::serve(|_| text(200, "the file")).await;
    let target = format!("{}/file", elsewhere.url);
    let site = Script::serve(move |asked| match asked.path.as_str() {
        "/here" => empty(303).header("Location", &target),
        _ => empty(303).header("Location", "/here"),
    })
    .await;
    let client = to(&site.url, &TestClock::new()).experimental(true).build().unwrap();
    let _ = client.download(GetAttachmentContent::new("HELP-1", 1)).stream().await;
    let sent = site.requests();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent.iter().all(|asked| asked.header("x-experimentalapi") == Some("opt-in")), "{sent:?}");
    let foreign = elsewhere.requests();
    assert!(foreign.iter().all(|asked| asked.header("x-experimentalapi").is_none()), "{foreign:?}");
}
