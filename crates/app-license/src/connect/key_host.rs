//! Where the platform publishes the keys of lifecycle tokens, and which sites are its own.

use super::base_url::BaseUrl;
use super::host::is_name;
use crate::error::{Error, ErrorKind, shown};
use crate::find::named;
use crate::ids::KeyId;

/// One of the platform's clouds. Configuration names it, never a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Cloud {
    /// `*.atlassian.net` and `*.jira.com`.
    #[default]
    Commercial,
    /// `*.jira-dev.com`.
    Staging,
    /// `*.atlassian-us-gov-mod.net` and `*.atlassian-us-gov-mod.com`.
    FedRampModerate,
    /// `*.atlassian-stg-fedm.net`.
    FedRampModerateStaging,
}

/// The key hosts of one cloud and the hosts of its sites.
///
/// ```
/// use app_license::KeyId;
/// use app_license::connect::{Cloud, KeyHosts};
/// let hosts = KeyHosts::of(Cloud::Commercial);
/// let kid = KeyId::new("0e50fccb-239d-4991-a5db-dc850ba3f236")?;
/// assert_eq!(
///     hosts.key_urls(&kid).last().as_deref(),
///     Some("https://connect-install-keys.atlassian.com/0e50fccb-239d-4991-a5db-dc850ba3f236"),
/// );
/// assert!(hosts.check_site("https://example.atlassian.net").is_ok());
/// assert!(hosts.check_site("https://atlassian.net.evil.test").is_err());
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHosts {
    keys: Vec<BaseUrl>,
    sites: Vec<String>,
}

impl Cloud {
    /// Every cloud that is known by name.
    pub const ALL: [Self; 4] = [
        Self::Commercial,
        Self::Staging,
        Self::FedRampModerate,
        Self::FedRampModerateStaging,
    ];

    /// Its name in settings.
    ///
    /// ```
    /// # use app_license::connect::Cloud;
    /// assert_eq!(Cloud::FedRampModerate.name(), "fedramp-moderate");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commercial => "commercial",
            Self::Staging => "staging",
            Self::FedRampModerate => "fedramp-moderate",
            Self::FedRampModerateStaging => "fedramp-moderate-staging",
        }
    }

    /// The cloud with this name, compared exactly.
    ///
    /// ```
    /// # use app_license::connect::Cloud;
    /// assert_eq!(Cloud::from_name("staging"), Some(Cloud::Staging));
    /// assert_eq!(Cloud::from_name("elsewhere"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        named(&Self::ALL, Self::name, name)
    }

    /// The cloud that a site is of, by its host name, in any case.
    ///
    /// ```
    /// # use app_license::connect::Cloud;
    /// assert_eq!(Cloud::of_site("example.atlassian.net"), Some(Cloud::Commercial));
    /// assert_eq!(Cloud::of_site("atlassian.net.example.com"), None);
    /// ```
    #[must_use]
    pub fn of_site(host: &str) -> Option<Self> {
        let has = |cloud: &Self| cloud.sites().iter().any(|it| is_subdomain(host, it));
        Self::ALL.into_iter().find(has)
    }

    const fn key_hosts(self) -> &'static [&'static str] {
        match self {
            Self::Commercial => &[
                "https://asap-distribution.us-west-2.prod.atl-asap.net",
                "https://connect-install-keys.atlassian.com",
            ],
            Self::Staging => &[
                "https://asap-distribution.us-west-2.staging.atl-asap.net",
                "https://cs-migrations--cdn.us-east-1.staging.public.atl-paas.net",
            ],
            // the guide for Connect on the government cloud names this one first
            Self::FedRampModerate => &[
                "https://connect-install-keys.atlassian-us-gov-mod.com",
                "https://asap-distribution.us-west-2.prod.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.prod.cdn.atlassian-us-gov-mod.com",
            ],
            Self::FedRampModerateStaging => &[
                "https://asap-distribution.us-west-2.staging.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.staging.cdn.atlassian-us-gov-mod.com",
            ],
        }
    }

    const fn sites(self) -> &'static [&'static str] {
        match self {
            Self::Commercial => &["atlassian.net", "jira.com"],
            Self::Staging => &["jira-dev.com"],
            Self::FedRampModerate => &["atlassian-us-gov-mod.net", "atlassian-us-gov-mod.com"],
            Self::FedRampModerateStaging => &["atlassian-stg-fedm.net"],
        }
    }
}

