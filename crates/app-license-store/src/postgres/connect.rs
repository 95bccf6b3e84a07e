//! Connections: TLS where the server or the settings ask for it, a pool, settings a session needs.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

/// How long to wait for a connection, from the pool or from the server.
const WAIT: Duration = Duration::from_secs(5);

/// What every session is told. A commit that is answered must be on disk, so a database that was
/// set to forget commits is overruled; a stricter setting is left alone.
const SESSION: &str = "SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';
    SELECT set_config('statement_timeout', '10s', false),
        set_config('lock_timeout', '5s', false),
        set_config('idle_in_transaction_session_timeout', '10s', false)";

pub(crate) fn pool(url: &str, roots: Option<&[u8]>, connections: usize) -> Result<Pool, Error> {
    let mut config: Config = url
        .parse()
        .map_err(|_| Error::invalid("database address", "it is not a PostgreSQL address"))?;
    // a server that went away without a word is noticed by the system, not by a hanging request
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
    let session = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
        Box::pin(async move {
            let told = client.batch_execute(SESSION).await;
            told.map_err(HookError::Backend)
        })
    });
    Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .post_create(session)
        .build()
        .map_err(|e| Error::invalid("connection pool", e.to_string()))
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
