//! A throw-away PostgreSQL cluster for tests.
//!
//! [`Cluster::start`] makes a cluster in a temporary directory, on a Unix socket and without a TCP
//! port, and removes both when it is dropped. PostgreSQL refuses to run as root: then it is run as
//! `postgres` or `nobody`. Where it cannot be started the error says what to install; a test that
//! needs a database must fail then, not pass.
//!
//! ```no_run
//! use app_license_pgtest::Cluster;
//! let cluster = Cluster::start()?;
//! cluster.sql("CREATE TABLE report (tenant text)")?;
//! assert_eq!(cluster.sql("SELECT count(*) FROM report")?.trim(), "0");
//! # Ok::<(), app_license_pgtest::Failure>(())
//! ```
//!
//! The programs are looked for in `APP_LICENSE_PG_BIN`, then in `PATH`, then where Debian and
//! others put them. [`Pooler::start`] puts PgBouncer before a cluster.

mod cluster;
mod failure;
mod pooler;
mod programs;
mod standby;
mod template;
mod tls;

pub use cluster::Cluster;
pub use failure::Failure;
pub use pooler::Pooler;
pub use tls::TlsCluster;

/// The README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
