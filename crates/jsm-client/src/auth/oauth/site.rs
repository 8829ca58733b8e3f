//! The sites to which an account gives an app access, and choosing one of them.

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::printable::trimmed;
use crate::error::{Error, Result};

/// How many sites an error lists.
const LISTED: usize = 10;

/// A site to which an account gives an app access. It is serializable, so that a program can store the chosen one with the
/// tokens: the list needs an access token that is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessibleResource {
    /// Its cloud id, for [`ClientBuilder::cloud_id`](crate::ClientBuilder::cloud_id).
    pub id: String,
    /// Its address, for [`Client::builder`](crate::Client::builder).
    #[serde(default)]
    pub url: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The scopes of the app on the site.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The address of its avatar; empty where it has none.
    #[serde(default, rename = "avatarUrl")]
    pub avatar_url: String,
}

impl AccessibleResource {
    /// Chooses the only site, for programs that serve one.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when there is no site, or more than one; the message lists them.
    pub fn only(sites: &[Self]) -> Result<&Self> {
        match sites {
            [] => Err(none()),
            [site] => Ok(site),
            _ => {
                let note =
                    format!("the account gives access to several sites; choose one: {}", listed(sites));
                Err(Error::configuration(note))
            }
        }
    }

    /// Chooses a site by its cloud id, its address or host (`acme.atlassian.net`), the first part of its host (`acme`) or
    /// its name, whatever the case of the letters.
    ///
    /// ```
    /// # use jsm_client::oauth::AccessibleResource;
    /// # let sites = r#"[{"id": "1", "url": "https://acme.atlassian.net"}, {"id": "2", "url": "https://moss.atlassian.net"}]"#;
    /// # let sites: Vec<AccessibleResource> = serde_json::from_str(sites)?;
    /// let site = AccessibleResource::choose(&sites, "https://acme.atlassian.net")?;
    /// let jira = jsm_client::Client::builder(&site.url).cloud_id(&site.id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when no site is meant, or more than one; the message lists them.
    pub fn choose<'a>(sites: &'a [Self], wanted: &str) -> Result<&'a Self> {
        let wanted = trimmed(wanted);
        let host = host(wanted);
        let is_same = |one: &str, other: &str| !one.is_empty() && one.to_lowercase() == other.to_lowercase();
        let rules: [&dyn Fn(&Self) -> bool; 4] = [
            &|site| is_same(&site.id, wanted),
            &|site| host.is_some() && self::host(&site.url) == host,
            &|site| self::host(&site.url).is_some_and(|host| is_same(first_part(&host), wanted)),
            &|site| is_same(&site.name, wanted),
        ];
        for rule in rules {
            let found: Vec<&Self> = sites.iter().filter(|site| rule(site)).collect();
            match found[..] {
                [] => {}
                [site] => return Ok(site),
                _ => {
                    let note = format!("several sites are called so; choose by address: {}", listed(sites));
                    return Err(Error::configuration(note));
                }
            }
        }
        if sites.is_empty() {
            return Err(none());
        }
        let note = format!("the account gives no access to this site, but to: {}", listed(sites));
        Err(Error::configuration(note))
    }

    /// The sites in a list, each once. A site has an entry for each of its products, whose scopes belong together.
    pub(crate) fn read_all(entries: &[Value]) -> Vec<Self> {
        let mut sites: Vec<Self> = Vec::new();
        for entry in entries.iter().filter_map(Self::read) {
            match sites.iter_mut().find(|site| site.id == entry.id) {
                Some(site) => {
                    let new = entry.scopes.into_iter().filter(|scope| !site.scopes.contains(scope));
                    site.scopes.extend(new.collect::<Vec<_>>());
                }
                None => sites.push(entry),
            }
        }
        sites
    }

    /// A site, if its entry has an id. Other fields may be missing or of another type.
    fn read(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let scopes = match entry.get("scopes") {
            Some(Value::Array(scopes)) => {
                scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(scopes)) => scopes.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let (id, url, name, avatar_url) = (text("id"), text("url"), text("name"), text("avatarUrl"));
        (!id.is_empty()).then_some(Self { id, url, name, scopes, avatar_url })
    }
}

