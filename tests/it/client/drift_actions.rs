//! The overlay actions that the example `drift_report` proposes.

use std::collections::BTreeSet;

use jsm_client::servicedesk::feedback::GetFeedback;
use jsm_client::servicedesk::request::{GetRequests, ValidateRequest};
use jsm_client::servicedesk::service_desk::GetServiceDesk;
use jsm_client::{DriftKind, Operation};
use jsm_codegen::effective::attempt;
use jsm_codegen::{document, overlay};
use jsm_raw::{Document, Mismatch, Place, Visit, Visited};
use serde_json::json;
use xtask::{effective, files};

use super::drift::reports;
use super::overlay_action::{NEW_VALUE, overlay_action, unite};
use super::script::{self, text};

/// What does not fit, by kind.
#[derive(Default)]
struct Mismatches(Vec<String>);

impl Visit for Mismatches {
    fn mismatch(&mut self, at: &Visited<'_>, mismatch: Mismatch<'_>) {
        self.0.push(format!("${} {mismatch:?}", at.path.shape()));
    }
}

/// The effective document with more actions in two of its overlays.
fn applied(corrections: &str, ergonomics: &str) -> Document {
    let root = files::root();
    let mut overlays = effective::overlays(&root, "servicedesk").unwrap();
    for (file, actions) in [("corrections.yaml", corrections), ("ergonomics.yaml", ergonomics)] {
        assert!(!actions.is_empty(), "{file}");
        let text = format!("overlay: 1.0.0\ninfo: {{title: Seen, version: 1.0.0}}\nactions:\n{actions}");
        let more = overlay::parse(file, &text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let overlay = overlays.iter_mut().find(|overlay| overlay.file.ends_with(file)).unwrap();
        overlay.actions.extend(more.actions);
    }
    let pinned = std::fs::read(root.join(files::pinned("servicedesk"))).unwrap();
    let (effective, problems) = attempt(&document::parse(&pinned).unwrap(), &overlays);
    assert!(problems.is_empty(), "{problems:#?}");
    Document::from(effective)
}

/// The actions of the example are overlays of this project: once they are applied, the same response fits.
#[tokio::test]
async fn what_the_overlay_actions_record_is_no_drift_any_more() {
    let body = json!({
        "size": 2, "isLastPage": true, "_expands": null, "total": 3,
        "values": [
            {"issueId": "1", "requestTypeId": "2", "serviceDeskId": "3", "tags": ["x"], "summary": {"text": "x"},
                "currentStatus": {"status": "x", "statusCategory": "PAUSED", "statusDate": {"epochMillis": "17"}},
                "reporter": {"accountId": "x", "displayName": "X", "active": "yes", "_links": {"self": null, "x": true}}},
            null,
        ],
    });
    let effective_before = Document::of("servicedesk").unwrap();
    let found = reports(GetRequests::new(), script::json(206, &body)).await;
    let report = found.lock()[0].clone();
    let kinds: BTreeSet<String> = report.drift.iter().map(|drift| format!("{:?}", drift.kind)).collect();
    assert!(kinds.len() >= 7, "{kinds:#?}");

    let error = json!({"errorMessage": "no", "code": 7, "i18nErrorMessage": {"i18nKey": 5, "level": "high"}});
    let of_error = reports(GetServiceDesk::new(1), script::json(404, &error)).await.lock()[0].clone();
    assert_eq!(of_error.drift.len(), 3, "{of_error}");

    let (mut corrections, mut ergonomics) = (String::new(), String::new());
    let drift = [&report, &of_error]
        .into_iter()
        .flat_map(|report| report.drift.iter().map(move |drift| (report, drift)));
    for (report, drift) in drift {
        let action = overlay_action(effective_before.json(), report, drift)
            .unwrap_or_else(|why| panic!("{drift}: {why}"));
        let file = if action.file == "corrections.yaml" { &mut corrections } else { &mut ergonomics };
        *file += &format!("  {}\n", action.yaml.replace(NEW_VALUE, "PAUSED"));
    }
    let effective = applied(&corrections, &ergonomics);

    let fits = |document: &Document| {
        let mut mismatches = Mismatches::default();
        for (schema, value) in [("PageOfCustomerRequest", &body), ("ErrorResponse", &error)] {
            let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
            document.compare(&schema, Place::Root(""), value, &mut mismatches);
        }
        mismatches.0
    };
    assert!(fits(effective_before).len() >= 12, "{:#?}", fits(effective_before));
    assert_eq!(fits(&effective), Vec::<String>::new());
    assert!(effective.response(GetRequests::INFO, 206).is_some());
}

#[tokio::test]
async fn drift_without_an_overlay_action_has_advice() {
    let document = Document::of("servicedesk").unwrap().json();
    let body = json!({"id": 7, "projectKey": "A", "projectName": "B", "ada@example.com": 1});
    for (response, advice) in [
        (script::json(200, &body), "nothing: an id is read"),
        (script::json(200, &body), "look at the site: the object has names that are data"),
        (
            script::json(200, &json!({"id": ["7"], "projectKey": "A", "projectName": "B"})),
            "look at the site: an id is missing",
        ),
        (text(503, ""), "nothing: any server can send this status"),
        (text(200, "nonsense"), "look at the site: the operation may respond with something else"),
        (
            text(200, "\u{feff}{\"id\": \"7\", \"projectKey\": \"A\", \"projectName\": \"B\"}"),
            "nothing: the client repairs it",
        ),
    ] {
        let found = reports(GetServiceDesk::new(1), response).await;
        let report = found.lock()[0].clone();
        let advised = report.drift.iter().map(|drift| overlay_action(document, &report, drift).unwrap_err());
        let advised: Vec<&str> = advised.collect();
        assert!(advised.iter().any(|text| text.starts_with(advice)), "{advice}: {advised:?}");
    }
}

/// Overlays of this project have added these places, so that a correction of the pinned document finds nothing.
#[tokio::test]
async fn what_an_overlay_has_added_is_changed_after_it() {
    let document = Document::of("servicedesk").unwrap().json();
    let (mut corrections, mut ergonomics) = (String::new(), String::new());
    let validated = json!({"reasonKey": "x", "severity": "high", "fieldErrors": [{"field": 1, "hint": [], "message": "x"}]});
    let rated = json!({"type": "nps", "rating": 5, "source": null});
    let found = [
        reports(ValidateRequest::new(1, 2), script::json(200, &validated)).await,
        reports(GetFeedback::new("HELP-1"), script::json(200, &rated)).await,
    ];
    for report in found.iter().flat_map(|found| found.lock().clone()) {
        for drift in &report.drift {
            let action =
                overlay_action(document, &report, drift).unwrap_or_else(|why| panic!("{drift}: {why}"));
            let file = if action.file == "corrections.yaml" { &mut corrections } else { &mut ergonomics };
            *file += &format!("  {}\n", action.yaml.replace(NEW_VALUE, "nps"));
        }
    }
    assert_eq!(
        (corrections.lines().count(), ergonomics.lines().count()),
        (1, 5),
        "{corrections}{ergonomics}"
    );
    let effective = applied(&corrections, &ergonomics);
    let mut mismatches = Mismatches::default();
    for (schema, value) in [("RequestValidationResult", &validated), ("Feedback", &rated)] {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        effective.compare(&schema, Place::Root(""), value, &mut mismatches);
    }
    assert_eq!(mismatches.0, Vec::<String>::new());
}

#[test]
fn one_action_adds_a_field_whatever_its_values_are() {
    for (all, expected) in [
        (&["null", "string", "null"][..], "string"),
        (&["string", "null", "string"], "string"),
        (&["null", "null"], "null"),
        (&["string", "number", "string"], "any"),
    ] {
        let mut kind = DriftKind::UnknownField { found: all[0] };
        for found in all {
            unite(&mut kind, &DriftKind::UnknownField { found });
        }
        assert_eq!(kind, DriftKind::UnknownField { found: expected });
    }
}
