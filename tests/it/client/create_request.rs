//! Requests that are created by the names that people see: what is sent, what is refused, and what is kept.

mod files; // Files, and what exists after a failure.
mod kept; // What is read once for many.
mod portal; // Fields of every kind, at a server that checks them.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use jsm_client::requests::{CreateRequestError, Creation, NewRequest};
use jsm_client::servicedesk::types::{CustomerRequest, FormAnswer};
use jsm_client::{Client, FieldErrorKind, FilePart};
use serde_json::{Map, Value, json};

use super::clock::TestClock;
use super::{check, to};
use crate::script::{self, Script, ScriptedRequest, ScriptedResponse};

/// Fields as servers describe them.
const FIELDS: &str = include_str!("../../fixtures/fields.json");

/// What a portal offers; a test may change it while the portal runs.
#[derive(Clone, Debug)]
struct Portal {
    /// Ids and names.
    types: Vec<(&'static str, &'static str)>,
    /// What the fields of each type are.
    form: Value,
    /// The status and body of the response to a new request.
    created: (u16, Value),
}

impl Portal {
    fn new(fields: Value) -> Self {
        let types =
            vec![("25", "Get help"), ("26", "Order a laptop"), ("27", "order a  laptop"), ("28", "911")];
        let form = json!({"canRaiseOnBehalfOf": true, "canAddRequestParticipants": true, "requestTypeFields": fields});
        Self { types, form, created: (201, json!({"issueId": "107001", "issueKey": "HELP-1"})) }
    }

    /// A portal whose form has all fields of the fixture, none of them required but the summary.
    fn with_all_fields() -> Self {
        let fixture: Value = serde_json::from_str(FIELDS).unwrap();
        Self::new(fixture["fields"].clone())
    }

    async fn start(self) -> (Script, Arc<Mutex<Portal>>) {
        let shared = Arc::new(Mutex::new(self));
        let portal = Arc::clone(&shared);
        let script = Script::serve(move |request| portal.lock().unwrap().respond(request)).await;
        (script, shared)
    }

    fn respond(&self, request: &ScriptedRequest) -> ScriptedResponse {
        let path = request.path.strip_prefix("/rest/servicedeskapi/").expect("it is a path of the API");
        let not_found = || script::json(404, &json!({"errorMessage": "There is none."}));
        match (request.method.as_str(), path) {
            ("GET", "servicedesk/HELP") => script::json(200, &json!({"id": "10", "projectKey": "HELP"})),
            ("GET", "servicedesk/10/requesttype") => {
                let start = request.number("start").unwrap_or_default() as usize;
                let list = self.types.iter().map(|(id, name)| json!({"id": id, "name": name}));
                // Pages of two, so that there are several.
                let values: Vec<Value> = list.skip(start).take(2).collect();
                let last = start + values.len() >= self.types.len();
                let page = json!({"start": start, "limit": 2, "size": values.len(), "isLastPage": last, "values": values});
                script::json(200, &page)
            }
            ("POST", "request") => script::json(self.created.0, &self.created.1),
            ("POST", "request/validate") => {
                let result = json!({"valid": false, "reasonKey": "x", "fieldErrors": [{"field": "summary", "message": "Too short."}]});
                script::json(400, &result)
            }
            ("GET", path) => {
                match path.strip_prefix("servicedesk/10/requesttype/").and_then(|rest| rest.split_once('/')) {
                    Some((id, "field")) if self.types.iter().any(|(known, _)| *known == id) => {
                        script::json(200, &self.form)
                    }
                    _ => not_found(),
                }
            }
            _ => not_found(),
        }
    }
}

fn client(script: &Script) -> Client {
    to(&script.url, &TestClock::new()).build().unwrap()
}

/// The methods and paths that were requested.
fn requested(script: &Script) -> Vec<String> {
    let requests = script.requests().into_iter();
    requests
        .map(|request| format!("{} {}", request.method, request.path.replace("/rest/servicedeskapi/", "")))
        .collect()
}

/// The bodies of requests that create or validate.
fn bodies(script: &Script) -> Vec<Value> {
    let requests = script.requests().into_iter().filter(|request| request.method == "POST");
    requests.map(|request| serde_json::from_str(&request.body).expect("it is JSON")).collect()
}

/// The values that are sent for these fields, and the whole body.
async fn sent(
    portal: Portal,
    fill: impl FnOnce(NewRequest) -> NewRequest,
) -> Result<Value, CreateRequestError> {
    let (script, _) = portal.start().await;
    let created: CustomerRequest = fill(client(&script).create_request(10, 25)).await?;
    assert_eq!(created.issue_key.as_str(), "HELP-1");
    Ok(bodies(&script).remove(0))
}