impl KeyHosts {
    /// The hosts of a cloud of the platform.
    #[must_use]
    pub fn of(cloud: Cloud) -> Self {
        let keys = cloud.key_hosts();
        Self {
            keys: keys.iter().filter_map(|k| BaseUrl::new(k).ok()).collect(),
            sites: cloud.sites().iter().map(|s| (*s).to_owned()).collect(),
        }
    }

    /// Other hosts: of a cloud that is not listed here, or of a test. Keys are looked for in the
    /// given order; sites are domains, whose subdomains are meant.
    ///
    /// ```
    /// use app_license::connect::{BaseUrl, KeyHosts};
    /// let keys = BaseUrl::http_loopback("http://localhost:8099/keys")?;
    /// let hosts = KeyHosts::custom([keys], ["example.test"]);
    /// assert!(hosts.check_site("https://site.example.test").is_ok());
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn custom<'s>(
        keys: impl IntoIterator<Item = BaseUrl>,
        sites: impl IntoIterator<Item = &'s str>,
    ) -> Self {
        let sites = sites.into_iter().filter(|s| !s.is_empty());
        Self {
            keys: keys.into_iter().collect(),
            sites: sites.map(str::to_ascii_lowercase).collect(),
        }
    }

    /// Lets the sites of one more domain install: its subdomains. For a perimeter that is not
    /// listed here; together with [`KeyHosts::with_key_host`] where it has key hosts of its own.
    ///
    /// ```
    /// use app_license::connect::KeyHosts;
    /// let hosts = KeyHosts::default().with_site_domain("atlassian.example")?;
    /// assert!(hosts.check_site("https://acme.atlassian.example").is_ok());
    /// assert!(hosts.check_site("https://acme.atlassian.net").is_ok());
    /// assert!(hosts.with_site_domain("https://acme.example").is_err());
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid_base_url` when it is no name of a domain of at least two labels.
    pub fn with_site_domain(mut self, domain: &str) -> Result<Self, Error> {
        if !is_name(domain) || !domain.contains('.') {
            return Err(ErrorKind::InvalidBaseUrl {
                expected: "a domain of sites is a host name of at least two labels, without scheme and path",
                found: shown(domain),
            }
            .into());
        }
        let domain = domain.to_ascii_lowercase();
        if !self.sites.contains(&domain) {
            self.sites.push(domain);
        }
        Ok(self)
    }

    /// Looks for keys in one more place, after the others.
    ///
    /// ```
    /// use app_license::KeyId;
    /// use app_license::connect::{BaseUrl, KeyHosts};
    /// let hosts = KeyHosts::default().with_key_host(BaseUrl::new("https://keys.example")?);
    /// let urls: Vec<_> = hosts.key_urls(&KeyId::new("k")?).collect();
    /// assert_eq!(urls.last().map(String::as_str), Some("https://keys.example/k"));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn with_key_host(mut self, host: BaseUrl) -> Self {
        if !self.keys.contains(&host) {
            self.keys.push(host);
        }
        self
    }

    /// The domains whose subdomains are sites.
    pub fn site_domains(&self) -> impl Iterator<Item = &str> {
        self.sites.iter().map(String::as_str)
    }

    /// Where a key may be fetched from, first choice first. The id is the same on all of them.
    pub fn key_urls(&self, kid: &KeyId) -> impl Iterator<Item = String> {
        self.keys.iter().map(move |base| format!("{base}/{kid}"))
    }

    /// Checks that the base URL in a lifecycle body is that of a site of this cloud: `https`, a
    /// subdomain of one of its domains, no user, no port.
    ///
    /// # Errors
    /// `foreign_base_url`.
    pub fn check_site(&self, url: &str) -> Result<BaseUrl, Error> {
        let foreign = || Error::from(ErrorKind::ForeignBaseUrl { found: shown(url) });
        let base = BaseUrl::new(url).map_err(|_| foreign())?;
        if base.has_port() || !self.is_site(base.host()) {
            return Err(foreign());
        }
        Ok(base)
    }

    /// Whether a host is a site of this cloud: a subdomain of one of its domains.
    ///
    /// ```
    /// # use app_license::connect::KeyHosts;
    /// assert!(KeyHosts::default().is_site("example.atlassian.net"));
    /// assert!(!KeyHosts::default().is_site("evilatlassian.net"));
    /// ```
    #[must_use]
    pub fn is_site(&self, host: &str) -> bool {
        self.sites.iter().any(|domain| is_subdomain(host, domain))
    }
}

