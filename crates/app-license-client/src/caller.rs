//! Who sent a request, as far as its budget is concerned.

use std::net::IpAddr;

/// Where a request came from, for budgets: an IPv4 address, or the first 64 bits of an IPv6 one,
/// which is what one customer of a provider has at the least. Proves nothing about anybody.
///
/// ```
/// use app_license_client::Caller;
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
}
