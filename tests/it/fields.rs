//! Fields of Jira: values read out of responses, values in the form that a field takes; and lengths of time.

use std::fmt::Write;
use std::time::Duration;

use jsm_client::jiff::{SignedDuration, Timestamp};
use jsm_client::{Error, FieldError, FieldErrorKind, FieldKind, SlaCycle};
use jsm_raw::servicedesk::types::{
    self, CustomerRequest, QueueIssue, RequestTypeField, SlaInformation, SlaInformationCompletedCycle, User,
};
use serde_json::{Map, Value, json};

/// Fields as servers describe them, and values to send for each.
const FIELDS: &str = include_str!("../fixtures/fields.json");

#[derive(serde::Deserialize)]
struct Cases {
    fields: Vec<RequestTypeField>,
    cases: Map<String, Value>,
}

fn read<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).expect("it is such a value")
}

#[test]
fn values_take_the_form_of_their_field() {
    let Cases { fields, cases } = serde_json::from_str(FIELDS).expect("the fixture has fields and cases");
    assert!(fields.iter().all(|field| cases.contains_key(&field.field_id)));
    let mut table = String::new();
    for field in &fields {
        let list = if field.is_list() { "list of " } else { "" };
        writeln!(table, "{} ({}): {list}{:?}", field.name, field.field_id, field.kind()).unwrap();
        for value in cases[&field.field_id].as_array().expect("the cases are lists") {
            match field.encode(value) {
                Ok(encoded) => writeln!(table, "  {value} -> {encoded}").unwrap(),
                Err(error) => writeln!(table, "  {value} is refused: {}", error.message).unwrap(),
            }
        }
    }
    insta::assert_snapshot!("values", table);
}

#[test]
fn an_encoded_value_is_encoded_as_itself() {
    let Cases { fields, cases } = serde_json::from_str(FIELDS).expect("the fixture has fields and cases");
    for field in &fields {
        for value in cases[&field.field_id].as_array().expect("the cases are lists") {
            if let Ok(encoded) = field.encode(value) {
                assert_eq!(field.encode(&encoded).unwrap(), encoded, "{}: {value}", field.name);
            }
        }
    }
}

#[test]
fn types_of_the_program_are_values_too() {
    let field = |schema: Value| read::<RequestTypeField>(json!({"fieldId": "x", "jiraSchema": schema}));
    let day = jsm_client::jiff::civil::date(2026, 1, 31);
    assert_eq!(field(json!({"type": "date"})).encode(day).unwrap(), "2026-01-31");
    let moment: Timestamp = "2026-01-31T13:30:00Z".parse().unwrap();
    assert_eq!(field(json!({"type": "datetime"})).encode(moment).unwrap(), "2026-01-31T13:30:00.000+0000");
    let account = jsm_raw::servicedesk::AccountId::from("abc");
    assert_eq!(field(json!({"type": "user"})).encode(&account).unwrap(), json!({"accountId": "abc"}));
    assert_eq!(field(json!({"type": "number"})).encode(Option::<f64>::None).unwrap(), Value::Null);
    let error = field(json!({"type": "option"})).encode(Map::from_iter([("a".to_owned(), json!(1))]));
    assert_eq!(error.unwrap(), json!({"a": 1}), "without options, the server knows the form");
    assert_eq!(field(json!(null)).kind(), FieldKind::Other);
}

#[test]
fn an_error_names_the_field_and_what_is_allowed() {
    let options: Vec<Value> = (0..500)
        .map(|number| json!({"value": number.to_string(), "label": format!("Room {number}")}))
        .collect();
    let field: RequestTypeField = read(json!({
        "fieldId": "customfield_1", "name": "Room", "jiraSchema": {"type": "option"}, "validValues": options,
    }));
    let error = field.encode("Rooom 7").unwrap_err();
    assert_eq!((error.kind, error.allowed.len()), (FieldErrorKind::Invalid, 500));
    assert_eq!(error.nearest[0], "Room 7");
    let text = error.to_string();
    assert!(
        text.starts_with("Room (customfield_1): \"Rooom 7\" is not one of its options (did you mean"),
        "{text}"
    );
    assert!(text.ends_with("\"Room 9\" and 490 more") && text.len() < 300, "{text}");

    // Text from elsewhere is shown as one printable line.
    let text = field.encode("a\u{2028}b\u{202e}c\u{200b}").unwrap_err().to_string();
    assert!(text.contains("\"a bc\""), "{text}");

    let long = format!("{}\u{1b}[31m\n", "x".repeat(10_000));
    let text = field.encode(&long).unwrap_err().to_string();
    assert!(text.len() < 400 && !text.contains(char::is_control), "{text}");

    let blank = FieldError::new(FieldErrorKind::Unknown, " ", "", "there is no such field");
    assert_eq!(blank.to_string(), "\" \": there is no such field");

    let error = Error::from(error);
    assert!(error.is_invalid_request());
    assert_eq!(error.field_errors().map(|(field, _)| field).collect::<Vec<_>>(), ["customfield_1"]);
}

