//! The same listing twice: by this library, and by the loop that one would write by hand, at its best.

use std::hint::black_box;

use jsm_client::Client;
use jsm_client::servicedesk::organization::GetOrganizationUsers;
use serde::Deserialize;

/// How many users a page has.
pub(crate) const PAGE: usize = 50;

/// Lists all users by this library, and counts them.
pub(crate) async fn ours(site: &str, in_flight: usize) -> usize {
    let jira =
        Client::builder(site).api_token("you@example.com", "token").build().expect("the address is loopback");
    let mut users = jira.items(GetOrganizationUsers::new("1")).page_size(50).prefetch(in_flight);
    let mut count = 0;
    while let Some(user) = users.try_next().await.expect("the server has all pages") {
        count += 1;
        black_box(user);
    }
    count
}

/// Lists all users by hand, and counts them: owned structs, and the text checked as UTF-8 once.
pub(crate) async fn by_hand(site: &str) -> usize {
    // An error means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let mut count = 0;
    loop {
        let url = format!("{site}/rest/servicedeskapi/organization/1/user?start={count}&limit={PAGE}");
        let request = http.get(url).basic_auth("you@example.com", Some("token"));
        let body =
            request.send().await.expect("the server answers").bytes().await.expect("the page is whole");
        let page = decode(&body);
        count += page.values.len();
        for user in page.values {
            black_box(user);
        }
        if page.is_last_page {
            return count;
        }
    }
}

/// Decodes a page by hand.
pub(crate) fn decode(body: &[u8]) -> Page {
    let text = std::str::from_utf8(body).expect("the page is UTF-8");
    serde_json::from_str(text).expect("the page is one")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    is_last_page: bool,
    values: Vec<User>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the fields are there to be decoded")]
struct User {
    account_id: String,
    name: Option<String>,
    key: Option<String>,
    email_address: Option<String>,
    display_name: String,
    active: bool,
    time_zone: Option<String>,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the fields are there to be decoded")]
struct Links {
    jira_rest: Option<String>,
    avatar_urls: Avatars,
    #[serde(rename = "self")]
    this: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "the fields are there to be decoded")]
struct Avatars {
    #[serde(rename = "16x16")]
    x16: Option<String>,
    #[serde(rename = "24x24")]
    x24: Option<String>,
    #[serde(rename = "32x32")]
    x32: Option<String>,
    #[serde(rename = "48x48")]
    x48: Option<String>,
}
