//! Where requests go: the site, or the gateway with the site's cloud id.
//!
//! Plain http is taken for loopback addresses alone, unless it is asked for. Which credentials need the gateway is
//! theirs to say.

use std::time::Duration;

use jsm_raw::OperationInfo;
use reqwest::{Client, StatusCode, Url};
use tokio::sync::OnceCell;

use crate::error::{Error, Kind, Result};
use crate::send::{read_body, transport};

/// Atlassian's gateway.
const GATEWAY: &str = "https://api.atlassian.com";

/// Where a site tells its cloud id to anybody who asks.
const TENANT_INFO: &str = "/_edge/tenant_info";

/// How much of what it tells is read.
const LARGEST_INFO: usize = 64 * 1024;

/// A site and the ways to it.
#[derive(Debug)]
pub(crate) struct Site {
    site: Url,
    gateway: Url,
    /// Whether requests that could go to the site go to the gateway.
    prefer_gateway: bool,
    cloud_id: OnceCell<String>,
}

impl Site {
    pub(crate) fn new(
        site: &str,
        gateway: Option<&str>,
        prefer_gateway: bool,
        cloud_id: Option<String>,
        allow_http: bool,
    ) -> Result<Self> {
        let site = origin("the site", site, allow_http)?;
        let gateway = match gateway {
            Some(gateway) => origin("the gateway", gateway, allow_http)?,
            // What stands on a loopback address stands in for the gateway too.
            None if is_loopback(&site) => site.clone(),
            None => origin("the gateway", GATEWAY, false)?,
        };
        if let Some(id) = cloud_id.as_deref().filter(|id| !is_cloud_id(id)) {
            return Err(Error::configuration(format!("{id:?} is no cloud id; it looks like a UUID")));
        }
        Ok(Self { site, gateway, prefer_gateway, cloud_id: OnceCell::new_with(cloud_id) })
    }

    /// What stands in front of the operation's path.
    ///
    /// `time` is what asking for the cloud id may take, where it is not known yet.
    pub(crate) async fn base(
        &self,
        http: &Client,
        info: &OperationInfo,
        time: impl FnOnce() -> Duration,
    ) -> Result<String> {
        let (origin, path) = match (info.base.site, info.base.gateway) {
            (Some(path), None) => (&self.site, path),
            (Some(path), Some(_)) if !self.prefer_gateway => (&self.site, path),
            (_, Some(path)) => (&self.gateway, path),
            (None, None) => {
                return Err(Error::configuration(format!("nothing says where the API {} stands", info.api)));
            }
        };
        let mut base = origin.as_str().trim_end_matches('/').to_owned();
        if path.contains("{cloudId}") {
            let id = self.cloud_id.get_or_try_init(|| self.look_up(http, time())).await?;
            base.push_str(&path.replace("{cloudId}", id));
        } else {
            base.push_str(path);
        }
        Ok(base)
    }

    /// Whether credentials may go to this address.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        let is_of = |own: &Url| {
            url.scheme() == own.scheme()
                && url.host() == own.host()
                && url.port_or_known_default() == own.port_or_known_default()
        };
        is_of(&self.site) || is_of(&self.gateway)
    }

    /// Whether neither the site nor the gateway is beyond this machine, nor speaks TLS.
    pub(crate) fn is_local(&self) -> bool {
        [&self.site, &self.gateway].into_iter().all(|url| url.scheme() == "http" && is_loopback(url))
    }

    /// The address of the site.
    pub(crate) fn url(&self) -> &Url {
        &self.site
    }

    /// Asks the site for its cloud id; no credentials are needed, and none are sent.
    async fn look_up(&self, http: &Client, time: Duration) -> Result<String> {
        const NEXT: &str = "give it to the builder with cloud_id(..)";
        let note = |why: &str| format!("cannot learn the site's cloud id: {why}; {NEXT}");
        let failed = |why: &str| Error::configuration(note(why));
        let mut url = self.site.clone();
        url.set_path(TENANT_INFO);
        let answer = http.get(url).timeout(time).send().await.map_err(|e| transport(e).map_note(note))?;
        let status = answer.status();
        if status != StatusCode::OK {
            let why = format!("the site answers {}", status.as_u16());
            let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(if passes { Error::new(Kind::Server, note(&why)) } else { failed(&why) });
        }
        let body = read_body(answer, LARGEST_INFO).await.map_err(|error| error.map_note(note))?;
        let told: serde_json::Value =
            serde_json::from_slice(&body).map_err(|_| failed("the answer is no JSON"))?;
        let id = told.get("cloudId").and_then(serde_json::Value::as_str).filter(|id| is_cloud_id(id));
        id.map(str::to_owned).ok_or_else(|| failed("the answer has none"))
    }
}

/// Whether the text can stand as one segment of a path.
fn is_cloud_id(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn origin(what: &str, text: &str, allow_http: bool) -> Result<Url> {
    let wrong = |why: &str| Error::configuration(format!("{what} {text:?} {why}"));
    let url = Url::parse(text.trim())
        .map_err(|_| wrong("is no address; write it like https://acme.atlassian.net"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // The address is not repeated: it holds a secret.
        return Err(Error::configuration(format!(
            "{what} has credentials in its address; give them to the builder"
        )));
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_http || is_loopback(&url) => {}
        "http" => return Err(wrong("would send credentials in the clear; use https, or allow_http(true)")),
        _ => return Err(wrong("is neither https nor http")),
    }
    if url.host_str().is_none_or(str::is_empty) || !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err(wrong("has more than a host; write it like https://acme.atlassian.net"));
    }
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn takes_plain_http_for_loopback_alone() {
        for site in
            ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1", "https://acme.atlassian.net/"]
        {
            assert!(Site::new(site, None, false, None, false).is_ok(), "{site} was refused");
        }
        for site in [
            "http://acme.atlassian.net",
            "http://127.0.0.1.example.com",
            "acme.atlassian.net",
            "ftp://acme.atlassian.net",
            "https://me:secret@acme.atlassian.net",
            "https://acme.atlassian.net/jira",
            "",
        ] {
            let error = Site::new(site, None, false, None, false).expect_err("the address was taken");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn refuses_a_cloud_id_that_leads_elsewhere() {
        assert!(Site::new("https://acme.atlassian.net", None, true, Some("../x".to_owned()), false).is_err());
    }
}
