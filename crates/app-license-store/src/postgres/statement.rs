//! Statements that leave nothing in a session and find nothing there, so that a pooler may run each
//! transaction on another connection to the server.
//!
//! They are unnamed, and the types of their parameters are said: the server is asked once, not twice,
//! and no prepared statement is left behind. Settings end with the transaction that they were made in.

use std::time::Duration;

use deadpool_postgres::{Client, Object};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client as Connection, Row};

use super::fault::{Fail, failed};
use super::schema_name::SchemaName;

/// How long the server may take for one statement, and for one transaction.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// What every transaction begins with, before it locks anything. A commit that is answered must be on
/// disk, so a database that was set to forget commits is overruled; a stricter setting is left alone.
pub(super) const LOCAL: &str = "SELECT $durable,
    set_config('statement_timeout', '10s', true), set_config('lock_timeout', '5s', true),
    set_config('idle_in_transaction_session_timeout', '10s', true)";

/// A parameter with its type.
pub(super) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

pub(super) fn text<'a>(value: &'a (impl ToSql + Sync)) -> Param<'a> {
    (value, Type::TEXT)
}

pub(super) fn texts<'a>(value: &'a (impl ToSql + Sync)) -> Param<'a> {
    (value, Type::TEXT_ARRAY)
}

pub(super) fn bytes<'a>(value: &'a (impl ToSql + Sync)) -> Param<'a> {
    (value, Type::BYTEA)
}

pub(super) fn number<'a>(value: &'a (impl ToSql + Sync)) -> Param<'a> {
    (value, Type::INT8)
}

/// The rows that a statement of a transaction answers.
pub(super) async fn rows(
    connection: &Connection,
    schema: &SchemaName,
    doing: &'static str,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Row>, Fail> {
    let sql = schema.sql(sql);
    let rows = connection.query_typed(&sql, params).await;
    rows.map_err(failed(doing))
}

/// The one row of it, if there is one.
pub(super) async fn row(
    connection: &Connection,
    schema: &SchemaName,
    doing: &'static str,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Option<Row>, Fail> {
    Ok(rows(connection, schema, doing, sql, params).await?.pop())
}

/// Ends with `work`, or with the patience for it; then the connection is closed, for nobody knows what
/// the server still does on it.
pub(super) async fn patiently<T>(
    client: Client,
    doing: &'static str,
    work: impl AsyncFnOnce(&Client) -> Result<T, Fail>,
) -> Result<T, Fail> {
    let done = tokio::time::timeout(PATIENCE, work(&client)).await;
    done.unwrap_or_else(|_| {
        drop(Object::take(client));
        Err(Fail::Slow(doing))
    })
}