#[test]
fn the_value_of_a_field_is_read_as_any_type() {
    let issue: QueueIssue = read(json!({"key": "HELP-1", "fields": {
        "created": "2026-11-26T07:00:00.000+0100", "votes": 3, "reporter": {"accountId": "abc", "displayName": "Ada"},
        "labels": ["a", "b"], "duedate": null, "text": "many",
    }}));
    let created: Timestamp = issue.field("created").unwrap().unwrap();
    assert_eq!(created.to_string(), "2026-11-26T06:00:00Z");
    assert_eq!(issue.field::<User>("reporter").unwrap().unwrap().display_name, "Ada");
    assert_eq!(issue.field::<Vec<&str>>("labels").unwrap().unwrap(), ["a", "b"]);
    assert_eq!(issue.field_value("votes"), Some(&json!(3)));
    for absent in ["duedate", "nothing", ""] {
        assert_eq!(issue.field_value(absent), None);
        assert_eq!(issue.field::<Timestamp>(absent).unwrap(), None);
    }
    for (field, why) in [
        ("text", "text: the value is text and cannot be read: expected u32"),
        ("labels", "labels: the value is a list and cannot be read: expected u32"),
    ] {
        let error = issue.field::<u32>(field).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind), (why, FieldErrorKind::Unreadable));
        assert!(Error::from(error).is_decode());
    }
    let error = issue.field::<Timestamp>("text").unwrap_err().to_string();
    assert!(!error.contains("many"), "the value does not show: {error}");
    for text in ["Fred", "2026-01-31T10:00:00Fred", "2026-01-31T10:00:00[Fred]", "x, expected Fred"] {
        let issue: QueueIssue = read(json!({"key": "HELP-1", "fields": {"text": text}}));
        let error = issue.field::<Timestamp>("text").unwrap_err().to_string();
        assert_eq!(error, "text: the value is text and cannot be read: its content does not fit the type");
    }
}

#[test]
fn the_field_of_a_request_is_found_by_id_or_label() {
    let request: CustomerRequest = read(json!({"issueKey": "HELP-1", "requestFieldValues": [
        {"fieldId": "summary", "label": "What do you need?", "value": "A chair"},
        {"fieldId": "customfield_1", "label": "summary", "value": 5},
        {"fieldId": "customfield_2", "label": "Room", "value": "12"},
        {"fieldId": "customfield_3", "label": "Room", "value": "13"},
        {"fieldId": "customfield_4", "label": "Größe", "value": null},
        {"fieldId": "customfield_5", "label": "Seats"},
    ]}));
    for (field, value) in [
        ("summary", Some(json!("A chair"))),
        ("what do  you need? ", Some(json!("A chair"))),
        ("customfield_2", Some(json!("12"))),
        // Two fields have the label.
        ("Room", None),
        ("GRÖSSE", None),
        ("Seats", None),
        ("", None),
    ] {
        assert_eq!(request.field_value(field).cloned(), value, "{field}");
    }
    assert_eq!(request.field::<i64>("customfield_1").unwrap(), Some(5));
}

#[test]
fn lengths_of_time_are_signed() {
    let cases = [
        (Some(5_400_000), Some(SignedDuration::from_mins(90)), Some(Duration::from_secs(5400))),
        (Some(0), Some(SignedDuration::ZERO), Some(Duration::ZERO)),
        (Some(-1), Some(SignedDuration::from_millis(-1)), None),
        (
            Some(i64::MAX),
            Some(SignedDuration::from_millis(i64::MAX)),
            Some(Duration::from_millis(i64::MAX as u64)),
        ),
        (Some(i64::MIN), Some(SignedDuration::from_millis(i64::MIN)), None),
        (None, None, None),
    ];
    for (millis, signed, unsigned) in cases {
        let mut length = types::Duration::default();
        length.millis = millis;
        assert_eq!((length.signed_duration(), length.duration()), (signed, unsigned), "{millis:?}");
    }
}

#[test]
fn a_cycle_is_breached_by_report_or_by_its_times() {
    let time = |millis: i64| json!({ "millis": millis });
    for (cycle, breached) in [
        (json!({"breached": true}), true),
        (json!({"breached": false, "remainingTime": time(-5)}), false),
        (json!({"remainingTime": time(-5)}), true),
        (json!({"remainingTime": time(5), "elapsedTime": time(9), "goalDuration": time(8)}), false),
        (json!({"elapsedTime": time(9), "goalDuration": time(8)}), true),
        (json!({"elapsedTime": time(8), "goalDuration": time(8)}), false),
        (json!({"elapsedTime": time(8), "goalDuration": {}}), false),
        (json!({}), false),
        (json!({"breached": null, "remainingTime": null}), false),
    ] {
        let read: SlaInformationCompletedCycle = read(cycle.clone());
        assert_eq!(read.is_breached(), breached, "{cycle}");
    }
}

#[test]
fn the_cycles_of_an_sla_can_be_held_across_await() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let sla: SlaInformation = read(json!({"completedCycles": [{}]}));
    let future = is_send(async {
        for cycle in sla.cycles() {
            std::future::ready(()).await;
            assert!(!cycle.is_breached());
        }
    });
    futures_util::FutureExt::now_or_never(future).expect("it waits for nothing");
}

#[test]
fn an_sla_has_its_cycles_in_order() {
    let sla: SlaInformation = read(json!({
        "id": 1, "name": "Time to resolution",
        "completedCycles": [{"breached": true, "elapsedTime": {"millis": 1}}, {"breached": false, "elapsedTime": {"millis": 2}}],
        "ongoingCycle": {"breached": false, "elapsedTime": {"millis": 3}, "goalDuration": {"millis": 9}, "remainingTime": {"millis": 6}},
    }));
    let elapsed: Vec<_> = sla.cycles().filter_map(SlaCycle::elapsed).map(|time| time.as_millis()).collect();
    assert_eq!(elapsed, [1, 2, 3]);
    let running = sla.cycles().last().unwrap();
    assert!(format!("{running:?}").contains("breached: Some(false)"));
    assert_eq!(
        (running.goal(), running.remaining()),
        (Some(SignedDuration::from_millis(9)), Some(SignedDuration::from_millis(6)))
    );
    let none: SlaInformation = read(json!({"name": "x", "completedCycles": null, "ongoingCycle": null}));
    assert_eq!(none.cycles().count(), 0);
}
