//! Users.

use serde_json::{Value, json};

use crate::domain::entities::person::Person;
use crate::domain::site::Site;
use crate::message::request::{Links, Request};
use crate::views::page::first_page;

/// The user of an account id; null for an account that is deleted.
pub(crate) fn user_by_id(site: &Site, account_id: &str, links: &Links) -> Value {
    site.person(account_id).map_or(Value::Null, |person| user(person, links))
}

pub(crate) fn user(person: &Person, links: &Links) -> Value {
    let mut id = form_urlencoded::Serializer::new(String::new());
    id.append_pair("accountId", &person.account_id);
    let base = &links.base;
    let address = format!("{base}/rest/api/2/user?{}", id.finish());
    let avatar = |size: u32| format!("{base}/avatar/{size}.png");
    json!({
        "accountId": person.account_id,
        "emailAddress": person.email,
        "displayName": person.name,
        "active": person.active,
        "timeZone": "Etc/UTC",
        "_links": {
            "self": address,
            "jiraRest": address,
            "avatarUrls": {
                "16x16": avatar(16), "24x24": avatar(24), "32x32": avatar(32), "48x48": avatar(48),
            },
        },
    })
}

/// The first page of the users with these account ids, as the list that a request names.
pub(crate) fn users_page(site: &Site, account_ids: &[&str], request: &Request) -> Value {
    first_page(request, &request.links.api_path, account_ids, |account_id| {
        user_by_id(site, account_id, &request.links)
    })
}
