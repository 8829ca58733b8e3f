//! The servers that the sandbox consists of, each with an address of its own.

/// The id by which the gateway knows the first site.
pub(crate) const CLOUD_ID: &str = "5a4db0c5-0000-4000-8000-00000000c10d";

/// One of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A site itself, such as `https://example.atlassian.net`.
    Site,
    /// The gateway, `https://api.atlassian.com`.
    Gateway,
    /// The origin of files.
    Media,
}

/// Scheme, host and port of each server.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    /// The first site.
    pub(crate) site: String,
    /// The other sites.
    pub(crate) others: Vec<SiteAddress>,
    pub(crate) gateway: String,
    pub(crate) media: String,
}

/// A site of a sandbox, as [`Sandbox::sites`](crate::Sandbox::sites) lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteAddress {
    /// The id by which the gateway knows it.
    pub cloud_id: String,
    /// Its name.
    pub name: String,
    /// Its address, without a slash at the end.
    pub url: String,
}

impl Origins {
    /// All sites. The first one is the sandbox's own.
    pub(crate) fn sites(&self) -> Vec<SiteAddress> {
        (0..=self.others.len()).map(|site| self.site(site)).collect()
    }

    /// A site; the first one where there is none with this number.
    pub(crate) fn site(&self, site: usize) -> SiteAddress {
        let first = || SiteAddress {
            cloud_id: CLOUD_ID.to_owned(),
            name: "sandbox".to_owned(),
            url: self.site.clone(),
        };
        self.other(site).cloned().unwrap_or_else(first)
    }

    /// The number of the site that a request came to, by its header `Host`; the first site by default.
    pub(crate) fn site_at(&self, host: Option<&str>) -> usize {
        let host = host.unwrap_or_default();
        let is_meant = |site: &SiteAddress| site.url.split_once("://").is_some_and(|(_, own)| own == host);
        self.others.iter().position(is_meant).map_or(0, |other| other + 1)
    }

    /// The address of a site.
    pub(crate) fn url(&self, site: usize) -> &str {
        self.other(site).map_or(&self.site, |other| &other.url)
    }

    /// The id of a site.
    pub(crate) fn cloud_id(&self, site: usize) -> &str {
        self.other(site).map_or(CLOUD_ID, |other| &other.cloud_id)
    }

    fn other(&self, site: usize) -> Option<&SiteAddress> {
        self.others.get(site.checked_sub(1)?)
    }
}
