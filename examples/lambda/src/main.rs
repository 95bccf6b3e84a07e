//! An Atlassian Connect app on AWS Lambda, behind an HTTP API of API Gateway. See the README.

mod app;

use lambda_http::{Error, run};

/// The router is made once a process and lives across invocations: connections to the database, install
/// keys, tenants and licenses are kept in it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(app::router().await?).await
}
