//! Texts in the language that a request asks for.

use jsm_sandbox::{Sandbox, Seed};
use serde_json::json;

use crate::client::{TestClient, read};

const API: &str = "/rest/servicedeskapi";

#[tokio::test]
async fn texts_come_in_the_language_that_a_request_asks_for_where_the_site_has_it() {
    let seed = Seed::demo()
        .translation("de", "Get help", "Hilfe holen")
        .translation("de-CH", "Get help", "Hilf mer")
        .translation("fr-FR", "Get help", "Demander de l\u{2019}aide");
    let sandbox = Sandbox::builder().seed(seed).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let (german, swiss, french, english) =
        ("Hilfe holen", "Hilf mer", "Demander de l\u{2019}aide", "Get help");
    for (query, header, expected) in [
        ("", "", english),
        ("?requestLanguage=de", "", german),
        ("?requestLanguage=de-DE", "", german),
        ("?requestLanguage=DE-ch", "", swiss),
        ("?requestLanguage=fr-FR", "", french),
        ("?requestLanguage=fr", "", english),
        ("?requestLanguage=it-IT", "", english),
        ("?requestLanguage=", "", english),
        ("?requestLanguage=fr-FR", "de", french),
        // A language that the site does not have has no effect.
        ("?requestLanguage=it-IT", "de", german),
        ("?requestLanguage=en-US", "de", english),
        ("", "de", german),
        ("", "it, de-CH;q=0.9, de;q=0.8", swiss),
        ("", "de;q=0.1, fr-FR;q=0.5", french),
        ("", "en-US, de;q=0.9", english),
        ("", "it, de; q=0.5", german),
        ("", "de;q=0, fr-FR;q=0.1", french),
        ("", "*", english),
        ("", "\u{e9};;q=x,,", english),
    ] {
        let request = client.request("GET", &format!("{API}/servicedesk/1/requesttype/1{query}"));
        let request = if header.is_empty() { request } else { request.header("accept-language", header) };
        let name = read(request).await.unwrap().json()["name"].clone();
        assert_eq!(name, expected, "{query} {header}");
    }
}

#[tokio::test]
async fn statuses_labels_and_errors_are_translated_but_not_what_people_wrote() {
    let seed = Seed::demo()
        .translation("de", "Waiting for support", "Warten auf Support")
        .translation("de", "Due date", "F\u{e4}llig")
        .translation("de", "Printer on fire 1", "never")
        .translation("de", "Due date is on fire", "never")
        .translation("de", "The request does not exist, or you cannot see it.", "Gibt es nicht.");
    let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let german = |path: &str| format!("{API}{path}requestLanguage=de-DE");
    let request = client.get(&german("/request/HELP-1?")).await.json();
    assert_eq!(
        (&request["currentStatus"], &request["summary"]),
        (
            &json!({
                "status": "Warten auf Support",
                "statusCategory": "NEW",
                "statusDate": request["currentStatus"]["statusDate"],
            }),
            &json!("Printer on fire 1")
        )
    );
    let fields = client.get(&german("/servicedesk/1/requesttype/1/field?")).await.json();
    assert!(
        fields["requestTypeFields"].as_array().unwrap().iter().any(|field| field["name"] == "F\u{e4}llig")
    );
    let error = client.get(&german("/request/HELP-999?")).await;
    assert_eq!((error.status, &error.json()["errorMessage"]), (404, &json!("Gibt es nicht.")));
    // Customer Service Management knows the header alone.
    let csm = client.get("/api/v1/product?requestLanguage=de").await;
    assert_eq!(csm.status, 200);
    assert_eq!(sandbox.violations().len(), 1);
}
