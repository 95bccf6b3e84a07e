//! Hosts of base URLs: names and addresses in ASCII. A name with other letters is written in
//! Punycode, as the platform does.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest name, in bytes.
const MAX_NAME: usize = 253;
/// The longest label of a name, in bytes.
const MAX_LABEL: usize = 63;

/// Whether a text is a host, perhaps with a port.
pub(super) fn is_authority(text: &str) -> bool {
    let port = |port: &str| port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit());
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        let is_port = rest.is_empty() || rest.strip_prefix(':').is_some_and(port);
        return is_port && address.parse::<Ipv6Addr>().is_ok();
    }
    match text.split_once(':') {
        Some((host, number)) => port(number) && (is_name(host) || is_ipv4(host)),
        None => is_name(text) || is_ipv4(text),
    }
}

/// Whether a host is a name, and not an address.
pub(super) fn is_name(host: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let label = |l: &str| (1..=MAX_LABEL).contains(&l.len()) && l.bytes().all(plain);
    let last = host.rsplit('.').next().unwrap_or_default();
    // what ends in a number is read as an address everywhere
    let number = last.starts_with("0x") || last.starts_with("0X") || !has_letter(last);
    host.len() <= MAX_NAME && host.split('.').all(label) && !number
}

fn has_letter(label: &str) -> bool {
    label.bytes().any(|b| !b.is_ascii_digit())
}

fn is_ipv4(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_authority, is_name};

    #[test]
    fn names_and_addresses() {
        for host in [
            "example.atlassian.net",
            "localhost",
            "xn--bcher-kva.example",
            "a_b.example.com:8443",
            "127.0.0.1:80",
            "[::1]:3000",
        ] {
            assert!(is_authority(host), "{host}");
        }
        for host in [
            "",
            ".",
            "a..b",
            "a.",
            "a:",
            "a:b",
            "a:65536",
            "a:+1",
            "1.2.3",
            "1.2.3.4.5",
            "0x7f",
            "a.0x1",
            "[::1",
            "[::1]x",
            "[1.2.3.4]",
            "a%2e",
            "a/b",
            "é.example",
        ] {
            assert!(!is_authority(host), "{host}");
        }
        assert!(!is_name("127.0.0.1"));
    }

    /// Mostly hosts, and texts that are nearly hosts.
    fn any_host() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "([a-zA-Z0-9_-]{1,6}\\.){0,3}[a-z][a-z0-9-]{0,5}(:[0-9]{1,5})?",
            1 => "[0-9]{1,3}(\\.[0-9]{1,3}){3}(:[0-9]{1,4})?",
            1 => "\\[[0-9a-f:]{2,12}\\](:[0-9]{1,4})?",
            1 => "[a-zA-Z0-9.:_\\[\\]-]{1,24}",
        ]
    }

    proptest! {
        /// What is a host here is the same host to the URL crate, which reads Punycode besides.
        #[test]
        fn the_url_crate_agrees(host in any_host()) {
            if !is_authority(&host) || host.to_ascii_lowercase().contains("xn--") {
                return Ok(());
            }
            let url = url::Url::parse(&format!("https://{host}/")).unwrap();
            prop_assert!(url.has_host());
            if let (None, true) = (host.find(':'), is_name(&host)) {
                let lower = host.to_ascii_lowercase();
                prop_assert_eq!(url.host_str(), Some(lower.as_str()));
                prop_assert!(matches!(url.host(), Some(url::Host::Domain(_))));
            }
        }
    }
}
