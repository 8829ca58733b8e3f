//! The headers that say how long a body is, and in which language to respond.

use jsm_client::servicedesk::notification::Subscribe;
use jsm_client::servicedesk::organization::{DeleteOrganization, GetOrganization, GetOrganizations};
use jsm_client::{Error, Language};
use serde_json::json;

use super::clock::TestClock;
use super::script::{Script, empty, json};
use super::to;

async fn page() -> Script {
    Script::serve(|_| json(200, &json!({"id": "1", "values": [], "isLastPage": true}))).await
}

#[tokio::test]
async fn a_request_without_a_body_says_so_over_http_1() {
    let script = Script::serve(|_| empty(204)).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    client.call(Subscribe::new("A-1")).await.unwrap();
    client.call(DeleteOrganization::new(1)).await.unwrap();
    let asked = script.requests();
    assert_eq!((asked[0].method.as_str(), asked[0].header("content-length")), ("PUT", Some("0")));
    assert_eq!((asked[1].method.as_str(), asked[1].header("content-length")), ("DELETE", None));

    let script = page().await;
    to(&script.url, &TestClock::new()).build().unwrap().call(GetOrganization::new(1)).await.unwrap();
    let asked = &script.requests()[0];
    assert_eq!((asked.header("content-length"), asked.header("transfer-encoding")), (None, None));
}

#[tokio::test]
async fn a_client_a_call_and_a_list_choose_the_language() {
    let script = page().await;
    let clock = TestClock::new();
    let plain = to(&script.url, &clock).build().unwrap();
    let german = to(&script.url, &clock).language("de-CH, de;q=0.9").build().unwrap();
    let french: Language = "fr".parse().unwrap();

    plain.call(GetOrganization::new(1)).await.unwrap();
    german.call(GetOrganization::new(1)).await.unwrap();
    plain.call(GetOrganization::new(1)).language("fr").await.unwrap();
    german.call(GetOrganization::new(1)).language(french.clone()).await.unwrap();
    german.items(GetOrganizations::new()).try_next().await.unwrap();
    german.items(GetOrganizations::new()).language(french.clone()).try_next().await.unwrap();
    german.pages(GetOrganizations::new()).language(String::from("fr")).try_next().await.unwrap();
    let languages: Vec<_> =
        script.requests().iter().map(|asked| asked.header("accept-language").map(str::to_owned)).collect();
    let german = "de-CH, de;q=0.9";
    let expected = [None, Some(german), Some("fr"), Some("fr"), Some(german), Some("fr"), Some("fr")];
    assert_eq!(languages, expected.map(|language| language.map(str::to_owned)));
}

#[tokio::test]
async fn what_is_not_a_language_is_refused_before_anything_is_sent() {
    let script = page().await;
    let clock = TestClock::new();
    let client = to(&script.url, &clock).build().unwrap();
    for wrong in ["", "German!", "de_CH", "de\r\nX-Injected: 1", "dé"] {
        let errors: [Error; 4] = [
            to(&script.url, &clock).language(wrong).build().unwrap_err(),
            client.call(GetOrganization::new(1)).language(wrong).await.unwrap_err(),
            client.items(GetOrganizations::new()).language(wrong).try_next().await.unwrap_err(),
            client.pages(GetOrganizations::new()).language(wrong).try_next().await.unwrap_err(),
        ];
        for error in errors {
            assert!(
                error.is_configuration() && error.to_string().contains("write a tag like de-CH"),
                "{error}"
            );
        }
    }
    assert_eq!(script.requests().len(), 0);
}
