//! Where requests go: the site, or the gateway with the site's cloud id.
//!
//! Plain http is accepted for loopback addresses only, unless the program allows it. Credentials report themselves
//! whether they need the gateway.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use jsm_raw::{Base, OperationInfo};
use reqwest::Url;
use tokio::sync::OnceCell;

use super::body::{read_body, read_start};
use super::classify::{self, Failure};
use super::http::Http;
use super::retry_after;
use crate::auth::address::is_loopback;
use crate::error::printable::trimmed;
use crate::error::{Error, ErrorKind, Result, redirect_target};

/// Atlassian's gateway.
const GATEWAY: &str = "https://api.atlassian.com";

/// The path at which a site publishes its cloud id.
const TENANT_INFO: &str = "/_edge/tenant_info";

/// How many bytes of that response are read.
const LARGEST_INFO: usize = 64 * 1024;

/// The path below the gateway under which sites are. What a browser or a script shows is pasted as a site's address.
const SITES: &str = "/ex/jira/";

/// What requests go to that no document describes: any path of a site, and the same path below the gateway.
pub(crate) static ANY_PATH: Base = Base::new(Some(""), Some("/ex/jira/{cloudId}"));

/// The name of the variable that the client looks up.
const CLOUD_ID: &str = "cloudId";

/// What precedes the paths of requests, below a site and below the gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BasePaths<'a> {
    /// The API; empty for a request that belongs to none.
    pub(crate) api: &'a str,
    pub(crate) site: Option<&'a str>,
    pub(crate) gateway: Option<&'a str>,
}

impl BasePaths<'static> {
    pub(crate) fn of(info: &'static OperationInfo) -> Self {
        Self { api: info.api, site: info.base.site, gateway: info.base.gateway }
    }
}

/// A site and the ways to it.
#[derive(Debug)]
pub(crate) struct Site {
    /// The site's address; the gateway's address of the site, where that was given instead.
    address: Url,
    /// Whether the site is known by the gateway's address alone.
    is_gateway: bool,
    gateway: Url,
    /// Whether requests that could go to the site go to the gateway.
    prefer_gateway: bool,
    cloud_id: OnceCell<String>,
    /// The values of other variables in the base paths of APIs.
    variables: BTreeMap<String, String>,
}

impl Site {
    pub(crate) fn new(
        site: &str,
        gateway: Option<&str>,
        prefer_gateway: bool,
        cloud_id: Option<String>,
        allow_http: bool,
    ) -> Result<Self> {
        let own_gateway =
            gateway.map(|gateway| origin("the gateway", gateway, "", allow_http)).transpose()?;
        let cloud_id = cloud_id.map(|id| trimmed(&id).to_owned());
        if let Some(id) = cloud_id.as_deref().filter(|id| !is_cloud_id(id)) {
            return Err(Error::configuration(format!("{id:?} is not a cloud id, which is a UUID")));
        }
        let pasted =
            pasted(site, cloud_id.as_deref()).filter(|(origin, _)| is_gateway(origin, own_gateway.as_ref()));
        let Some((from, id)) = pasted else {
            let site = origin("the site", site, "", allow_http)?;
            if is_atlassians_gateway(&site) {
                let note = format!(
                    "the site {GATEWAY} is the gateway of all sites; write https://acme.atlassian.net, \
                     or {GATEWAY}{SITES} with the site's cloud id"
                );
                return Err(Error::configuration(note));
            }
            let gateway = match own_gateway {
                Some(gateway) => gateway,
                // A server on this machine is the gateway of itself.
                None if is_loopback(&site) => site.clone(),
                None => origin("the gateway", GATEWAY, "", false)?,
            };
            let cloud_id = OnceCell::new_with(cloud_id);
            let variables = BTreeMap::new();
            return Ok(Self {
                address: site,
                is_gateway: false,
                gateway,
                prefer_gateway,
                cloud_id,
                variables,
            });
        };
        // A client of the gateway alone; it checks the scheme like any other address.
        let below = format!("{SITES}{id}");
        let from = origin("the site", from.as_str(), &below, allow_http)?;
        if let Some(other) = cloud_id.filter(|other| !other.eq_ignore_ascii_case(&id)) {
            let note =
                format!("the address is of the site with the cloud id {id}, and cloud_id(..) says {other}");
            return Err(Error::configuration(note));
        }
        let mut address = from.clone();
        address.set_path(&below);
        let gateway = own_gateway.unwrap_or(from);
        let cloud_id = OnceCell::new_with(Some(id));
        let variables = BTreeMap::new();
        Ok(Self { address, is_gateway: true, gateway, prefer_gateway: true, cloud_id, variables })
    }