async fn refused(portal: Portal, fill: impl FnOnce(NewRequest) -> NewRequest) -> CreateRequestError {
    let (script, _) = portal.start().await;
    let error = fill(client(&script).create_request(10, 25)).await.expect_err("it is refused");
    assert_eq!(bodies(&script), [Value::Null; 0], "nothing that changes anything was sent");
    assert!(matches!(error.creation, Creation::NotCreated), "{error}");
    error
}

#[tokio::test]
async fn names_and_labels_become_what_the_server_takes() {
    let (script, _) = Portal::with_all_fields().start().await;
    let created = client(&script)
        .create_request("HELP", "Get help")
        .field("What do you need?", "A laptop")
        .field("description", "The old one\nis gone.")
        .field("Due date", "2026-12-24")
        .field("urgency", "High")
        .field("Systems", ["Lager", "10101"])
        .field("Equipment", "Hardware / Laptop")
        .field("manager", "70121:ada-1")
        .field("Seats", 2)
        .field("Labels", "new")
        .field("customfield_10", json!([{"key": "ITSM-88"}]))
        .field("Gift", None::<&str>)
        .field("Reference", "  ")
        .on_behalf_of(" qm:shop:ada ")
        .participants(["abc", "def", " abc"])
        .channel("chat")
        .await
        .unwrap();
    assert_eq!(created.issue_key.as_str(), "HELP-1");
    assert_eq!(
        bodies(&script),
        [json!({
            "serviceDeskId": "10", "requestTypeId": "25", "raiseOnBehalfOf": "qm:shop:ada",
            "requestParticipants": ["abc", "def"], "channel": "chat",
            "requestFieldValues": {
                "summary": "A laptop", "description": "The old one\nis gone.", "duedate": "2026-12-24",
                "priority": {"id": "2"}, "customfield_5": [{"id": "10103"}, {"id": "10101"}],
                "customfield_6": {"id": "20", "child": {"id": "21"}},
                "customfield_8": {"accountId": "70121:ada-1"},
                "customfield_3": 2, "labels": ["new"], "customfield_10": [{"key": "ITSM-88"}],
            },
        })]
    );
    assert_eq!(
        requested(&script),
        [
            "GET servicedesk/HELP",
            "GET servicedesk/10/requesttype",
            "GET servicedesk/10/requesttype",
            "GET servicedesk/10/requesttype/25/field",
            "POST request"
        ]
    );
}

#[tokio::test]
async fn everything_wrong_is_reported_at_once_and_nothing_is_sent() {
    let mut portal = Portal::with_all_fields();
    portal.form["requestTypeFields"][7]["required"] = true.into();
    portal.form["requestTypeFields"][1]["name"] = "Room".into();
    portal.form["requestTypeFields"][2]["name"] = "room".into();
    let error = refused(portal, |request| {
        request
            .field("Sytems", "Wiki")
            .field("customfield_99", 1)
            .field("ROOM", "x")
            .field("Due date", "tomorrow")
            .field("Equipment", "Hardware / Printer")
            .field("Manager", "fred@example.com")
            .participants(["abc", "ada@example.com"])
            .on_behalf_of("")
    })
    .await;
    let mut table = format!("{error}\n\n");
    for field in &error.fields {
        writeln!(table, "{:?} {:?} {:?} {:?}", field.kind, field.field, field.name, field.nearest).unwrap();
        writeln!(table, "  {}", field.message).unwrap();
    }
    check("create_request_refused", &table);
    let errors: Vec<&str> = error.error.field_errors().map(|(field, _)| field).collect();
    assert_eq!(errors.len(), error.fields.len());
    assert!(error.error.is_invalid_request() && error.error.attempts() == 0, "{error:?}");
}