/// The host of an address, with its port where it is not the default one. The scheme may be missing.
fn host(address: &str) -> Option<String> {
    let url = match address.contains("://") {
        true => Url::parse(address),
        false => Url::parse(&format!("https://{address}")),
    };
    let url = url.ok()?;
    let host = url.host_str().filter(|host| host.contains(['.', ':']) || *host == "localhost")?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn first_part(host: &str) -> &str {
    // The parts of a number are no names.
    let named = host.chars().any(|c| c.is_alphabetic());
    host.split('.').next().filter(|_| named).unwrap_or_default()
}

fn none() -> Error {
    let note = "the account gives the app access to no site; let it authorise the app for one";
    Error::configuration(note)
}

fn listed(sites: &[AccessibleResource]) -> String {
    let shown = |site: &AccessibleResource| match (site.name.as_str(), site.url.as_str()) {
        ("", "") => site.id.clone(),
        ("", url) => url.to_owned(),
        (name, "") => format!("{name} ({})", site.id),
        (name, url) => format!("{name} ({url})"),
    };
    let mut list: Vec<String> = sites.iter().take(LISTED).map(shown).collect();
    if sites.len() > LISTED {
        list.push(format!("{} more", sites.len() - LISTED));
    }
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::AccessibleResource;

    fn sites() -> Vec<AccessibleResource> {
        AccessibleResource::read_all(&[
            json!({"id": "a-1", "url": "https://acme.atlassian.net", "name": "Acme", "scopes": ["read:jira-work"]}),
            json!({"id": "b-2", "url": "https://Moss.atlassian.net/", "name": "Moosgrün"}),
            json!({"id": "a-1", "url": "https://acme.atlassian.net", "scopes": ["read:page", "read:jira-work"]}),
            json!({"id": "c-3", "url": "http://127.0.0.1:8080", "name": "Twin"}),
            json!({"id": "d-4", "url": "http://127.0.0.1:9090", "name": "twin"}),
            json!({"name": "no id"}),
            json!(null),
        ])
    }

    #[test]
    fn a_site_is_listed_once_with_all_its_scopes() {
        let sites = sites();
        assert_eq!(
            sites.iter().map(|site| site.id.as_str()).collect::<Vec<_>>(),
            ["a-1", "b-2", "c-3", "d-4"]
        );
        assert_eq!(sites[0].scopes, ["read:jira-work", "read:page"]);
    }

    #[test]
    fn a_site_is_chosen_by_what_people_call_it() {
        let sites = sites();
        for (wanted, chosen) in [
            ("A-1", "a-1"),
            ("https://acme.atlassian.net", "a-1"),
            ("ACME.atlassian.net/jira/servicedesk", "a-1"),
            ("acme", "a-1"),
            (" Acme\n", "a-1"),
            ("moss", "b-2"),
            ("moosgrün", "b-2"),
            ("MOOSGRÜN", "b-2"),
            ("http://127.0.0.1:9090/", "d-4"),
        ] {
            assert_eq!(AccessibleResource::choose(&sites, wanted).unwrap().id, chosen, "{wanted}");
        }
        for (wanted, text) in [
            ("twin", "several sites are called so; choose by address: Acme (https://acme.atlassian.net), "),
            ("other.atlassian.net", "the account gives no access to this site, but to: Acme (https://acme"),
            ("127", "the account gives no access"),
            ("", "the account gives no access"),
        ] {
            let error = AccessibleResource::choose(&sites, wanted).unwrap_err();
            assert!(error.is_configuration() && error.to_string().starts_with(text), "{wanted}: {error}");
        }
        assert_eq!(AccessibleResource::only(&sites[..1]).unwrap().id, "a-1");
        let error = AccessibleResource::only(&sites).unwrap_err().to_string();
        assert!(error.contains("Acme (https://acme.atlassian.net), Moosgrün (https://Moss"), "{error}");
        for error in [AccessibleResource::only(&[]), AccessibleResource::choose(&[], "acme")] {
            assert!(error.unwrap_err().to_string().contains("access to no site"));
        }
    }

    #[test]
    fn an_error_lists_no_more_than_ten_sites() {
        let many: Vec<_> =
            (0..30).map(|n| json!({"id": format!("id-{n}"), "name": format!("s{n}")})).collect();
        let error = AccessibleResource::only(&AccessibleResource::read_all(&many)).unwrap_err().to_string();
        assert!(error.ends_with("s9 (id-9), 20 more"), "{error}");
    }
}
