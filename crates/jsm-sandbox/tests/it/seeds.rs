//! Seeds: what a test describes is what the sandbox serves.

use jsm_sandbox::{Field, Role, Sandbox, Seed};
use serde_json::{Value, json};

use crate::client::{TestClient, read};
use crate::snapshot::snapshot;

const API: &str = "/rest/servicedeskapi";

/// A request type with a field of every kind.
fn every_kind() -> Seed {
    let field = |number: u32| format!("customfield_{number}");
    Seed::empty()
        .desk("HELP", "Help Desk")
        .organization("Acme", &[])
        .request_type("Order a laptop")
        .description("For new colleagues")
        .help_text("One laptop each.")
        .group("Hardware")
        .field(Field::text(&field(1), "Room"))
        .field(Field::text_area(&field(2), "Reason").description("In a few words"))
        .field(Field::url(&field(3), "Link"))
        .field(Field::number(&field(4), "Price"))
        .field(Field::date("duedate", "Needed by"))
        .field(Field::date_time(&field(5), "Delivery"))
        .field(Field::select(&field(6), "Model", &["Small", "Large"]).required())
        .field(Field::radio_buttons(&field(7), "Color", &["Gray", "Black"]).required().default_value("Gray"))
        .field(Field::multi_select(&field(8), "Extras", &["Mouse", "Bag", "Dock"]))
        .field(Field::checkboxes(&field(9), "Terms", &["Agreed"]))
        .field(Field::cascading_select(
            &field(10),
            "Place",
            &[("Berlin", &["Mitte", "Wedding"]), ("Oslo", &[])],
        ))
        .field(Field::priority("Priority", &["High", "Low"]).default_value("Low"))
        .field(
            Field::cascading_select("customfield_15", "Cost center", &[("Sales", &["East"])])
                .default_value("Sales / East"),
        )
        .field(Field::components("Components", &["Wiki", "Payroll"]))
        .field(Field::labels("labels", "Labels"))
        .field(Field::user(&field(11), "Manager"))
        .field(Field::users(&field(12), "Deputies"))
        .field(Field::organizations(&field(13), "Share with"))
        .field(Field::attachments("Files"))
        .field(Field::text(&field(14), "Source").hidden().preset("portal"))
}

fn draft(fields: Value) -> Value {
    json!({"serviceDeskId": "1", "requestTypeId": "3", "requestFieldValues": fields})
}

#[tokio::test]
async fn the_fields_of_a_request_type_look_like_this() {
    let sandbox = Sandbox::builder().seed(every_kind()).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let path = format!("{API}/servicedesk/1/requesttype/3");
    let kind = client.get(&path).await.json();
    assert_eq!(
        (&kind["name"], &kind["description"], &kind["helpText"]),
        (&json!("Order a laptop"), &json!("For new colleagues"), &json!("One laptop each."))
    );
    let groups = client.get(&format!("{API}/servicedesk/1/requesttypegroup")).await.json();
    let group =
        groups["values"].as_array().unwrap().iter().find(|group| group["name"] == "Hardware").unwrap();
    assert_eq!(kind["groupIds"], json!([group["id"]]));
    let fields = client.get(&format!("{path}/field?expand=hiddenFields")).await.json();
    let mut text = String::new();
    for field in fields["requestTypeFields"].as_array().unwrap() {
        text += &format!("{} {}\n", field["fieldId"].as_str().unwrap(), field["name"]);
        for name in [
            "required",
            "visible",
            "description",
            "defaultValues",
            "presetValues",
            "validValues",
            "jiraSchema",
        ] {
            // What is as it is for most fields is left out.
            let usual = if name == "visible" { json!(true) } else { json!(false) };
            if ![usual, json!([]), json!("")].contains(&field[name]) {
                text += &format!("  {name}: {}\n", field[name]);
            }
        }
    }
    snapshot("fields_of_a_request_type", &text);
    let visible = TestClient::new(&sandbox, Role::Agent).get(&format!("{path}/field")).await.json();
    let count = |fields: &Value| fields["requestTypeFields"].as_array().unwrap().len();
    assert_eq!((count(&fields), count(&visible)), (22, 21), "the hidden one is for administrators");
}

