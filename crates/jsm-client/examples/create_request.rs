//! Creates a request from what its request type asks for.

mod connect;

use jsm_client::BoxError;
use jsm_client::servicedesk::request::CreateRequest;
use jsm_client::servicedesk::request_type::{GetRequestTypeFields, GetRequestTypes};
use jsm_client::servicedesk::types::RequestTypeField;
use serde_json::{Value, json};

/// A value for a field: the first that it allows, or a text.
fn value(field: &RequestTypeField) -> Value {
    let kind = field.jira_schema.as_ref().and_then(|schema| schema.type_.as_deref()).unwrap_or("string");
    match (kind, field.valid_values.first().and_then(|allowed| allowed.value.as_ref())) {
        ("array", Some(allowed)) => json!([{ "id": allowed }]),
        (_, Some(allowed)) => json!({ "id": allowed }),
        _ => json!(format!("An example of {}", field.name.to_lowercase())),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (jira, _sandbox) = connect::connect().await?;
    let desk = "1";
    let kinds = jira.items(GetRequestTypes::new(desk)).try_next().await?;
    let kind = kinds.ok_or("the service desk has no request types")?;
    let asked = jira.call(GetRequestTypeFields::new(desk, &kind.id)).await?;
    let required = asked.request_type_fields.iter().filter(|field| field.required == Some(true));
    let values: Vec<(String, Value)> = required.map(|field| (field.field_id.clone(), value(field))).collect();
    for (field, value) in &values {
        println!("{field}: {value}");
    }
    let created = jira.call(CreateRequest::new(desk, &kind.id).request_field_values(values)).await?;
    println!("{}: {} was created", created.issue_key, kind.name);
    Ok(())
}
