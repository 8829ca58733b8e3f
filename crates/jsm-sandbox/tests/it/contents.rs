//! What a test reads of the site.

use jsm_sandbox::{Role, Sandbox, Seed};
use serde_json::{Value, json};

use crate::client::{TestClient, read};
use crate::steps;

const API: &str = "/rest/servicedeskapi";

fn seed() -> Seed {
    Seed::empty()
        .desk("HELP", "Help Desk")
        .customer("Ada Reader", "ada@example.com")
        .customer("Bo Binder", "bo@example.com")
        .organization("Readers", &["ada@example.com"])
        .product("Library card")
        .request("ada@example.com", "No sound")
        .participant("bo@example.com")
        .comment("agent@sandbox.example.com", "Soon", true)
}

#[tokio::test]
async fn a_test_reads_what_a_program_did() {
    let sandbox = Sandbox::builder().seed(seed()).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let ada = sandbox.customers()[1].clone();
    assert_eq!((ada.email.as_str(), ada.active), ("ada@example.com", true));
    assert_eq!((ada.service_desks, ada.organizations), (vec!["HELP".to_owned()], vec!["Readers".to_owned()]));
    let customer = format!("/api/v1/customer/{}", ada.account_id);
    let product = client.get("/api/v1/product").await.json()["results"][0]["id"].clone();
    client
        .send("POST", "/api/v1/customer/details", &json!({"name": "Region", "type": {"name": "TEXT"}}))
        .await;
    let [details, entitlement] =
        [format!("{customer}/details?fieldName=Region"), format!("{customer}/entitlement")];
    assert_eq!(client.send("PUT", &details, &json!({"values": ["EU"]})).await.status, 200);
    assert_eq!(client.send("POST", &entitlement, &json!({"productId": product})).await.status, 201);
    let new = json!({"email": "cy@example.com", "displayName": "Cy \u{e9}"});
    client.send("POST", &format!("{API}/customer"), &new).await;

    let customers = sandbox.customers();
    let names: Vec<&str> = customers.iter().map(|customer| customer.name.as_str()).collect();
    assert_eq!(names, ["Casey Customer", "Ada Reader", "Bo Binder", "Cy \u{e9}"], "not the agents");
    assert_eq!(customers[1].products, ["Library card"]);
    assert_eq!(customers[1].details["Region"], ["EU"]);
    assert_eq!(customers[3].service_desks, [""; 0]);

    let members = json!({"accountIds": [customers[3].account_id]});
    client.send("POST", &format!("{API}/organization/1/user"), &members).await;
    client
        .send("DELETE", &format!("/api/v1/customer/account/{}", customers[2].account_id), &Value::Null)
        .await;
    let [readers] = sandbox.organizations().try_into().unwrap();
    assert_eq!((readers.id.as_str(), readers.name.as_str()), ("1", "Readers"));
    assert_eq!(readers.members, ["ada@example.com", "cy@example.com"]);
    assert_eq!(readers.service_desks, ["HELP"]);
    assert_eq!(sandbox.customers().len(), 3);
    // An account that is deleted has its id alone.
    assert_eq!(sandbox.customer_request("HELP-1").unwrap().participants, [customers[2].account_id.clone()]);
}

#[tokio::test]
async fn a_request_is_read_with_its_comments_and_files() {
    let sandbox = Sandbox::builder().seed(seed()).start().await.unwrap();
    let client = TestClient::new(&sandbox, Role::Agent);
    let path = format!("{API}/servicedesk/1/attachTemporaryFile");
    let uploaded = read(steps::upload(&client, &path)).await.unwrap().json();
    let ids: Vec<&Value> = uploaded["temporaryAttachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["temporaryAttachmentId"])
        .collect();
    let body = json!({"temporaryAttachmentIds": ids, "public": false, "additionalComment": {"body": "See \u{2192}"}});
    assert_eq!(client.send("POST", &format!("{API}/request/HELP-1/attachment"), &body).await.status, 201);
    let request = sandbox.customer_request("help-1").unwrap();
    assert_eq!(Some(&request), sandbox.customer_request(&request.id).as_ref());
    assert_eq!(sandbox.customer_requests(), std::slice::from_ref(&request));
    assert_eq!(
        (request.key.as_str(), request.service_desk.as_str(), request.request_type.as_str()),
        ("HELP-1", "HELP", "Get help")
    );
    assert_eq!(
        (request.reporter.as_str(), request.participants.as_slice(), request.organization.as_deref()),
        ("ada@example.com", ["bo@example.com".to_owned()].as_slice(), Some("Readers"))
    );
    assert_eq!((request.status.as_str(), request.summary.as_str()), ("Waiting for support", "No sound"));
    assert_eq!(request.fields["summary"], "No sound");
    let comments: Vec<(&str, &str, bool)> = request
        .comments
        .iter()
        .map(|comment| (comment.author.as_str(), comment.body.as_str(), comment.public))
        .collect();
    let agent = "agent@sandbox.example.com";
    assert_eq!(comments, [(agent, "Soon", true), (agent, "See \u{2192}", false)]);
    assert_eq!(request.attachments.len(), 2);
    let image = &request.attachments[1];
    assert_eq!((image.media_type.as_str(), image.public), ("image/png", false));
    assert!(!image.content.is_empty());
    assert_eq!(sandbox.customer_request("HELP-2"), None);
}

#[tokio::test]
async fn a_customer_of_two_service_desks_has_one_account() {
    let seed = || {
        Seed::empty().desk("HELP", "Help Desk").customer("Ada Reader", "ada@example.com").desk("SHOP", "Shop")
    };
    let sandbox =
        Sandbox::builder().seed(seed().customer("Ada Reader", "ADA@example.com")).start().await.unwrap();
    let customers = sandbox.customers();
    let ada: Vec<_> = customers.iter().filter(|customer| customer.name == "Ada Reader").collect();
    assert_eq!(ada.len(), 1);
    assert_eq!(ada[0].service_desks, ["HELP", "SHOP"]);
    let error = Sandbox::builder().seed(seed().customer("Ida", "ada@example.com")).start().await.unwrap_err();
    assert_eq!(error.to_string(), "the account 'ada@example.com' is called 'Ada Reader', not 'Ida'");
}
