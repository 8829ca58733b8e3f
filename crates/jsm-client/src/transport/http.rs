//! The reqwest clients that requests are sent with, one for each way that requests go.
//!
//! An address on this machine is reached directly, whatever proxies the environment names: plain http is allowed there
//! because it stays on the machine. Reading the system's certificates takes as long as some twenty pages of a list, and
//! tests make many clients, so a client of a plain address on this machine reads none.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use reqwest::{Client, ClientBuilder, Url};

use super::clock::FOREVER;
use super::tls;
use crate::auth::address::is_loopback;
use crate::error::{Error, Result};

type Configure = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// What HTTP clients are set up with.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) user_agent: Option<String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) origin: Origin,
}

/// Where the HTTP clients come from.
#[derive(Clone)]
pub(crate) enum Origin {
    /// They are ours.
    Own,
    /// They are ours, with changes of the program's.
    Configured(Configure),
    /// The program brought one.
    Brought(Client),
}

/// The ways that requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// To this machine, without TLS.
    Plain,
    /// To this machine, with TLS.
    Local,
    /// To any other machine.
    Remote,
}

/// What requests are sent with, to the site, to its gateway, and elsewhere.
#[derive(Debug)]
pub(crate) struct Http {
    setup: Setup,
    main: (Way, Client),
    /// Whether the site and its gateway are not reached in the same way.
    mixed: bool,
    others: [OnceLock<Client>; 3],
    /// Clients that do not decompress, so that a small response cannot become a large file, and a compressed file is
    /// noticed. Each is made when it is first needed.
    for_files: [OnceLock<Client>; 3],
}

impl Http {
    pub(crate) fn new(setup: Setup, site: &Url, gateway: &Url) -> Result<Self> {
        let way = Way::to(site);
        let main = (way, setup.client_for(site)?);
        let mixed = way != Way::to(gateway);
        Ok(Self { setup, main, mixed, others: Default::default(), for_files: Default::default() })
    }

    /// What requests to the site or its gateway are built with, and what is mostly sent with.
    pub(crate) fn client(&self) -> &Client {
        &self.main.1
    }

    /// What a request to the site or its gateway is sent with.
    pub(crate) fn client_to(&self, address: &Url) -> Result<&Client> {
        if self.mixed {
            return self.client_for(address);
        }
        self.setup.check_tls(address)?;
        Ok(&self.main.1)
    }

    /// What a request to any address is sent with.
    pub(crate) fn client_for(&self, address: &Url) -> Result<&Client> {
        self.setup.check_tls(address)?;
        let way = Way::to(address);
        if way == self.main.0 || matches!(self.setup.origin, Origin::Brought(_)) {
            return Ok(&self.main.1);
        }
        self.setup.kept(&self.others, way, true)
    }

    /// What a file at any address is asked for with.
    pub(crate) fn for_files(&self, address: &Url) -> Result<&Client> {
        self.setup.check_tls(address)?;
        match self.setup.origin {
            Origin::Brought(_) => Ok(&self.main.1),
            _ => self.setup.kept(&self.for_files, Way::to(address), false),
        }
    }
}

impl Way {
    fn to(address: &Url) -> Self {
        match (is_loopback(address), address.scheme()) {
            (true, "http") => Self::Plain,
            (true, _) => Self::Local,
            (false, _) => Self::Remote,
        }
    }
}

impl Setup {
    /// A client for requests to one address.
    pub(crate) fn client_for(&self, address: &Url) -> Result<Client> {
        self.check_tls(address)?;
        self.client_by(Way::to(address), true)
    }

    /// Rejects an https address that no client of ours can reach.
    fn check_tls(&self, address: &Url) -> Result<()> {
        check_tls(address, HAS_TLS || matches!(self.origin, Origin::Brought(_)))
    }

