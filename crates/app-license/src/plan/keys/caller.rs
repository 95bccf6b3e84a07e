//! Who sent a request, as far as its budget is concerned.

use std::net::IpAddr;

/// Where a request came from, for budgets: an IPv4 address, or the first 64 bits of an IPv6 one,
/// which is what one customer of a provider has at the least. Proves nothing about anybody.
///
/// ```
/// use app_license::plan::keys::Caller;
/// let one = Caller::at("2001:db8::1".parse().unwrap());
/// assert_eq!(one, Caller::at("2001:db8::ffff".parse().unwrap()));
/// assert_ne!(one, Caller::at("2001:db8:0:1::1".parse().unwrap()));
/// // the same machine, however its address is written
/// let four: std::net::IpAddr = "192.0.2.1".parse().unwrap();
/// assert_eq!(Caller::at(four), Caller::at("::ffff:192.0.2.1".parse().unwrap()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller(Option<IpAddr>);

impl Caller {
    /// Nobody knows. All of these are one caller.
    pub const UNKNOWN: Self = Self(None);

    /// From this address.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self(Some(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(network.into())
            }
            v4 @ IpAddr::V4(_) => v4,
        }))
    }

    /// Reads an address as sockets and proxies write it: with a port, a zone or brackets, too. Of
    /// several, as `X-Forwarded-For` has them, the last counts: what stands before it, the client may
    /// have written. What is none is [`Caller::UNKNOWN`].
    ///
    /// ```
    /// use app_license::plan::keys::Caller;
    /// assert_eq!(Caller::read(" 192.0.2.1:443"), Caller::read("192.0.2.1"));
    /// assert_eq!(Caller::read("[2001:db8::1]:443"), Caller::read("2001:db8::2"));
    /// assert_eq!(Caller::read("198.51.100.1, 192.0.2.1"), Caller::read("192.0.2.1"));
    /// assert_eq!(Caller::read("unknown"), Caller::UNKNOWN);
    /// ```
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.rsplit(',').next().unwrap_or_default().trim();
        let bare = match text.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => text,
        };
        let bare = bare.split('%').next().unwrap_or_default();
        let before_port = || bare.split(':').next().and_then(|host| host.parse().ok());
        let address: Option<IpAddr> = match bare.parse() {
            Ok(address) => Some(address),
            Err(_) => before_port().map(IpAddr::V4),
        };
        address.map_or(Self::UNKNOWN, Self::at)
    }
}

#[cfg(test)]
mod tests {
    use super::Caller;

    #[test]
    fn an_address_is_one_caller_however_it_is_written() {
        for (one, other) in [
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("192.0.2.1", " 192.0.2.1:443"),
            ("2001:db8::1", "[2001:DB8:0:0::ffff]:443"),
            ("fe80::1%eth0", "fe80::2"),
            ("", "unknown"),
            ("192.0.2.1", "198.51.100.1, 192.0.2.1:4711"),
        ] {
            assert_eq!(Caller::read(one), Caller::read(other), "{one} {other}");
        }
        for (one, other) in [
            ("192.0.2.1", "192.0.2.2"),
            ("2001:db8::1", "2001:db8:0:1::1"),
            ("192.0.2.1", ""),
        ] {
            assert_ne!(Caller::read(one), Caller::read(other), "{one} {other}");
        }
    }
}