#[tokio::test]
async fn a_required_field_is_missing_where_nothing_else_fills_it() {
    let field = |more: Value| {
        let mut field = json!({
            "fieldId": "priority", "name": "Urgency", "required": true, "visible": true, "jiraSchema": {"type": "priority"},
            "validValues": [{"value": "2", "label": "High"}, {"value": "3", "label": "Low"}],
            "defaultValues": [], "presetValues": [],
        });
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Portal::new(json!([field]))
    };
    let error = refused(field(json!({})), |request| request).await;
    let missing = &error.fields[0];
    assert_eq!((missing.kind, missing.field.as_str()), (FieldErrorKind::Missing, "priority"));
    assert_eq!(missing.message, "is required; allowed: \"High\" and \"Low\"");
    for empty in [json!(null), json!(""), json!(" \t"), json!([])] {
        let error = refused(field(json!({})), |request| request.field("Urgency", empty)).await;
        assert_eq!(error.fields[0].kind, FieldErrorKind::Missing);
    }
    for blank in [json!({"value": "", "label": ""}), json!({"value": " "}), json!({})] {
        let error = refused(field(json!({"defaultValues": [blank]})), |request| request).await;
        assert_eq!(error.fields[0].kind, FieldErrorKind::Missing, "{blank} is no default");
    }

    let filled = [
        (json!({"required": false}), None),
        (json!({"required": null}), None),
        (json!({"visible": false}), None),
        (json!({"presetValues": ["3"]}), None),
        (json!({"defaultValues": [{"value": "3", "label": "Low"}]}), Some(json!({"id": "3"}))),
        (json!({"defaultValues": [{"value": "9", "label": "Gone"}]}), None),
        (json!({"defaultValues": [{"label": "Low"}]}), None),
        (json!({"defaultValues": [{"value": "", "label": "None"}]}), None),
    ];
    for (more, value) in filled {
        let body = sent(field(more.clone()), |request| request).await.unwrap();
        assert_eq!(body.pointer("/requestFieldValues/priority"), value.as_ref(), "{more}");
    }
    let list = json!({
        "jiraSchema": {"type": "array", "items": "component"},
        "defaultValues": [{"value": "3", "label": "Low"}, {"value": "2", "label": "High"}],
    });
    let body = sent(field(list), |request| request).await.unwrap();
    assert_eq!(body["requestFieldValues"]["priority"], json!([{"id": "3"}, {"id": "2"}]));
    // Which fields a form fills, the server alone knows.
    let answers = [("1", FormAnswer::new().text("x"))];
    let body = sent(field(json!({})), |request| request.form(answers)).await.unwrap();
    assert_eq!(body["form"], json!({"answers": {"1": {"text": "x"}}}));
}

#[tokio::test]
async fn the_last_value_of_a_field_counts() {
    let body = sent(Portal::with_all_fields(), |request| {
        let values = [("summary", json!("first")), ("urgency", json!("Low")), ("priority", json!(null))];
        request.fields(values).field("what do you need?", "last")
    });
    assert_eq!(body.await.unwrap()["requestFieldValues"], json!({"summary": "last"}));
    // What is replaced does not matter, and what replaces it does.
    let twice = |last: &'static str| {
        move |request: NewRequest| {
            request.field("summary", "x").field("Urgency", "Hihg").field("priority", last)
        }
    };
    let body = sent(Portal::with_all_fields(), twice("Low")).await.unwrap();
    assert_eq!(body["requestFieldValues"]["priority"], json!({"id": "4"}));
    let error = refused(Portal::with_all_fields(), twice("Lwo")).await;
    assert_eq!((error.fields.len(), error.fields[0].nearest.as_slice()), (1, &["Low".to_owned()][..]));
}

#[tokio::test]
async fn a_field_that_is_listed_twice_is_one_field() {
    let summary =
        json!({"fieldId": "summary", "name": "Summary", "required": true, "jiraSchema": {"type": "string"}});
    for name in ["summary", "Summary"] {
        let portal = Portal::new(json!([summary, summary]));
        let body = sent(portal, |request| request.field(name, "x")).await.unwrap();
        assert_eq!(body["requestFieldValues"], json!({"summary": "x"}), "{name}");
    }
}

#[tokio::test]
async fn a_document_makes_all_rich_text_a_document() {
    let mut portal = Portal::with_all_fields();
    let fields = portal.form["requestTypeFields"].as_array_mut().unwrap();
    fields.push(json!({"fieldId": "environment", "name": "Environment", "jiraSchema": {"type": "string", "system": "environment"}}));
    let document = json!({"type": "doc", "version": 1, "content": []});
    let body = sent(portal.clone(), |request| {
        request.field("summary", "plain").field("description", &document).field("environment", "one\n\ntwo")
    });
    let body = body.await.unwrap();
    assert_eq!(body["isAdfRequest"], true);
    let text = |text: &str| json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    let empty = json!({"type": "paragraph", "content": []});
    let written = json!({"type": "doc", "version": 1, "content": [text("one"), empty, text("two")]});
    let values = json!({"summary": "plain", "description": document, "environment": written});
    assert_eq!(body["requestFieldValues"], values);

    let answers = [("1", FormAnswer::new().adf(document.clone()))];
    let body =
        sent(portal.clone(), |request| request.field("description", "one").form(answers)).await.unwrap();
    assert_eq!(
        (&body["isAdfRequest"], body["requestFieldValues"]["description"]["type"].as_str()),
        (&json!(true), Some("doc"))
    );
    let body =
        sent(portal, |request| request.field("summary", "x").field("description", "one")).await.unwrap();
    assert_eq!(body.get("isAdfRequest"), None, "{body}");
}

