//! Connections: TLS where the server or the settings ask for it, and a pool.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

/// How long to wait for a connection, from the pool or from the server.
const WAIT: Duration = Duration::from_secs(5);

pub(crate) fn pool(url: &str, roots: Option<&[u8]>, connections: usize) -> Result<Pool, Error> {
    let (address, named_roots) = address(url);
    let mut config: Config = address
        .parse()
        .map_err(|_| Error::invalid("database address", "it is not a PostgreSQL address"))?;
    let read;
    let roots = match (roots, named_roots) {
        (Some(roots), _) => Some(roots),
        (None, Some(path)) => {
            read = std::fs::read(path).map_err(|e| {
                Error::invalid("sslrootcert of the database address", e.to_string())
            })?;
            Some(read.as_slice())
        }
        (None, None) => None,
    };
    // a server that went away without closing is noticed by the system, not by a hanging request
    config.keepalives_idle(Duration::from_secs(15));
    config.keepalives_interval(Duration::from_secs(5));
    config.keepalives_retries(3);
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(10));
    }
    if config.get_application_name().is_none() {
        config.application_name("app-license-store");
    }
    let recycle = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config, tls(roots)?, recycle);
    Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(|e| Error::invalid("connection pool", e.to_string()))
}

/// The address without what only libpq reads, and the file with the certificates it names. Where TLS is
/// used the certificate and the name are checked, so `verify-full` is what `require` is here; so is
/// `verify-ca`, which asks for less.
fn address(url: &str) -> (Cow<'_, str>, Option<String>) {
    const CHECKED: [&str; 2] = ["sslmode=verify-full", "sslmode=verify-ca"];
    let mut roots = None;
    let mut known = |pair: &str| {
        if CHECKED.contains(&pair) {
            return Some("sslmode=require".to_owned());
        }
        let Some(path) = pair.strip_prefix("sslrootcert=") else {
            return Some(pair.to_owned());
        };
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        roots = (path != "system").then(|| path.into_owned());
        None
    };
    let (before, pairs, between) = match url.split_once("://") {
        Some(_) => match url.split_once('?') {
            Some((before, pairs)) => (format!("{before}?"), pairs, '&'),
            None => return (url.into(), None),
        },
        // a value in quotes may hold anything
        None if url.contains('\'') => return (url.into(), None),
        None => (String::new(), url, ' '),
    };
    let kept: Vec<String> = pairs.split(between).filter_map(&mut known).collect();
    let address = before + &kept.join(&between.to_string());
    (address.into(), roots)
}

/// Whether TLS is used is said by `sslmode` in the address; this is how.
fn tls(roots: Option<&[u8]>) -> Result<MakeRustlsConnect, Error> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                certificate
                    .map_err(|e| e.to_string())
                    .and_then(|c| store.add(c).map_err(|e| e.to_string()))
                    .map_err(|e| Error::invalid("root certificate", e))?;
            }
            if store.is_empty() {
                return Err(Error::invalid(
                    "root certificate",
                    "there is none in the PEM text",
                ));
            }
        }
        None => {
            // one unreadable certificate of the system is no reason not to start
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::invalid("TLS", e.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn what_only_libpq_reads_is_taken_out_of_the_address() {
        for (url, kept, roots) in [
            ("postgres://u@h/d", "postgres://u@h/d", None),
            (
                "postgres://u@h/d?sslmode=verify-full&sslrootcert=/etc/a%20b.pem&connect_timeout=3",
                "postgres://u@h/d?sslmode=require&connect_timeout=3",
                Some("/etc/a b.pem"),
            ),
            (
                "postgres://u:sslmode=verify-full@h/d?sslrootcert=system",
                "postgres://u:sslmode=verify-full@h/d?",
                None,
            ),
            ("host=h sslmode=verify-ca", "host=h sslmode=require", None),
            (
                "host=h password=' sslmode=verify-full '",
                "host=h password=' sslmode=verify-full '",
                None,
            ),
        ] {
            let (address, found) = address(url);
            assert_eq!((&*address, found.as_deref()), (kept, roots), "{url}");
            let parsed: Result<tokio_postgres::Config, _> = address.parse();
            assert!(parsed.is_ok(), "{url}");
        }
    }
}
