//! Who may reach the database, and how: roles, TLS, and what errors show.

use app_license::KeyId;
use app_license_pgtest::TlsCluster;
use app_license_store::{InstallKey, InstallKeyStore, InstallationStore, PostgresOptions};

use super::{cluster, fresh_schema};
use crate::support::{installed, now, tenant};

#[tokio::test]
async fn an_error_shows_neither_password_nor_values() {
    let cluster = cluster();
    let url = "postgres://app:p4ssw0rd@127.0.0.1:1/app";
    let error = PostgresOptions::new(url)
        .plain_text()
        .connect()
        .await
        .unwrap_err();
    let said = format!(
        "{error} {error:?} {:?}",
        PostgresOptions::new(url).plain_text()
    );
    assert!(!said.contains("p4ssw0rd"), "{said}");
    assert_eq!(error.code(), "store_unavailable");
    let url = "postgres://app:p4ssw0rd@h/app?sslmode=nonsense";
    let error = PostgresOptions::new(url)
        .plain_text()
        .connect()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database address cannot be used: it is not a PostgreSQL address"
    );

    // a row that the database refuses: it would repeat all its values in the detail
    let schema = fresh_schema();
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .schema(&schema);
    let store = options.connect().await.unwrap();
    let sql = format!("ALTER TABLE {schema}.installation ADD CHECK (length(tenant) < 5)");
    cluster.sql(&sql).unwrap();
    let error = store.apply(installed("a", "1"), now()).await.unwrap_err();
    let said = format!("{error} {error:?}");
    let hex: String = "sh4red".bytes().map(|b| format!("{b:02x}")).collect();
    assert!(
        said.contains("23514") && !said.contains("sh4red") && !said.contains(&hex),
        "{said}"
    );
}

#[tokio::test]
async fn tls_that_is_required_is_not_done_without() {
    let cluster = cluster();
    let url = cluster.url().replace("sslmode=disable", "sslmode=require");
    let error = PostgresOptions::new(url)
        .plain_text()
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    let options = PostgresOptions::new(cluster.url())
        .plain_text()
        .root_certificates("no certificate");
    assert_eq!(options.connect().await.unwrap_err().code(), "invalid");
}

#[tokio::test]
async fn the_certificate_and_the_name_are_checked() {
    let tls = TlsCluster::start().unwrap();
    let (port, authority) = (tls.port, tls.authority.display());
    let connect = |host: &str, query: &str| {
        let url = format!("postgres://test@{host}:{port}/postgres?{query}");
        PostgresOptions::new(url).plain_text().connect()
    };
    let full = format!("sslmode=verify-full&sslrootcert={authority}");
    let store = connect("localhost", &full).await.unwrap();
    store.apply(installed("a", "1"), now()).await.unwrap();
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE ssl AND application_name = 'app-license-store'";
    assert_eq!(tls.cluster.sql(encrypted).unwrap().trim(), "1");
    // another name, another authority: refused, with `require` too
    let required = format!("sslmode=require&sslrootcert={authority}");
    for (host, query, why) in [
        ("127.0.0.1", full.as_str(), "not valid for name"),
        ("127.0.0.1", required.as_str(), "not valid for name"),
        ("localhost", "sslmode=verify-full", "UnknownIssuer"),
        ("localhost", "sslmode=require", "UnknownIssuer"),
        ("localhost", "", "UnknownIssuer"),
    ] {
        let error = connect(host, query).await.unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let source = source.unwrap_or_default();
        assert_eq!(error.code(), "store_unavailable", "{host} {query}");
        assert!(source.contains(why), "{host} {query}: {source}");
    }
    let nowhere = "sslmode=verify-full&sslrootcert=/nowhere/ca.pem";
    assert_eq!(
        connect("localhost", nowhere).await.unwrap_err().code(),
        "invalid"
    );
}

#[tokio::test]
async fn the_owner_migrates_and_the_app_s_role_needs_no_right_to_create() {
    let cluster = cluster();
    let schema = fresh_schema();
    let owner = PostgresOptions::new(cluster.url()).schema(&schema);
    let role = format!("modest_{schema}");
    cluster.sql(&format!("CREATE ROLE {role} LOGIN")).unwrap();
    let url = cluster.url().replace("//test@", &format!("//{role}@"));
    let app = PostgresOptions::new(url).plain_text().schema(&schema);

    let error = app.clone().connect().await.unwrap_err();
    assert_eq!(error.code(), "may_not_migrate");
    let said = error.to_string();
    assert!(said.contains("version 0, this program needs 6"), "{said}");
    assert!(said.contains("app-license store migrate"), "{said}");

    owner.clone().migrate().await.unwrap();
    let grant = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
        ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
    );
    cluster.sql(&grant).unwrap();
    let store = app.clone().connect().await.unwrap();
    store.apply(installed("a", "1"), now()).await.unwrap();

    // a new version of the app is started before the owner migrated: the last migration is taken back
    let older = include_str!("../../fixtures/postgres-6-to-5.sql");
    let older = format!("SET search_path TO {schema}; {older}");
    cluster.sql(&older).unwrap();
    let error = app.clone().connect().await.unwrap_err();
    assert_eq!(error.code(), "may_not_migrate");
    owner.migrate().await.unwrap();
    let store = app.connect().await.unwrap();
    let proved = InstallKey::new(KeyId::new("k-1").unwrap(), "pem");
    store.put_install_key(&proved, now()).await.unwrap();
    assert!(store.get(&tenant("a")).await.unwrap().is_some());
}