#[tokio::test]
async fn request_types_are_found_by_id_or_name() {
    for (given, found) in [
        ("25", Ok("25")),
        (" 26 ", Ok("26")),
        ("Get help", Ok("25")),
        ("get  HELP ", Ok("25")),
        ("Order a laptop", Ok("26")),
        // A name that is a number.
        ("911", Ok("28")),
        ("ORDER A LAPTOP", Err("several are called \"ORDER A LAPTOP\"; give the id of one: 26, 27")),
        (
            "Get hlep",
            Err(
                "the service desk has none called \"Get hlep\" (did you mean \"Get help\"?); allowed: \"Get help\", \"Order a laptop\", \"order a  laptop\" and \"911\"",
            ),
        ),
        (
            "99",
            Err(
                "the service desk has none called \"99\"; allowed: \"Get help\", \"Order a laptop\", \"order a  laptop\" and \"911\"",
            ),
        ),
        (
            "",
            Err(
                "the service desk has none called \"\"; allowed: \"Get help\", \"Order a laptop\", \"order a  laptop\" and \"911\"",
            ),
        ),
    ] {
        let (script, _) = Portal::new(json!([])).start().await;
        let created = client(&script).create_request("10", given).await;
        match (created, found) {
            (Ok(_), Ok(id)) => assert_eq!(bodies(&script)[0]["requestTypeId"], id, "{given}"),
            (Err(error), Err(why)) => {
                let (name, message) = error.error.field_errors().next().unwrap();
                assert_eq!((name, message), ("requestTypeId", why), "{given}");
                assert!(error.error.is_invalid_request() && bodies(&script).is_empty());
                assert_eq!(error.fields.len(), 1);
            }
            (created, _) => panic!("{given}: {created:?}"),
        }
    }
}

#[tokio::test]
async fn what_the_server_does_not_have_is_its_own_error() {
    for (desk, request_type) in [("NONE", "25"), ("11", "Get help"), ("11", "25"), ("../10", "25")] {
        let (script, _) = Portal::new(json!([])).start().await;
        let error = client(&script).create_request(desk, request_type).await.unwrap_err();
        assert!(error.error.is_not_found() || error.error.is_configuration(), "{desk}: {error}");
        assert!(bodies(&script).is_empty() && error.fields.is_empty());
    }
}

#[tokio::test]
async fn an_unknown_service_desk_is_an_error_that_names_those_that_there_are() {
    let portal = Portal::new(json!([]));
    let respond = move |request: &ScriptedRequest, list: &ScriptedResponse| match request
        .path
        .ends_with("/servicedesk")
    {
        true => list.clone(),
        false => portal.respond(request),
    };
    let desks = json!([
        {"id": "10", "projectKey": "HELP", "projectName": "Help"},
        {"id": "12", "projectKey": "HR", "projectName": "People"},
    ]);
    let list =
        script::json(200, &json!({"start": 0, "limit": 50, "size": 2, "isLastPage": true, "values": desks}));
    let named = " (did you mean \"HELP\"?); allowed: \"HELP\" and \"HR\"";
    for (list, desk, request_type, text) in [
        (&list, "HEPL", "Get help", named),
        (&list, "HEPL", "25", named),
        (&list, "11", "Get help", "; allowed: \"HELP\" and \"HR\""),
        (&list, "11", "25", "; allowed: \"HELP\" and \"HR\""),
        (&list, "hr", "25", " (did you mean \"HR\"?); allowed: \"HELP\" and \"HR\""),
        // The desk is there, and what it lacks is the server's to say.
        (&list, "HR", "25", ""),
        (&list, "12", "25", ""),
        (&script::json(403, &json!({"errorMessage": "No."})), "HEPL", "25", ""),
        (&script::json(503, &json!({})), "HEPL", "25", ""),
        (&script::json(200, &json!({"values": [null, {}], "isLastPage": true})), "HEPL", "25", ""),
    ] {
        let (respond, list) = (respond.clone(), list.clone());
        let script = Script::serve(move |request| respond(request, &list)).await;
        let error = client(&script).create_request(desk, request_type).await.unwrap_err();
        assert!(error.error.is_not_found() && error.fields.is_empty(), "{error}");
        let known = format!("the account sees no service desk with the id or key \"{desk}\"{text}");
        let expected = if text.is_empty() { "There is none" } else { known.as_str() };
        assert!(error.to_string().contains(expected), "{error}");
        let lists = requested(&script).iter().filter(|request| *request == "GET servicedesk").count();
        assert_eq!(lists, 1, "{desk}: {:?}", requested(&script));
    }
}

