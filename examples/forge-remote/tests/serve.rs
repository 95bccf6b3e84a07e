//! The remote as it is served, driven by a mock host platform from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Child, Command};
use std::time::Duration;

use app_license_testkit::{App, Edition, Invocation, MockHost};

const APP_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn served_by_environment_variables() {
    let host = MockHost::start().await.unwrap();
    host.clock().stamp_tokens_by_system(true);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let folder = tempfile::tempdir().unwrap();
    let served = Command::new(env!("CARGO_BIN_EXE_forge-remote"))
        .env("PORT", port.to_string())
        .env("DATABASE", folder.path().join("installations.db"))
        .env("APP_ID", APP_ID)
        .env("MOCK_HOST", host.gateway().unwrap().to_string())
        .spawn();
    let _served = Served(served.unwrap());
    let address = format!("http://127.0.0.1:{port}");
    while tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_err()
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let app = App::forge(APP_ID, &address).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    for event in acme.install().unwrap() {
        let answer = host.deliver(&event).await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text());
    }
    acme.buy(Edition::Advanced).unwrap();
    let page = Invocation::ui("reports-page");
    let call = acme.invoke("POST", "/export", &page).unwrap();
    let answer = host.deliver(&call).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
}
