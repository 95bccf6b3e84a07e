//! Where a request came from, for budgets.

use std::net::SocketAddr;

use app_license_client::Caller;
use axum::extract::ConnectInfo;
use http::HeaderName;
use http::request::Parts;

/// Where the address of a client stands.
#[derive(Debug, Clone)]
pub(crate) enum ClientAddress {
    /// The other end of the connection.
    Peer,
    /// A header that the nearest proxy writes, the last address in it.
    Header(HeaderName),
}

impl ClientAddress {
    pub(crate) fn of(&self, parts: &Parts) -> Caller {
        let caller = match self {
            Self::Peer => {
                let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
                peer.map(|ConnectInfo(peer)| Caller::at(peer.ip()))
            }
            Self::Header(name) => {
                let last = parts.headers.get_all(name).iter().next_back();
                let text = last.and_then(|value| value.to_str().ok());
                text.map(Caller::read)
            }
        };
        caller.unwrap_or(Caller::UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_of_the_last_header_counts() {
        let header = ClientAddress::Header(HeaderName::from_static("x-forwarded-for"));
        let caller = |values: &[&str]| {
            let mut request = http::Request::builder();
            for value in values {
                request = request.header("x-forwarded-for", *value);
            }
            header.of(&request.body(()).unwrap().into_parts().0)
        };
        let at = |text: &str| Caller::at(text.parse().unwrap());
        // what stands before it, the client may have written
        assert_eq!(caller(&["198.51.100.1, 192.0.2.7"]), at("192.0.2.7"));
        assert_eq!(caller(&["198.51.100.1", "192.0.2.7"]), at("192.0.2.7"));
        assert_eq!(caller(&["192.0.2.7:4711"]), at("192.0.2.7"));
        assert_eq!(caller(&["[2001:db8::1]:4711"]), at("2001:db8::1"));
        assert_eq!(caller(&["[2001:db8::1]"]), at("2001:db8::1"));
        for unknown in [&["unknown"][..], &[""], &[]] {
            assert_eq!(caller(unknown), Caller::UNKNOWN);
        }
    }
}
