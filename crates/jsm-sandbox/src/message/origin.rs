//! The servers that a site consists of, each with an address of its own.

/// The id by which the gateway knows the site.
pub(crate) const CLOUD_ID: &str = "5a4db0c5-0000-4000-8000-00000000c10d";

/// One of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The site itself, such as `https://example.atlassian.net`.
    Site,
    /// The gateway, `https://api.atlassian.com`.
    Gateway,
    /// The origin of files.
    Media,
}

/// Scheme, host and port of each server.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) site: String,
    pub(crate) gateway: String,
    pub(crate) media: String,
}