/// Whether a host name is below a domain, in any case.
fn is_subdomain(host: &str, domain: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let label = |l: &str| !l.is_empty() && l.bytes().all(plain);
    let at = host.len().checked_sub(domain.len());
    let Some((labels, end)) = at.and_then(|at| host.split_at_checked(at)) else {
        return false;
    };
    let labels = labels.strip_suffix('.');
    end.eq_ignore_ascii_case(domain) && labels.is_some_and(|it| it.split('.').all(label))
}

impl Default for KeyHosts {
    /// Those of the commercial cloud.
    fn default() -> Self {
        Self::of(Cloud::Commercial)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cloud, KeyHosts};
    use crate::ids::KeyId;

    #[test]
    fn every_cloud_has_its_own_key_hosts_and_sites() {
        let kid = KeyId::new("k").unwrap();
        for (cloud, site) in [
            (Cloud::Commercial, "https://a.atlassian.net"),
            (Cloud::Commercial, "https://a.jira.com"),
            (Cloud::Staging, "https://a.jira-dev.com"),
            (Cloud::FedRampModerate, "https://a.atlassian-us-gov-mod.net"),
            (Cloud::FedRampModerate, "https://a.atlassian-us-gov-mod.com"),
            (
                Cloud::FedRampModerateStaging,
                "https://a.atlassian-stg-fedm.net",
            ),
        ] {
            let hosts = KeyHosts::of(cloud);
            assert!(hosts.key_urls(&kid).count() >= 2);
            assert_eq!(Cloud::from_name(cloud.name()), Some(cloud));
            assert!(hosts.check_site(site).is_ok(), "{site}");
            for other in [Cloud::Commercial, Cloud::Staging, Cloud::FedRampModerate] {
                let same = KeyHosts::of(other) == hosts;
                assert_eq!(KeyHosts::of(other).check_site(site).is_ok(), same, "{site}");
            }
        }
    }

    #[test]
    fn the_key_host_that_the_government_guide_names_comes_first() {
        let kid = KeyId::new("k").unwrap();
        let first = KeyHosts::of(Cloud::FedRampModerate).key_urls(&kid).next();
        let named = "https://connect-install-keys.atlassian-us-gov-mod.com/k";
        assert_eq!(first.as_deref(), Some(named));
    }

    #[test]
    fn a_domain_of_sites_is_a_domain() {
        for domain in [
            "",
            "com",
            "https://a.example",
            "a.example/x",
            "a.example:1",
            "1.2.3.4",
            "*.a.example",
            ".a.example",
            "a..b",
        ] {
            let error = KeyHosts::default().with_site_domain(domain).unwrap_err();
            assert_eq!(error.code(), "invalid_base_url", "{domain}");
        }
        let hosts = KeyHosts::default()
            .with_site_domain("Sites.Example")
            .unwrap();
        assert!(hosts.is_site("acme.sites.example"));
        assert!(!hosts.is_site("sites.example") && !hosts.is_site("evilsites.example"));
        assert_eq!(hosts.site_domains().count(), 3);
    }

    #[test]
    fn lookalikes_are_foreign() {
        let hosts = KeyHosts::default();
        for url in [
            "https://atlassian.net",
            "https://.atlassian.net",
            "https://evilatlassian.net",
            "https://a.evilatlassian.net",
            "https://atlassian.net.evil.test",
            "https://a.atlassian.net.evil.test",
            "https://a.atlassian.net@evil.test",
            "https://evil.test/a.atlassian.net",
            "https://evil.test#.atlassian.net",
            "https://evil.test?.atlassian.net",
            "https://evil.test\\.atlassian.net",
            "https://a.atlassian.net:8443",
            "https://a.atlassian.net:443",
            "https://a.atlassian.net.",
            "https://a..atlassian.net",
            "https://a%2eatlassian.net",
            "http://a.atlassian.net",
            "//a.atlassian.net",
            "https://a.atlassian.net\n",
            "",
        ] {
            let error = hosts.check_site(url).unwrap_err();
            assert_eq!(error.code(), "foreign_base_url", "{url}");
        }
        assert!(hosts.check_site("https://a.atlassian.net/wiki").is_ok());
        assert!(hosts.check_site("https://a.b.atlassian.net").is_ok());
    }
}
