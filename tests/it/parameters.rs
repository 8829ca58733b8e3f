//! Parameters, from where a document writes them to what is refused before it is sent.

use std::collections::BTreeSet;

use jsm_client::csm::customer::BulkManageCustomerProfiles;
use jsm_client::csm::types::BulkManageCustomerProfileOperation;
use jsm_client::servicedesk::OrganizationId;
use jsm_client::servicedesk::organization::{
    AddServiceDeskOrganization, DeleteOrganization, GetOrganization,
};
use jsm_client::servicedesk::request_type::CheckRequestTypePermissions;
use jsm_client::servicedesk::types::RequestTypePermissionCheckRequestPermissionsItem::CanAdminister;
use jsm_client::{Client, Operation};
use jsm_codegen::effective::effective;
use jsm_codegen::{distil, document};
use serde_json::{Value, json};
use xtask::files;

use crate::apis::APIS;

#[test]
fn a_parameter_says_the_same_at_the_path_and_in_every_operation() {
    let write = |shared: Value, get: Value, put: Value, post: Option<Value>| {
        let operation = |parameters: Value| json!({"parameters": parameters, "responses": {"200": {}}});
        let mut item = json!({"get": operation(get), "put": operation(put), "parameters": shared});
        if let Some(post) = post {
            item["post"] = operation(post);
        }
        let known = json!({"Lang": {"name": "lang", "in": "query", "schema": {"type": "string"}}});
        let document = json!({
            "openapi": "3.0.1", "info": {"version": "1"}, "paths": {"/van/{id}": item},
            "components": {"parameters": known},
        });
        document::canonical(&distil::distil(&document, "Vans").expect("it is a document").document)
    };
    let parameter = |name: &str, place: &str, kind: &str| json!({"name": name, "in": place, "required": place == "path", "schema": {"type": kind}});
    let (id, number) = (parameter("id", "path", "string"), parameter("id", "path", "integer"));
    let (query, lang) = (parameter("id", "query", "string"), json!({"$ref": "#/components/parameters/Lang"}));
    let plain = write(json!([]), json!([id, query, lang]), json!([id]), None);
    assert_eq!(write(json!([id]), json!([lang, query]), json!([]), None), plain);
    assert_eq!(write(json!([id]), json!([query, id, lang]), json!([]), None), plain);

    // What an operation says itself holds, also where one of the two is written elsewhere.
    let own = write(
        json!([]),
        json!([number, lang]),
        json!([id, lang]),
        Some(json!([id, parameter("lang", "query", "integer")])),
    );
    let shared = write(
        json!([id, lang]),
        json!([number]),
        json!([]),
        Some(json!([parameter("lang", "query", "integer")])),
    );
    assert_eq!(shared, own);
}

#[test]
fn our_documents_are_the_same_with_their_parameters_at_the_paths() {
    for api in xtask::effective::apis(&files::root()).expect("pins.toml is ours") {
        let text = std::fs::read_to_string(files::root().join(files::pinned(&api))).expect("it is pinned");
        let pinned = document::parse(text.as_bytes()).expect("it is a document");
        let overlays = xtask::effective::overlays(&files::root(), &api).expect("they are ours");
        let mut moved = pinned.clone();
        let mut count = 0;
        for (_, item) in moved["paths"].as_object_mut().expect("it has paths") {
            let item = item.as_object_mut().expect("a path is an object");
            let lists = || {
                item.values().map(|operation| operation["parameters"].as_array().cloned().unwrap_or_default())
            };
            let shared: Vec<Value> = lists().next().unwrap_or_default();
            let shared: Vec<Value> =
                shared.into_iter().filter(|one| lists().all(|list| list.contains(one))).collect();
            for (_, operation) in &mut *item {
                if let Some(list) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
                    list.retain(|one| !shared.contains(one));
                }
            }
            count += shared.len();
            item.insert("parameters".to_owned(), shared.into());
        }
        assert!(count > 20, "{api}: {count} parameters were moved");
        let distilled = distil::distil(&moved, pinned["info"]["title"].as_str().expect("a title"))
            .expect("it is a document");
        assert!(distilled.document == pinned, "{api}: the pin differs");
        assert!(
            effective(&moved, &overlays) == effective(&pinned, &overlays),
            "{api}: what comes of it differs"
        );
    }
}

