//! Requests, queues, SLAs and workflows, as a test describes them.

use std::time::Duration;

use jsm_sandbox::{Field, Sandbox, Seed, SlaCycle, StatusCategory, Workflow};
use serde_json::{Value, json};

use crate::client::TestClient;
use crate::snapshot::snapshot;

const API: &str = "/rest/servicedeskapi";

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 60 * 60)
}

fn workflow() -> Workflow {
    Workflow::new()
        .status("Open", StatusCategory::New)
        .status("Doing", StatusCategory::Indeterminate)
        .status("Done", StatusCategory::Done)
        .transition("Start", &["Open"], "Doing")
        .transition("Finish", &["Open", "Doing"], "Done")
}

#[tokio::test]
async fn requests_go_through_the_workflow_of_their_service_desk() {
    let seed = Seed::empty()
        .desk("HELP", "Help Desk")
        .workflow(workflow())
        .request("", "First")
        .request("", "Second")
        .status("Doing")
        .desk("SHOP", "Shop")
        .request("", "Third");
    let sandbox = Sandbox::builder().seed(seed).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let transitions = async |key: &str| {
        let page = client.get(&format!("{API}/request/{key}/transition")).await.json();
        let name =
            |item: &Value| format!("{} {}", item["id"].as_str().unwrap(), item["name"].as_str().unwrap());
        page["values"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(transitions("HELP-1").await, ["11 Start", "21 Finish"]);
    assert_eq!(transitions("HELP-2").await, ["21 Finish"]);
    assert_eq!(transitions("SHOP-1").await, ["11 Escalate", "21 Mark as resolved", "41 Cancel request"]);
    let path = format!("{API}/request/HELP-2/transition");
    assert_eq!(client.send("POST", &path, &json!({"id": "11"})).await.status, 400);
    assert_eq!(client.send("POST", &path, &json!({"id": "21"})).await.status, 204);
    let history = client.get(&format!("{API}/request/HELP-2/status")).await.json();
    let statuses: Vec<(&Value, &Value)> = history["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["status"], &entry["statusCategory"]))
        .collect();
    assert_eq!(
        statuses,
        [
            (&json!("Done"), &json!("DONE")),
            (&json!("Doing"), &json!("INDETERMINATE")),
            (&json!("Open"), &json!("NEW"))
        ]
    );
    assert_eq!(sandbox.customer_request("HELP-2").unwrap().status, "Done");
}

#[tokio::test]
async fn a_queue_holds_the_requests_that_a_test_says_with_its_columns_alone() {
    let seed = Seed::empty()
        .desk("HELP", "Help Desk")
        .request_type("Order a laptop")
        .field(Field::select("customfield_1", "Model", &["Small", "Large"]))
        .request("", "A small one")
        .value("customfield_1", json!({"value": "Small"}))
        .request("", "A large one")
        .request("", "Broken")
        .of_request_type("Get help")
        .queue(
            "Laptops",
            "project = HELP AND issuetype = Laptop",
            &["summary", "customfield_1"],
            |request| request.request_type == "Order a laptop",
        );
    let sandbox = Sandbox::builder().seed(seed).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let queues = client.get(&format!("{API}/servicedesk/HELP/queue?includeCount=true")).await.json();
    let queue = queues["values"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&queue["name"], &queue["jql"], &queue["fields"], &queue["issueCount"]),
        (
            &json!("Laptops"),
            &json!("project = HELP AND issuetype = Laptop"),
            &json!(["summary", "customfield_1"]),
            &json!(2)
        )
    );
    let path = format!("{API}/servicedesk/1/queue/{}/issue", queue["id"].as_str().unwrap());
    let issues = client.get(&path).await.json();
    let fields: Vec<&Value> =
        issues["values"].as_array().unwrap().iter().map(|issue| &issue["fields"]).collect();
    assert_eq!(
        fields,
        [
            &json!({"summary": "A small one", "customfield_1": {"id": "10100", "value": "Small"}}),
            &json!({"summary": "A large one"})
        ]
    );
}

/// Each SLA of a request in a line: its completed cycles, and the one that has not ended.
async fn slas(client: &TestClient<'_>, key: &str) -> String {
    let page = client.get(&format!("{API}/request/{key}/sla")).await.json();
    let cycle = |cycle: &Value| {
        let hours = |name: &str| cycle[name]["millis"].as_i64().unwrap() / 3_600_000;
        let mut text = format!("{} of {}h", hours("elapsedTime"), hours("goalDuration"));
        for name in ["breached", "paused"] {
            text += if cycle[name] == json!(true) { " " } else { "" };
            text += if cycle[name] == json!(true) { name } else { "" };
        }
        let length = cycle["breachTime"]["epochMillis"].as_i64().unwrap()
            - cycle["startTime"]["epochMillis"].as_i64().unwrap();
        assert!(length >= cycle["goalDuration"]["millis"].as_i64().unwrap());
        text
    };
    let line = |sla: &Value| {
        let completed: Vec<String> = sla["completedCycles"].as_array().unwrap().iter().map(cycle).collect();
        let ongoing = sla.get("ongoingCycle").map_or("-".to_owned(), cycle);
        format!(
            "  {}: completed [{}], ongoing {ongoing}\n",
            sla["name"].as_str().unwrap(),
            completed.join(", ")
        )
    };
    page["values"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn slas_run_pause_end_and_are_breached() {
    let seed = Seed::empty()
        .desk("HELP", "Help Desk")
        .sla("Time to first response", hours(2))
        .sla("Time to repair", hours(8))
        .request("", "By default")
        .request("", "As described")
        .sla_cycles("Time to first response", &[SlaCycle::completed(hours(1))])
        .sla_cycles("Time to resolution", &[SlaCycle::paused(hours(20))])
        .sla_cycles("Time to repair", &[SlaCycle::completed(hours(9)), SlaCycle::running(hours(7))])
        .request("", "Without cycles")
        .sla_cycles("Time to resolution", &[]);
    let sandbox = Sandbox::builder().seed(seed).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let mut text = String::new();
    for (after, advance) in [("at once", 0), ("after 3 hours", 3)] {
        sandbox.clock().advance(hours(advance));
        for key in ["HELP-1", "HELP-2", "HELP-3"] {
            text += &format!("{key} {after}\n{}", slas(&client, key).await);
        }
    }
    let done = json!({"id": "21"});
    assert_eq!(client.send("POST", &format!("{API}/request/HELP-2/transition"), &done).await.status, 204);
    sandbox.clock().advance(hours(3));
    text += &format!("HELP-2, resolved 3 hours ago\n{}", slas(&client, "HELP-2").await);
    snapshot("slas", &text);
}

#[tokio::test]
async fn a_seed_that_describes_what_cannot_be_is_refused() {
    let seed = || Seed::empty().desk("HELP", "Help Desk");
    let mut text = String::new();
    for seed in [
        Seed::empty().workflow(workflow()),
        seed().workflow(Workflow::new()),
        seed().workflow(workflow().transition("Stop", &["Doing"], "Stopped")),
        seed().status("Resolved"),
        seed().request("", "PC").status("Rejected"),
        seed().request("", "PC").sla_cycles("Time to repair", &[]),
        seed()
            .request("", "PC")
            .sla_cycles("Time to resolution", &[SlaCycle::running(hours(1)), SlaCycle::completed(hours(1))]),
        seed().request("", "PC").comment("nobody@example.com", "Hm", true),
        seed().request("", "PC").participant("nobody@example.com"),
        Seed::empty().queue("All", "", &[], |_| true),
        Seed::empty().request("", "PC"),
    ] {
        text += &format!("{}\n", Sandbox::builder().seed(seed).start().await.unwrap_err());
    }
    snapshot("refused_seeds_of_requests", &text);
}