    /// Sets the variables of base paths, other than the cloud id.
    pub(crate) fn with_variables(mut self, variables: BTreeMap<String, String>) -> Result<Self> {
        if let Some((name, value)) = variables.iter().find(|(_, value)| !is_cloud_id(value)) {
            let note = format!("{value:?} cannot be {name}: it has letters, digits and hyphens only");
            return Err(Error::configuration(note));
        }
        self.variables = variables;
        Ok(self)
    }

    /// A base path with the values of its variables, other than the cloud id.
    fn filled(&self, api: &str, path: &str) -> Result<String> {
        let mut filled = path.to_owned();
        for (name, value) in &self.variables {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        let mut missing = filled.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        match missing.find(|name| *name != CLOUD_ID) {
            None => Ok(filled),
            Some(name) => Err(Error::configuration(format!(
                "the API {api} needs {name}; give it to the builder with base_variable({name:?}, ..)"
            ))),
        }
    }

    /// Whether this is a variable in paths below the gateway whose value the client knows or looks up.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        name == CLOUD_ID || self.variables.contains_key(name)
    }

    /// What precedes the path of a request.
    ///
    /// `time` is what asking for the cloud id may take, where it is not known yet.
    pub(crate) async fn base(
        &self,
        http: &Http,
        paths: BasePaths<'_>,
        time: impl FnOnce() -> Duration,
    ) -> Result<String, Failure> {
        let (origin, path) = match (paths.site, paths.gateway) {
            (Some(_), None) if self.is_gateway => {
                let note = format!(
                    "the API {} is not on the gateway; build the client with the site's address",
                    paths.api
                );
                return Err(Error::configuration(note).into());
            }
            (Some(path), None) => (&self.address, path),
            (Some(path), Some(_)) if !self.prefer_gateway => (&self.address, path),
            (_, Some(path)) => (&self.gateway, path),
            (None, None) => {
                return Err(Error::configuration(format!("the API {} has no base", paths.api)).into());
            }
        };
        let path = self.filled(paths.api, path)?;
        let mut base = origin.as_str().trim_end_matches('/').to_owned();
        if path.contains("{cloudId}") {
            let id = self.cloud_id.get_or_try_init(|| self.look_up(http, time())).await?;
            base.push_str(&path.replace("{cloudId}", id));
        } else {
            base.push_str(&path);
        }
        Ok(base)
    }

    /// Whether the site has to be asked for its cloud id before the requests can be built.
    pub(crate) fn must_look_up(&self, paths: BasePaths<'_>) -> bool {
        let needs_it = paths.gateway.is_some_and(|path| path.contains("{cloudId}"));
        needs_it && self.cloud_id.get().is_none() && self.uses_gateway(paths)
    }

    /// Whether the requests go to the gateway.
    pub(crate) fn uses_gateway(&self, paths: BasePaths<'_>) -> bool {
        paths.gateway.is_some() && (self.prefer_gateway || paths.site.is_none())
    }

