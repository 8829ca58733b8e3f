//! Request types with fields of every kind, at a sandbox that checks the form of each value.

use jsm_client::requests::Creation;
use jsm_client::servicedesk::attachment::GetRequestAttachments;
use jsm_client::servicedesk::types::FormAnswer;
use jsm_client::{FieldErrorKind, FilePart, Timestamp};
use jsm_sandbox::{Field, Role, Sandbox, Seed};
use serde_json::{Value, json};

use super::super::clock::TestClock;
use super::super::of;

fn seed() -> Seed {
    let places: &[(&str, &[&str])] = &[("Berlin", &["Mitte", "Wedding"]), ("Wien", &["Josefstadt"])];
    Seed::empty()
        .desk("HELP", "Help Desk")
        .organization("Acme", &[])
        .request_type("Order a laptop")
        .field(Field::select("customfield_10050", "Model", &["Small", "Large"]).required())
        .field(Field::radio_buttons("customfield_10051", "Colour", &["Grey", "Größer als grau"]))
        .field(Field::multi_select("customfield_10052", "Adapters", &["HDMI", "USB / C", "VGA"]))
        .field(Field::checkboxes("customfield_10053", "Agreed", &["Yes"]))
        .field(Field::cascading_select("customfield_10054", "Place", places))
        .field(Field::priority("Urgency", &["High", "Low"]).required().default_value("Low"))
        .field(Field::components("Parts", &["Keyboard", "Screen"]))
        .field(Field::labels("labels", "Tags"))
        .field(Field::number("customfield_10055", "Seats"))
        .field(Field::date("duedate", "Needed by"))
        .field(Field::date_time("customfield_10056", "Delivery"))
        .field(Field::url("customfield_10057", "Offer"))
        .field(Field::user("customfield_10058", "Manager"))
        .field(Field::users("customfield_10059", "Approvers"))
        .field(Field::organizations("customfield_10060", "Share with"))
        .field(Field::text_area("customfield_10061", "Remarks"))
        .field(Field::text("customfield_10062", "Source").required().hidden().preset("portal"))
        .field(
            Field::cascading_select("customfield_10063", "Site", places)
                .required()
                .default_value("Berlin / Wedding"),
        )
        .request_type("Report a leak")
        .field(Field::attachments("Photos").required())
        .request_type("Ask for a chair")
        .form(&["1"])
}

async fn start() -> (Sandbox, jsm_client::Client) {
    let sandbox = Sandbox::builder().seed(seed()).no_violations().start().await.unwrap();
    let jira = of(&sandbox, &TestClock::new()).build().unwrap();
    (sandbox, jira)
}

#[tokio::test]
async fn a_server_takes_values_of_every_kind() {
    let (sandbox, jira) = start().await;
    let agent = sandbox.account(Role::Agent).account_id.clone();
    let moment: Timestamp = "2026-12-24T18:30:00+01:00".parse().unwrap();
    let organization =
        jira.items(jsm_client::servicedesk::organization::GetOrganizations::new()).try_next().await;
    let organization = organization.unwrap().unwrap().id;
    let values = [
        ("Model", json!("large")),
        ("Colour", json!("Größer als grau")),
        ("Adapters", json!(["USB / C", "hdmi"])),
        ("Agreed", json!("Yes")),
        ("Place", json!("Berlin / Wedding")),
        ("Parts", json!("Screen")),
        ("Tags", json!(["new", "büro"])),
        ("Seats", json!("2.5")),
        ("Needed by", json!("2026-12-24")),
        ("Delivery", json!(moment)),
        ("Offer", json!("https://example.com/offer")),
        ("Manager", json!(agent)),
        ("Approvers", json!([agent, agent])),
        ("Share with", json!(organization)),
        ("Remarks", json!({"type": "doc", "version": 1, "content": []})),
        ("description", json!("plain")),
    ];
    let request = jira.create_request("HELP", "order a laptop").field("summary", "A laptop").fields(values);
    let created = request.await.unwrap();
    let value = |name: &str| created.field_value(name).cloned().unwrap_or_default();
    assert_eq!(value("Model")["value"], "Large");
    assert_eq!(
        (value("Place")["value"].clone(), value("Place")["child"]["value"].clone()),
        (json!("Berlin"), json!("Wedding"))
    );
    assert_eq!(value("Adapters").as_array().map(Vec::len), Some(2));
    assert_eq!(created.field::<Timestamp>("Delivery").unwrap(), Some(moment));
    assert_eq!(created.field::<f64>("Seats").unwrap(), Some(2.5));
    assert_eq!(value("Urgency")["name"], "Low", "the default");
    let site = (value("Site")["value"].clone(), value("Site")["child"]["value"].clone());
    assert_eq!(site, (json!("Berlin"), json!("Wedding")), "the default, down to its innermost option");
    assert_eq!(value("Source"), Value::Null, "it is hidden");
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn a_hidden_field_is_as_none_for_those_who_do_not_see_it() {
    let (_sandbox, jira) = start().await;
    let error = jira.create_request("HELP", "Order a laptop").field("Source", "x").await.unwrap_err();
    let kinds: Vec<FieldErrorKind> = error.fields.iter().map(|field| field.kind).collect();
    // The summary and the model are missing besides.
    assert_eq!(kinds, [FieldErrorKind::Unknown, FieldErrorKind::Missing, FieldErrorKind::Missing], "{error}");
}

#[tokio::test]
async fn a_required_file_is_uploaded_and_attached() {
    let (sandbox, jira) = start().await;
    let report = || jira.create_request("HELP", "Report a leak").field("summary", "Water");
    let error = report().await.unwrap_err();
    assert_eq!((error.fields[0].kind, error.fields[0].name.as_str()), (FieldErrorKind::Missing, "Photos"));

    let photo = |number: usize| FilePart::bytes(format!("photo {number}.png"), "pixels");
    let result = report().file(photo(0)).validate().await.unwrap();
    assert!(result.valid, "{result:?}");
    let created = (0..61).fold(report(), |request, number| request.file(photo(number))).await.unwrap();
    let mut files = jira.items(GetRequestAttachments::new(&created.issue_key));
    let mut count = 0;
    while files.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 61);
    let of = |name| sandbox.requests().iter().filter(|request| request.operation == Some(name)).count();
    assert_eq!((of("AttachTemporaryFiles"), of("CreateRequest"), of("AddRequestAttachments")), (3, 1, 0));
}

#[tokio::test]
async fn a_form_is_checked_by_the_server() {
    let (_sandbox, jira) = start().await;
    let ask = || jira.create_request("HELP", "Ask for a chair").field("summary", "A chair");
    let error = ask().await.unwrap_err();
    assert_eq!(error.error.form_errors()[0].questions, ["1"], "{error}");
    assert!(error.fields.is_empty() && matches!(error.creation, Creation::NotCreated));
    let result = ask().validate().await.unwrap();
    assert!(!result.valid && !result.form_errors.is_empty());
    ask().form([("1", FormAnswer::new().text("A soft one"))]).await.unwrap();
    // What the form does not fill is the server's to report.
    let error = jira
        .create_request("HELP", "Ask for a chair")
        .form([("1", FormAnswer::new().text("x"))])
        .await
        .unwrap_err();
    assert_eq!(error.error.field_errors().map(|(field, _)| field).collect::<Vec<_>>(), ["summary"]);
}
