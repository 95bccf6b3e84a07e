//! A customer's story, told by a mock host platform that really signs and really calls the remote.
#![expect(clippy::print_stdout, reason = "the story is for the terminal")]

use std::error::Error;
use std::sync::Arc;

use app_license_server::testkit::{App, Edition, Invocation, MockHost, SignedRequest, Tenant};
use app_license_server::{Fetcher, serve};
use tokio::net::TcpListener;

use crate::app;
use crate::settings::Settings;

const APP_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let host = MockHost::start().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let listen = listener.local_addr()?;
    let clock = host.clock().clone();
    let settings = Settings {
        listen,
        app_id: APP_ID.to_owned(),
        hsts: None,
        database: std::env::temp_dir().join(format!("forge-remote-{}.db", listen.port())),
        fetcher: Fetcher::rerouted_for_tests(host.gateway().ok_or("the host is not up")?)?,
        clock: Arc::new(move || clock.now()),
    };
    let router = app::router(&settings, settings.open_store().await?)?;
    tokio::spawn(serve(listener, router).into_future());
    let acme = host.tenant(&App::forge(APP_ID, &format!("http://{listen}"))?, "acme")?;
    let told = story(&host, &acme).await;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = settings.database.clone().into_os_string();
        file.push(suffix);
        // the last two are gone already when the store closed in time
        drop(std::fs::remove_file(file));
    }
    told
}

async fn story(host: &MockHost, acme: &Tenant) -> Result<(), Box<dyn Error>> {
    let page = Invocation::ui("reports-page");
    let invoke = |path| acme.invoke("POST", path, &page);
    println!("acme installs the app");
    for event in acme.install()? {
        ask(host, &event, 204).await?;
    }
    acme.start_trial(Edition::Standard, 30)?;
    println!("\nacme tries Standard");
    ask(host, &invoke("/summary")?, 200).await?;
    ask(host, &invoke("/export")?, 402).await?;

    acme.change_edition(Edition::Advanced)?;
    println!("\nacme changes to Advanced: the same calls");
    ask(host, &invoke("/summary")?, 200).await?;
    ask(host, &invoke("/export")?, 200).await?;

    host.rotate_jwks(false)?;
    println!("\nthe platform signs with another key");
    ask(host, &invoke("/export")?, 200).await?;

    host.clock().advance_days(31);
    println!("\na month later the trial has ended");
    ask(host, &invoke("/summary")?, 402).await?;
    ask(host, &invoke("/export")?, 402).await?;

    println!("\nacme uninstalls the app: a call of before comes late");
    let late = invoke("/summary")?;
    for event in acme.forge_lifecycle("preUninstall")? {
        ask(host, &event, 204).await?;
    }
    ask(host, &late, 401).await?;
    println!("\nas expected, all the way");
    Ok(())
}

async fn ask(
    host: &MockHost,
    request: &SignedRequest,
    expected: u16,
) -> Result<(), Box<dyn Error>> {
    let answer = host.deliver(request).await?;
    let (status, path, text) = (answer.status(), request.target(), answer.text());
    println!("  {status} {path}  {text}");
    if status == expected {
        Ok(())
    } else {
        Err(format!("{path} should be answered {expected}, not {status}: {text}").into())
    }
}
