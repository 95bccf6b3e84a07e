//! A question: the operation, then the length of every field, then the fields.

use app_license::connect::{BaseUrl, Cloud, KeyHosts, Request, RequestVerifierConfig, TenantKeys};
use app_license::{ClientKey, Error, ErrorKind, HmacKey, Leeway, SharedSecret, UnixTime};

/// The fields, in their order. The JavaScript side has the same list.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    Authorization,
    Method,
    Target,
    Form,
    BaseUrls,
    Leeway,
    Now,
    ClientKey,
    Secret,
    Previous,
    Body,
    Event,
    AppKey,
    Cloud,
    Sites,
    Keys,
    Status,
    Extra,
    Flags,
}

const FIELDS: usize = 19;
const HEAD: usize = 4 * (FIELDS + 1);

pub(crate) struct Question<'q> {
    op: i32,
    fields: [Option<&'q str>; FIELDS],
    size: usize,
}

impl<'q> Question<'q> {
    pub(crate) fn read(bytes: &'q [u8]) -> Option<Self> {
        let (head, mut rest) = bytes.split_at_checked(HEAD)?;
        let (words, _) = head.as_chunks::<4>();
        let (op, lengths) = words.split_first()?;
        let mut fields = [None; FIELDS];
        let mut size = HEAD;
        for (field, length) in fields.iter_mut().zip(lengths) {
            if let Ok(length) = usize::try_from(i32::from_le_bytes(*length)) {
                let (text, after) = rest.split_at_checked(length)?;
                *field = Some(str::from_utf8(text).ok()?);
                rest = after;
                size = size.checked_add(length)?;
            }
        }
        let op = i32::from_le_bytes(*op);
        Some(Self { op, fields, size })
    }

    pub(crate) const fn op(&self) -> i32 {
        self.op
    }

    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn get(&self, field: Field) -> Option<&'q str> {
        self.fields.get(field as usize).copied().flatten()
    }

    pub(crate) fn need(&self, field: Field, name: &'static str) -> Result<&'q str, Error> {
        self.get(field).ok_or_else(|| missing(name))
    }

    pub(crate) fn text(&self, field: Field) -> &'q str {
        self.get(field).unwrap_or_default()
    }

    fn number(&self, field: Field, name: &'static str) -> Result<Option<u64>, Error> {
        match self.get(field) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| missing(name)),
        }
    }

    /// Seconds since 1970.
    pub(crate) fn time(&self, field: Field, name: &'static str) -> Result<UnixTime, Error> {
        self.number(field, name)?
            .and_then(UnixTime::from_seconds)
            .ok_or_else(|| missing(name))
    }

    pub(crate) fn now(&self) -> Result<UnixTime, Error> {
        self.time(Field::Now, "now")
    }

    pub(crate) fn leeway(&self) -> Result<Option<Leeway>, Error> {
        match self.number(Field::Leeway, "leeway")? {
            None => Ok(None),
            Some(seconds) => match Leeway::from_seconds(seconds) {
                Some(leeway) => Ok(Some(leeway)),
                None => Err(missing("leeway")),
            },
        }
    }

    /// The values of every `Authorization` header: none of them has a NUL in it.
    pub(crate) fn authorization(&self) -> impl Iterator<Item = &'q str> + use<'q> {
        let all = self.get(Field::Authorization);
        all.into_iter().flat_map(|all| all.split('\0'))
    }

    pub(crate) fn request(&self) -> Result<Request<'q>, Error> {
        let method = self.need(Field::Method, "method")?;
        let request = Request::new(method, self.need(Field::Target, "target")?);
        Ok(match self.get(Field::Form) {
            Some(form) => request.with_form_body(form),
            None => request,
        })
    }

    pub(crate) fn base_url(&self) -> Result<BaseUrl, Error> {
        base_url(self.need(Field::BaseUrls, "baseUrl")?)
    }

    pub(crate) fn expectations(&self) -> Result<RequestVerifierConfig, Error> {
        let expected = self.expectations_but_leeway()?;
        Ok(match self.leeway()? {
            Some(leeway) => expected.with_leeway(leeway),
            None => expected,
        })
    }

    pub(crate) fn expectations_but_leeway(&self) -> Result<RequestVerifierConfig, Error> {
        let urls = self.need(Field::BaseUrls, "baseUrl")?;
        let mut urls = urls.split('\n');
        let mut expected = RequestVerifierConfig::new(base_url(urls.next().unwrap_or_default())?);
        for url in urls {
            expected = expected.accept_base_url(base_url(url)?);
        }
        if self.text(Field::Flags).contains('p') {
            expected = expected.proxy_strips_base_path();
        }
        Ok(expected)
    }

    /// The keys of one tenant: the current secret, then the one before.
    pub(crate) fn tenant_keys(&self) -> Result<TenantKeys, Error> {
        let client_key = ClientKey::new(self.need(Field::ClientKey, "clientKey")?)?;
        let key = |secret: &str| SharedSecret::new(secret).map(|secret| HmacKey::new(&secret));
        let keys = TenantKeys::new(client_key, key(self.need(Field::Secret, "secret")?)?);
        Ok(match self.get(Field::Previous) {
            Some(previous) => keys.with_previous(key(previous)?),
            None => keys,
        })
    }

    /// Whether there is a cloud of the name that is given, if one is.
    pub(crate) fn knows_cloud(&self) -> bool {
        let name = self.text(Field::Cloud).split('\n').next();
        name.is_none_or(|name| name.is_empty() || Cloud::from_name(name).is_some())
    }

    /// The key hosts and sites of a cloud: its name, or nothing for one that is not known by name,
    /// and further key hosts and sites.
    pub(crate) fn key_hosts(&self) -> Result<KeyHosts, Error> {
        let mut said = self.text(Field::Cloud).split('\n');
        let cloud = said.next().unwrap_or_default();
        let keys = said.filter(|host| !host.is_empty()).map(base_url);
        let sites = self.text(Field::Sites).split('\n');
        if cloud.is_empty() {
            let keys: Result<Vec<_>, _> = keys.collect();
            return Ok(KeyHosts::custom(keys?, sites));
        }
        let cloud = Cloud::from_name(cloud).ok_or_else(|| missing("cloud"))?;
        let mut hosts = KeyHosts::of(cloud);
        for key_host in keys {
            hosts = hosts.with_key_host(key_host?);
        }
        for site in sites.filter(|site| !site.is_empty()) {
            hosts = hosts.with_site_domain(site)?;
        }
        Ok(hosts)
    }
}

/// `http` is for this machine only, which the core sees to.
fn base_url(text: &str) -> Result<BaseUrl, Error> {
    if text.starts_with("http://") {
        BaseUrl::http_loopback(text)
    } else {
        BaseUrl::new(text)
    }
}

pub(crate) fn missing(field: &'static str) -> Error {
    ErrorKind::FieldMissing {
        what: "call",
        field,
    }
    .into()
}
