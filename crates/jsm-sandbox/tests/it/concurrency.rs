//! Many clients at once: no request fails and nothing is lost.
//!
//! The example `load` does the same for as long as it is asked to.

use std::collections::BTreeSet;
use std::sync::Arc;

use jsm_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::client::TestClient;

const API: &str = "/rest/servicedeskapi";
const CLIENTS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_clients_leave_a_consistent_site() {
    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let sandbox = Arc::clone(&sandbox);
        clients.push(tokio::spawn(async move {
            let client = TestClient::admin(&sandbox);
            let new =
                json!({"email": format!("c{number}@example.com"), "displayName": format!("Crowd {number}")});
            let created = client.send("POST", &format!("{API}/customer"), &new).await;
            assert_eq!(created.status, 201, "{}", created.text);
            let account_id = created.json()["accountId"].as_str().unwrap().to_owned();
            let people = json!({"accountIds": [account_id]});
            assert_eq!(
                client.send("POST", &format!("{API}/servicedesk/SHOP/customer"), &people).await.status,
                204
            );
            let comment = json!({"body": format!("{number}"), "public": true});
            assert_eq!(
                client.send("POST", &format!("{API}/request/HELP-2/comment"), &comment).await.status,
                201
            );
            if number % 2 == 0 {
                let path = format!("/api/v1/customer/account/{account_id}");
                assert_eq!(client.send("DELETE", &path, &Value::Null).await.status, 204);
            }
            account_id
        }));
    }
    let mut account_ids = BTreeSet::new();
    for client in clients {
        account_ids.insert(client.await.unwrap());
    }
    assert_eq!(account_ids.len(), CLIENTS, "no id was given twice");
    let client = TestClient::admin(&sandbox);
    let mut left = 0;
    for start in (0..).step_by(50) {
        let path = format!("{API}/servicedesk/SHOP/customer?query=crowd&start={start}");
        let page = client.get(&path).await.json();
        left += page["values"].as_array().unwrap().len();
        if page["isLastPage"] == true {
            break;
        }
    }
    assert_eq!(left, CLIENTS / 2);
    let comments = client.get(&format!("{API}/request/HELP-2/comment?start={}", CLIENTS - 1)).await.json();
    assert_eq!((comments["size"].as_u64(), &comments["isLastPage"]), (Some(1), &json!(true)));
    assert_eq!(sandbox.violations(), []);
}