#[tokio::test]
async fn each_kind_of_field_takes_its_values_and_keeps_what_they_mean() {
    let sandbox = Sandbox::builder().seed(every_kind()).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let agent = sandbox.account(Role::Agent).account_id.clone();
    let small = json!({"id": "10100", "value": "Small"});
    let mut refused = Vec::new();
    // What is sent, and what is kept of it; null where it is refused.
    for (id, sent, kept) in [
        ("customfield_1", json!("12"), json!("12")),
        ("customfield_1", json!("1\n2"), Value::Null),
        ("customfield_1", json!(12), Value::Null),
        ("customfield_1", json!("\u{e9}".repeat(255)), json!("\u{e9}".repeat(255))),
        ("customfield_1", json!("a\tb"), json!("a\tb")),
        ("customfield_1", json!("a\0b"), Value::Null),
        ("summary", json!("\u{e9}".repeat(256)), Value::Null),
        ("summary", json!("a\u{1b}b"), Value::Null),
        ("customfield_2", json!("a\nb \u{e9}"), json!("a\nb \u{e9}")),
        ("customfield_3", json!("https://example.com"), json!("https://example.com")),
        ("customfield_3", json!("example"), Value::Null),
        ("customfield_4", json!(12.5), json!(12.5)),
        ("customfield_4", json!("12.5"), Value::Null),
        ("duedate", json!("2026-02-28"), json!("2026-02-28")),
        ("duedate", json!("28.2.2026"), Value::Null),
        ("customfield_5", json!("2026-02-28T10:00:00.000+0100"), json!("2026-02-28T10:00:00.000+0100")),
        ("customfield_5", json!("2026-02-28T10:00:00Z"), Value::Null),
        ("customfield_6", json!({"value": "Small"}), small.clone()),
        ("customfield_6", json!({"id": "10100"}), small.clone()),
        ("customfield_6", json!({"id": 10_100}), small.clone()),
        ("customfield_6", json!({"value": "small"}), Value::Null),
        ("customfield_6", json!("Small"), Value::Null),
        ("customfield_7", json!({"value": "Black"}), json!({"id": "10103", "value": "Black"})),
        (
            "customfield_8",
            json!([{"value": "Bag"}, {"id": "10104"}]),
            json!([{"id": "10105", "value": "Bag"}, {"id": "10104", "value": "Mouse"}]),
        ),
        ("customfield_8", json!([{"value": "Bag"}, {"value": "Box"}]), Value::Null),
        ("customfield_8", json!({"value": "Bag"}), Value::Null),
        ("customfield_9", json!([{"value": "Agreed"}]), json!([{"id": "10107", "value": "Agreed"}])),
        (
            "customfield_10",
            json!({"value": "Berlin", "child": {"value": "Wedding"}}),
            json!({"id": "10108", "value": "Berlin", "child": {"id": "10110", "value": "Wedding"}}),
        ),
        ("customfield_10", json!({"value": "Oslo"}), json!({"id": "10111", "value": "Oslo"})),
        ("customfield_10", json!({"value": "Oslo", "child": {"value": "Mitte"}}), Value::Null),
        ("priority", json!({"name": "High"}), json!({"id": "10112", "name": "High"})),
        ("priority", json!({"name": "Urgent"}), Value::Null),
        ("components", json!([{"name": "Wiki"}]), json!([{"id": "10116", "name": "Wiki"}])),
        ("labels", json!(["new", "b\u{fc}ro"]), json!(["new", "b\u{fc}ro"])),
        ("labels", json!(["two words"]), Value::Null),
        ("customfield_11", json!({"accountId": agent}), json!({"accountId": agent})),
        ("customfield_11", json!({"accountId": "nobody"}), Value::Null),
        ("customfield_12", json!([{"accountId": agent}]), json!([{"accountId": agent}])),
        ("customfield_12", json!({"accountId": agent}), Value::Null),
        ("customfield_13", json!([1]), json!([1])),
        ("customfield_13", json!([7]), Value::Null),
        ("attachment", json!(["nothing"]), Value::Null),
        ("customfield_99", json!("x"), Value::Null),
    ] {
        let mut fields = json!({"summary": "PC", "customfield_6": {"value": "Large"}});
        fields[id] = sent.clone();
        let response = client.send("POST", &format!("{API}/request"), &draft(fields)).await;
        if kept.is_null() {
            assert_eq!(response.status, 400, "{id} {sent}: {}", response.text);
            let shown: String = sent.to_string().chars().take(60).collect();
            refused.push(format!("{id} {shown}\n  {}", response.json()["errors"][id].as_str().unwrap()));
            continue;
        }
        assert_eq!(response.status, 201, "{id} {sent}: {}", response.text);
        let values = response.json()["requestFieldValues"].as_array().unwrap().clone();
        let value = values.iter().find(|value| value["fieldId"] == id).unwrap();
        assert_eq!(value["value"], kept, "{id} {sent}");
    }
    snapshot("refused_values_of_fields", &refused.join("\n"));
}