#[tokio::test]
async fn odd_descriptions_of_fields_are_no_obstacle() {
    for fields in [
        json!(null),
        json!([]),
        json!([null, {}, {"fieldId": null, "name": null, "jiraSchema": null, "validValues": null}]),
        json!([{"fieldId": "", "name": "", "jiraSchema": {"type": null}, "validValues": [null, {}, {"children": [null]}]}]),
        json!([{"fieldId": 5, "name": 7, "required": "false", "jiraSchema": "string"}]),
    ] {
        let body = sent(Portal::new(fields.clone()), |request| request).await;
        assert_eq!(body.unwrap().get("requestFieldValues"), None, "{fields}");
        let error =
            refused(Portal::new(fields.clone()), |request| request.field("Größe", "x").field("", 1)).await;
        assert!(error.fields.iter().all(|field| field.kind == FieldErrorKind::Unknown), "{fields}: {error}");
    }
}

#[tokio::test]
async fn permissions_are_checked_where_the_server_reports_them() {
    let portal = |allowed: Value| {
        let mut portal = Portal::new(json!([]));
        portal.form["canRaiseOnBehalfOf"] = allowed.clone();
        portal.form["canAddRequestParticipants"] = allowed;
        portal
    };
    let people = |request: NewRequest| request.on_behalf_of("abc").participants(["def"]);
    let error = refused(portal(json!(false)), people).await;
    let messages: Vec<String> = error.fields.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "raiseOnBehalfOf: this account may not raise requests on behalf of others for this request type",
            "requestParticipants: this account may not add participants for this request type"
        ]
    );
    for unknown in [json!(null), json!(true)] {
        sent(portal(unknown), people).await.unwrap();
    }
    sent(portal(json!(false)), |request| request.participants([""; 0])).await.unwrap();
}

#[tokio::test]
async fn validating_asks_the_server_and_creates_nothing() {
    let (script, _) = Portal::with_all_fields().start().await;
    let jira = client(&script);
    let result = jira
        .create_request("HELP", "Get help")
        .field("summary", "x")
        .field("Urgency", "Low")
        .validate()
        .await;
    let result = result.unwrap();
    assert!(!result.valid);
    assert_eq!(result.field_errors[0].message, "Too short.");
    assert_eq!(requested(&script).last().unwrap(), "POST request/validate");
    assert_eq!(bodies(&script)[0]["requestFieldValues"], json!({"summary": "x", "priority": {"id": "4"}}));
    let error = jira.create_request("HELP", "Get help").validate().await.unwrap_err();
    assert_eq!((error.fields[0].field.as_str(), bodies(&script).len()), ("summary", 1));
}

#[tokio::test]
async fn values_do_not_show_in_debug_output() {
    let (script, _) = Portal::new(json!([])).start().await;
    let request = client(&script).create_request("HELP", "Get help").field("summary", "private matter");
    let text = format!("{:?}", request.file(FilePart::bytes("a.txt", "content")));
    assert!(text.contains("summary") && text.contains("HELP") && !text.contains("private"), "{text}");
}

#[tokio::test]
async fn a_value_that_is_no_json_is_refused_with_the_others() {
    let unwritable = std::collections::BTreeMap::from([(Some(vec![1]), 1)]);
    let error = refused(Portal::with_all_fields(), |request| request.field("summary", unwritable)).await;
    assert!(error.fields[0].message.starts_with("the value cannot be written as JSON"), "{error}");
    assert_eq!(error.fields.len(), 1, "the field is not missing besides: {error}");
    let map = Map::from_iter([("a".to_owned(), json!(1))]);
    let error = refused(Portal::with_all_fields(), |request| request.field("summary", map)).await;
    assert!(error.to_string().contains("takes a single line of text"), "{error}");
}