    /// The client for a way, made unless it is there.
    fn kept<'a>(&self, clients: &'a [OnceLock<Client>; 3], way: Way, unpack: bool) -> Result<&'a Client> {
        let kept = &clients[way as usize];
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let client = self.client_by(way, unpack)?;
        Ok(kept.get_or_init(|| client))
    }

    fn client_by(&self, way: Way, unpack: bool) -> Result<Client> {
        if let Origin::Brought(client) = &self.origin {
            return Ok(client.clone());
        }
        let name = self.user_agent.as_deref();
        let builder = Client::builder()
            .user_agent(name.unwrap_or(concat!("jsm-client/", env!("CARGO_PKG_VERSION"))))
            .connect_timeout(self.connect_timeout.min(FOREVER))
            .tcp_nodelay(true);
        let builder = match &self.origin {
            Origin::Configured(configure) => configure(tls::by_reqwest(builder, way != Way::Plain)),
            Origin::Own | Origin::Brought(_) => {
                tls::by_us(builder, way != Way::Plain).map_err(|error| not_set_up().with_source(error))?
            }
        };
        let builder = if unpack { builder } else { builder.gzip(false) };
        // No operation redirects but downloads, which look at the target first.
        let builder = builder.redirect(reqwest::redirect::Policy::none());
        let builder = if way == Way::Remote { builder } else { builder.no_proxy() };
        builder.build().map_err(|error| not_set_up().with_source(error.without_url()))
    }
}

fn not_set_up() -> Error {
    Error::configuration("the HTTP client cannot be set up")
}

/// Whether the client speaks TLS by itself.
const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Rejects an https address where there is no TLS.
fn check_tls(address: &Url, has_tls: bool) -> Result<()> {
    if address.scheme() != "https" || has_tls {
        return Ok(());
    }
    let host = address.host_str().unwrap_or_default();
    Err(Error::configuration(format!(
        "https://{host} needs TLS: enable the feature rustls or native-tls of jsm-client, or pass an http_client(..)"
    )))
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("user_agent", &self.user_agent).finish_non_exhaustive()
    }
}

/// Headers that the client or the connection sets.
const OURS: [HeaderName; 11] = [
    AUTHORIZATION,
    PROXY_AUTHORIZATION,
    CONTENT_LENGTH,
    HOST,
    TRANSFER_ENCODING,
    CONNECTION,
    TE,
    TRAILER,
    UPGRADE,
    EXPECT,
    HeaderName::from_static("keep-alive"),
];

/// A header that a program adds to a request.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) else {
        return Err(Error::configuration(format!("{name:?} with this value is not a valid header")));
    };
    if name == AUTHORIZATION {
        let note = "the header authorization is set from the client's credentials; give them to the builder, with \
                    credentials(..) for a scheme of your own";
        return Err(Error::configuration(note));
    }
    if OURS.contains(&name) || name == "proxy-connection" {
        let note = format!("the header {name} belongs to the connection, which sets it; leave it out");
        return Err(Error::configuration(note));
    }
    // What it carries is unknown, so it is not shown.
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::Url;

    use super::{Http, Origin, Setup, Way, check_tls};

    #[test]
    fn https_needs_tls_and_the_error_names_the_features() {
        let https = Url::parse("https://acme.atlassian.net").expect("it is an address");
        let error = check_tls(&https, false).unwrap_err();
        assert!(error.is_configuration(), "{error}");
        let text = error.to_string();
        assert!(text.contains("acme.atlassian.net") && text.contains("rustls or native-tls"), "{text}");
        assert!(check_tls(&https, true).is_ok());
        assert!(check_tls(&Url::parse("http://127.0.0.1:1").expect("it is one"), false).is_ok());
    }

    #[test]
    fn asks_this_machine_directly_and_others_by_the_proxy() {
        let setup = Setup { user_agent: None, connect_timeout: Duration::from_secs(1), origin: Origin::Own };
        let [plain, local, remote] =
            ["http://127.0.0.1:1", "https://localhost", "https://acme.atlassian.net"]
                .map(|address| Url::parse(address).expect("it is an address"));
        assert_eq!([&plain, &local, &remote].map(Way::to), [Way::Plain, Way::Local, Way::Remote]);
        assert_eq!(Way::to(&Url::parse("http://[::ffff:127.0.0.1]/").expect("it is one")), Way::Plain);
        for (site, gateway, mixed) in [
            (&plain, &plain, false),
            (&plain, &remote, true),
            (&remote, &plain, true),
            (&local, &plain, true),
        ] {
            let http = Http::new(setup.clone(), site, gateway).expect("clients can be set up");
            assert_eq!(http.mixed, mixed, "{site} by {gateway}");
        }
    }
}