#[tokio::test]
async fn a_missing_value_is_refused_or_is_the_default() {
    let sandbox = Sandbox::builder().seed(every_kind()).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let refused = client.send("POST", &format!("{API}/request"), &draft(json!({}))).await;
    assert_eq!(
        (refused.status, &refused.json()["errors"]),
        (400, &json!({"summary": "What do you need? is required.", "customfield_6": "Model is required."}))
    );
    let fields = json!({"summary": "PC", "customfield_6": {"value": "Small"}, "priority": null});
    let created = client.send("POST", &format!("{API}/request"), &draft(fields)).await.json();
    let values = created["requestFieldValues"].as_array().unwrap();
    let value = |id: &str| values.iter().find(|value| value["fieldId"] == id).map(|value| &value["value"]);
    assert_eq!(value("customfield_7"), Some(&json!({"id": "10102", "value": "Gray"})));
    assert_eq!(value("priority"), Some(&json!({"id": "10113", "name": "Low"})));
    let east = json!({"id": "10114", "value": "Sales", "child": {"id": "10115", "value": "East"}});
    assert_eq!(value("customfield_15"), Some(&east));
    assert_eq!(value("customfield_14"), None, "the portal does not show it");
}

#[tokio::test]
async fn a_file_in_a_field_is_attached_to_the_request() {
    let sandbox = Sandbox::builder().seed(every_kind()).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let path = format!("{API}/servicedesk/1/attachTemporaryFile");
    let uploaded = read(crate::steps::upload(&client, &path)).await.unwrap().json();
    let id = &uploaded["temporaryAttachments"][0]["temporaryAttachmentId"];
    let fields = json!({"summary": "PC", "customfield_6": {"value": "Small"}, "attachment": [id, id]});
    let created = client.send("POST", &format!("{API}/request"), &draft(fields.clone())).await.json();
    let path = format!("{API}/request/{}", created["issueKey"].as_str().unwrap());
    let files = client.get(&format!("{path}/attachment?start=0&limit=50")).await.json();
    assert_eq!(files["size"], 1, "{files}");
    assert_eq!(files["values"][0]["filename"], uploaded["temporaryAttachments"][0]["fileName"]);
    assert_eq!(client.get(&format!("{path}/comment")).await.json()["size"], 0);
    let again = client.send("POST", &format!("{API}/request"), &draft(fields)).await;
    assert_eq!(again.status, 400, "the file was attached");
}

#[tokio::test]
async fn a_request_type_may_have_a_form_an_approver_and_agents_alone() {
    let seed = Seed::empty()
        .desk("HELP", "Help Desk")
        .customer("Ada Reader", "ada@example.com")
        .request_type("Ask for access")
        .approver("ADMIN@sandbox.example.com")
        .form(&["7", "8"])
        .agents_only()
        .request("ada@example.com", "Access to the attic")
        .request_type("Other")
        .request("ada@example.com", "Something")
        .of_request_type("Ask for access")
        .value("description", json!("Please"));
    let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let first = client.get(&format!("{API}/request/HELP-1?expand=requestType")).await.json();
    assert_eq!(
        (
            &first["requestType"]["name"],
            &first["requestType"]["restrictionStatus"],
            &first["currentStatus"]["status"]
        ),
        (&json!("Ask for access"), &json!("RESTRICTED"), &json!("Waiting for approval"))
    );
    let second = client.get(&format!("{API}/request/HELP-2")).await.json();
    assert_eq!(second["requestTypeId"], first["requestTypeId"]);
    assert_eq!(second["requestFieldValues"][1]["value"], "Please");
    let new = |answers: Value| {
        json!({
            "serviceDeskId": "1", "requestTypeId": "3", "requestFieldValues": {"summary": "Attic"}, "form": {"answers": answers},
        })
    };
    let answered = json!({"7": {"text": "yes"}, "8": {"choices": ["1"]}});
    for (answers, status) in [(json!({"7": {"text": "yes"}}), 422), (answered, 201)] {
        let response = client.send("POST", &format!("{API}/request"), &new(answers)).await;
        assert_eq!(response.status, status, "{}", response.text);
    }
}

#[tokio::test]
async fn a_seed_that_names_what_does_not_exist_is_refused() {
    let seed = || Seed::empty().desk("HELP", "Help Desk");
    let model = || Field::select("customfield_1", "Model", &["Small", "Large"]);
    let request = || seed().request_type("Laptop").field(model()).request("x", "PC");
    let mut text = String::new();
    for seed in [
        Seed::empty().request_type("Laptop"),
        seed().field(model()),
        seed().request_type("Laptop").field(model().default_value("Medium")),
        seed().request_type("Laptop").field(
            Field::cascading_select("customfield_1", "Place", &[("Berlin", &["Mitte"])])
                .default_value("Berlin / Oslo"),
        ),
        seed().request_type("Laptop").approver("nobody@example.com"),
        seed().value("summary", json!("PC")),
        request().value("customfield_2", json!("PC")),
        request().value("customfield_1", json!("Small")),
        request().of_request_type("Desktop"),
        seed().desk("HELP", "Another Help Desk"),
    ] {
        let error = Sandbox::builder().seed(seed).start().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        text += &format!("{error}\n");
    }
    snapshot("refused_seeds", &text);
}