    /// Whether credentials may go to this address.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        let is_of = |own: &Url| {
            url.scheme() == own.scheme()
                && url.host() == own.host()
                && url.port_or_known_default() == own.port_or_known_default()
        };
        is_of(&self.gateway) || !self.is_gateway && is_of(&self.address)
    }

    /// The address of the site, or the gateway's of it.
    pub(crate) fn url(&self) -> &Url {
        &self.address
    }

    /// The address of the gateway.
    pub(crate) fn gateway(&self) -> &Url {
        &self.gateway
    }

    /// Requests the cloud id from the site. No credentials are needed, and none are sent.
    async fn look_up(&self, http: &Http, time: Duration) -> Result<String, Failure> {
        const NEXT: &str = "give it to the builder with cloud_id(..)";
        let note = |why: &str| format!("cannot look up the site's cloud id: {why}; {NEXT}");
        let failed = |why: &str| Failure::Permanent(Error::configuration(note(why)));
        let mut url = self.address.clone();
        url.set_path(TENANT_INFO);
        let http = http.client_to(&url)?;
        let response = http
            .get(url)
            .timeout(time)
            .send()
            .await
            .map_err(|error| classify::of_network_error(error, true).map(|error| error.map_note(note)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status != StatusCode::OK {
            let body = read_start(response, LARGEST_INFO, time).await;
            let asked = retry_after::pause(status, &headers, SystemTime::now);
            let error = Error::of_response(status, &headers, body);
            if error.is_site_unavailable() {
                return Err(error.into());
            }
            let mut why = format!("the site responds with {}", status.as_u16());
            if status.is_redirection() {
                why += &format!(" and redirects to {}", redirect_target(&headers));
            }
            let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            let kind = if passes { ErrorKind::Server } else { ErrorKind::Configuration };
            let described = Error::new(kind, note(&why)).with_retry_after(asked);
            return Err(classify::of_status(status, described, true));
        }
        let body = read_body(response, LARGEST_INFO)
            .await
            .map_err(|error| classify::of_unread_body(error.map_note(note), true))?;
        let info: serde_json::Value =
            serde_json::from_slice(&body).map_err(|_| failed("the response is not JSON"))?;
        let id = info.get("cloudId").and_then(serde_json::Value::as_str).filter(|id| is_cloud_id(id));
        id.map(str::to_owned).ok_or_else(|| failed("the response has none"))
    }
}

/// Whether the text can be one segment of a path.
fn is_cloud_id(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// The origin and the cloud id in the gateway's address of a site, or in the gateway's own with this cloud id.
fn pasted(text: &str, cloud_id: Option<&str>) -> Option<(Url, String)> {
    let mut url = Url::parse(trimmed(text)).ok()?;
    let id = match url.path().strip_prefix(SITES) {
        None if url.path() == "/" && is_atlassians_gateway(&url) => cloud_id?.to_owned(),
        None => return None,
        Some(id) => id.strip_suffix('/').unwrap_or(id).to_owned(),
    };
    url.set_path("");
    is_cloud_id(&id).then_some((url, id))
}

/// Whether sites can be below this address: it is Atlassian's gateway, the one that was set, or on this machine.
fn is_gateway(address: &Url, own: Option<&Url>) -> bool {
    let same = |gateway: &Url| gateway.origin() == address.origin();
    is_loopback(address) || own.is_some_and(same) || is_atlassians_gateway(address)
}

fn is_atlassians_gateway(address: &Url) -> bool {
    Url::parse(GATEWAY).is_ok_and(|gateway| gateway.origin() == address.origin())
}

/// A scheme and a host. What else an address has is not repeated in the error, since it can be secret; `below` is
/// what a corrected address has behind the host.
fn origin(what: &str, text: &str, below: &str, allow_http: bool) -> Result<Url> {
    let refused = |why: String| Err(Error::configuration(format!("{what} {why}")));
    let text = trimmed(text);
    let Ok(url) = Url::parse(text) else {
        let is_host = !text.is_empty()
            && text.contains('.')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        return refused(match (is_host, text.contains(['@', '?', '#', '/'])) {
            (true, _) => format!("{text:?} has no scheme; write https://{text}"),
            (false, true) => "is not an address; write it like https://acme.atlassian.net".to_owned(),
            (false, false) => format!("{text:?} is not an address; write it like https://acme.atlassian.net"),
        });
    };
    let Some(host) =
        url.host_str().filter(|host| !host.is_empty() && matches!(url.scheme(), "https" | "http"))
    else {
        // `acme.atlassian.net:443` reads as a scheme.
        return refused("is neither https nor http; write it like https://acme.atlassian.net".to_owned());
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let is_clear = url.scheme() == "http" && !allow_http && !is_loopback(&url);
    let scheme = if is_clear { "https" } else { url.scheme() };
    // More than the site was copied from the gateway's address of it.
    let id =
        url.path().strip_prefix(SITES).and_then(|rest| rest.split('/').next()).filter(|id| is_cloud_id(id));
    let deeper = id.filter(|_| is_gateway(&url, None)).map(|id| format!("{SITES}{id}")).unwrap_or_default();
    let corrected = format!("{scheme}://{host}{port}{below}{deeper}");
    let extra = match () {
        () if !url.username().is_empty() || url.password().is_some() => {
            "credentials, which belong to the builder"
        }
        () if url.fragment().is_some() => "a fragment",
        () if url.query().is_some() => "a query",
        () if !matches!(url.path(), "" | "/") => "a path",
        () if is_clear => {
            let clear = format!("http://{host}{port} would get credentials in the clear");
            return refused(format!("{clear}; write {corrected}, or allow_http(true)"));
        }
        () => return Ok(url),
    };
    refused(format!("is a scheme and a host, and this address has {extra}; write {corrected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "https://acme.atlassian.net#",
            "https://acme.atlassian.net/?token=secret",
            "https://acme.atlassian.net/#secret",
            "https://me:secret@acme .net",
            "https://api.atlassian.com/ex/jira/1/secret",
            "https://acme.atlassian.net/ex/jira/1",
            "",
        ] {
            let error = Site::new(site, None, false, None, false).expect_err("the address was taken");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn takes_the_gateways_address_of_a_site() {
        for (site, cloud_id, taken) in [
            ("https://api.atlassian.com/ex/jira/a1-b2", None, true),
            (" https://api.atlassian.com/ex/jira/a1-b2/\n", Some("A1-B2"), true),
            ("http://127.0.0.1:80/ex/jira/a1-b2", None, true),
            ("https://api.atlassian.com/ex/jira/a1-b2", Some("c3"), false),
            ("https://api.atlassian.com/ex/jira/a1-b2#top", None, false),
            ("https://api.atlassian.com/ex/jira/a1-b2?x", None, false),
            ("https://me:secret@api.atlassian.com/ex/jira/a1-b2", None, false),
            ("https://api.atlassian.com/ex/jira/", None, false),
            ("http://api.atlassian.com/ex/jira/a1-b2", None, false),
            // The gateway of all sites.
            ("https://api.atlassian.com", Some("a1-b2"), true),
            ("https://api.atlassian.com/", None, false),
            ("https://api.atlassian.com?x", Some("a1-b2"), false),
        ] {
            let site = Site::new(site, None, false, cloud_id.map(str::to_owned), false);
            assert_eq!(site.is_ok(), taken, "{site:?}");
            if let Ok(site) = site {
                assert!(site.url().path() == "/ex/jira/a1-b2" && site.prefer_gateway, "{site:?}");
                assert_eq!(site.cloud_id.get().map(String::as_str), Some("a1-b2"));
            }
        }
    }

    #[test]
    fn refuses_a_cloud_id_that_leads_elsewhere() {
        assert!(Site::new("https://acme.atlassian.net", None, true, Some("../x".to_owned()), false).is_err());
    }

    #[cfg(feature = "servicedesk")]
    #[test]
    fn a_variable_of_a_base_path_is_the_programs_to_set() {
        let mut info = jsm_raw::servicedesk::OPERATIONS[0].clone();
        let mut base = info.base.clone();
        let path = "/ferries/{harbourId}/v1";
        (base.site, base.gateway) = (None, Some(path));
        info.base = Box::leak(Box::new(base));
        let info = Box::leak(Box::new(info));
        let site = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let site = Site::new("https://acme.atlassian.net", None, false, None, false).unwrap();
            site.with_variables(variables.collect())
        };
        let harbour = site(&[("harbourId", "cork-1")]).unwrap();
        assert_eq!(harbour.filled(info.api, path).unwrap(), "/ferries/cork-1/v1");
        assert!(!harbour.must_look_up(BasePaths::of(info)), "the path has no cloud id");
        let error = site(&[]).unwrap().filled(info.api, path).unwrap_err();
        assert!(
            error.is_configuration() && error.to_string().contains("base_variable(\"harbourId\""),
            "{error}"
        );
        let error = site(&[("harbourId", "../cork")]).unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains("harbourId"), "{error}");
    }
}
