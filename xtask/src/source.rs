//! Reading a document from a file or an address, up to a limit.
//!
//! What the bytes mean is decided in `jsm_codegen::document`.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::{StatusCode, Uri};

use crate::outcome::Error;

/// The most bytes that are read: a hundred times what the largest of these documents has.
pub const LIMIT: u64 = 50 * 1024 * 1024;

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// An address: https, or http on this machine.
    Url(String),
}

impl Source {
    /// Takes what has a scheme for an address, anything else for a file.
    pub fn new(text: &str) -> Self {
        if text.contains("://") { Source::Url(text.to_owned()) } else { Source::File(PathBuf::from(text)) }
    }

    /// Reads the whole document.
    ///
    /// # Errors
    /// Fails with exit code 2 if there is no such file, the address is not allowed or does not respond with 200, or there
    /// are more than [`LIMIT`] bytes.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        match self {
            Source::File(path) => {
                let failed = |error: std::io::Error| match error.kind() {
                    ErrorKind::NotFound => {
                        Error::input(self.to_string(), "there is no such file", "check the path")
                    }
                    _ => Error::input(self.to_string(), format!("{error}"), "give a file that can be read"),
                };
                let mut bytes = Vec::new();
                File::open(path)
                    .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
                    .map_err(failed)?;
                if bytes.len() as u64 > LIMIT { Err(self.too_large()) } else { Ok(bytes) }
            }
            Source::Url(url) => self.fetch(url),
        }
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>, Error> {
        let uri: Uri = url
            .parse()
            .map_err(|error| Error::input(url, format!("not an address ({error})"), "check the address"))?;
        let secure = match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => true,
            (Some("http"), Some(host)) if is_loopback(host) => false,
            _ => {
                let problem = "only https is read (http on this machine alone)";
                return Err(Error::input(url, problem, "give an https address, or a file"));
            }
        };
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .https_only(secure)
            .timeout_global(Some(Duration::from_secs(120)));
        if !secure {
            // A loopback server is asked directly, and may not send us elsewhere over plain http.
            config = config.proxy(None).max_redirects(0);
        }
        let agent = config.build().new_agent();
        const OFFLINE: &str =
            "check the address and the network, or fetch the file yourself and give it with --from FILE";
        let mut response =
            agent.get(url).call().map_err(|error| Error::input(url, format!("{error}"), OFFLINE))?;
        if response.status() != StatusCode::OK {
            return Err(Error::input(
                url,
                format!("the response has HTTP status {}, not 200", response.status().as_u16()),
                "check the address in a browser; a file can be given with --from FILE",
            ));
        }
        response.body_mut().with_config().limit(LIMIT).read_to_vec().map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => self.too_large(),
            error => Error::input(url, format!("the response broke off ({error})"), OFFLINE),
        })
    }

    fn too_large(&self) -> Error {
        Error::input(
            self.to_string(),
            format!("larger than {} MB", LIMIT / (1024 * 1024)),
            "check that it is the API document; the known ones have less than 1 MB",
        )
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Url(url) => f.write_str(url),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