#[tokio::test]
async fn an_argument_that_cannot_be_sent_is_refused_by_its_name() {
    // Nobody listens there: what is refused has not been sent.
    let client = Client::builder("http://127.0.0.1:9")
        .api_token("ada@example.com", "token")
        .cloud_id("11111111-2222-3333-4444-555555555555")
        .experimental(true)
        .build();
    let client = client.expect("all is set");
    async fn refused<O: Operation>(client: &Client, operation: O) -> String {
        match client.call(operation).await {
            Ok(_) => panic!("it was taken"),
            Err(error) => {
                assert!(error.is_configuration(), "{error}");
                error.to_string()
            }
        }
    }
    let check = CheckRequestTypePermissions::new(1, [CanAdminister]).request_type_ids(["abc"]);
    for (said, name) in [
        (
            refused(&client, GetOrganization::new("abc")).await,
            r#"organizationId must be a number, got "abc""#,
        ),
        (
            refused(&client, DeleteOrganization::new("7x")).await,
            r#"organizationId must be a number, got "7x""#,
        ),
        (
            refused(&client, AddServiceDeskOrganization::new(1, "abc")).await,
            r#"organizationId must be a number, got "abc""#,
        ),
        (refused(&client, check).await, r#"requestTypeIds must be a number, got "abc""#),
        (
            refused(
                &client,
                BulkManageCustomerProfiles::new(Vec::<BulkManageCustomerProfileOperation>::new())
                    .idempotency_key("a\nb"),
            )
            .await,
            "Idempotency-Key must be text on one line, without control characters",
        ),
    ] {
        assert!(said.contains(name), "{said}");
    }
}

#[test]
fn every_number_of_a_path_is_checked_before_it_is_sent() {
    let http = crate::http::client();
    let mut checked = BTreeSet::new();
    for api in APIS {
        let document = api.value();
        for sample in (api.samples)() {
            let info = sample.info;
            let operation = &document["paths"][info.path][info.method.to_lowercase()];
            for (parameter, lead) in &sample.segments {
                let list = operation["parameters"].as_array().into_iter().flatten();
                let number =
                    list.filter(|one| one["x-jsm-number"] == true).any(|one| one["name"] == **parameter);
                let said = lead("abc", &http, "https://acme.example").err().map(|error| error.to_string());
                let expected = format!(r#"{parameter} must be a number, got "abc""#);
                assert_eq!(said, number.then_some(expected), "{}", info.name);
                lead("12", &http, "https://acme.example")
                    .unwrap_or_else(|error| panic!("{}: {error}", info.name));
                number.then(|| checked.insert(*parameter));
            }
        }
    }
    assert!(checked.contains("organizationId") && checked.contains("commentId"), "{checked:?}");
}

#[test]
fn integers_of_every_width_are_ids() {
    fn id(id: impl Into<OrganizationId>) -> OrganizationId {
        id.into()
    }
    assert!([id(1), id(1_i32), id(1_u32), id(1_i64), id(1_u64)].iter().all(|one| *one == id("1")));
    assert_eq!(id(u64::MAX).as_str(), u64::MAX.to_string());
}

#[test]
fn ids_of_what_two_apis_share_convert_into_each_other() {
    use jsm_client::{csm, servicedesk};

    let organization = servicedesk::OrganizationId::from(7);
    let other = csm::OrganizationId::from(&organization);
    assert_eq!(other.as_str(), "7");
    assert_eq!(servicedesk::OrganizationId::from(other), organization);
    let issue = csm::IssueIdOrKey::from(servicedesk::IssueIdOrKey::from("HELP-1"));
    assert_eq!(servicedesk::IssueIdOrKey::from(&issue).as_str(), "HELP-1");
}
