//! Who sent a request, for budgets.

use std::net::IpAddr;

/// The network of an address: an IPv4 address, or the first 64 bits of an IPv6 one, which is what
/// one customer of a provider has at the least; none where it is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Caller(Option<IpAddr>);

impl Caller {
    /// Reads an address as sockets and proxies write it: with a port, a zone or brackets, too.
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim();
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
        Self(address.map(|address| match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(network.into())
            }
            v4 @ IpAddr::V4(_) => v4,
        }))
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
