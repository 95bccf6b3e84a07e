//! A customer's story, told by a mock host platform that really signs and really calls the app.
#![expect(clippy::print_stdout, reason = "the story is for the terminal")]

use std::error::Error;
use std::sync::Arc;

use app_license_server::testkit::{App, Edition, MockHost, SignedRequest, Tenant};
use app_license_server::{Fetcher, serve};
use tokio::net::TcpListener;

use crate::settings::Settings;
use crate::{app, provision};

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let host = MockHost::start().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let listen = listener.local_addr()?;
    let clock = host.clock().clone();
    let database = std::env::temp_dir().join(format!("connect-backend-{}.db", listen.port()));
    let settings = Settings {
        listen,
        base_url: format!("http://{listen}"),
        database: database.clone(),
        encryption: None,
        hsts: None,
        fetcher: Fetcher::rerouted_for_tests(host.gateway().ok_or("the host is not up")?)?,
        clock: Arc::new(move || clock.now()),
    };
    let store = settings.open_store().await?;
    let (_, router) = app::router(&settings, Arc::clone(&store))?;
    tokio::spawn(serve(listener, router).into_future());
    let acme = host.tenant(
        &App::connect("com.example.reports", &settings.base_url)?,
        "acme",
    )?;
    let told = story(&host, &acme).await;
    provision::hooks(store)?
        .run_once()
        .await
        .map_err(|e| e as Box<dyn Error>)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = database.clone().into_os_string();
        file.push(suffix);
        // the last two are gone already when the store closed in time
        drop(std::fs::remove_file(file));
    }
    told
}

async fn story(host: &MockHost, acme: &Tenant) -> Result<(), Box<dyn Error>> {
    println!("acme installs the app");
    for event in acme.install()? {
        ask(host, &event, 204).await?;
    }
    acme.start_trial(Edition::Standard, 30)?;
    println!("\nacme tries Standard: the page is there, the export is not");
    page(host, acme, false).await?;
    ask(host, &acme.front_end_call("GET", "/api/export")?, 402).await?;

    acme.change_edition(Edition::Advanced)?;
    println!("\nacme changes to Advanced: the same page, the same call");
    page(host, acme, true).await?;
    ask(host, &acme.front_end_call("GET", "/api/export")?, 200).await?;

    host.clock().advance_days(31);
    println!("\na month later the trial has ended");
    page(host, acme, false).await?;
    ask(host, &acme.front_end_call("GET", "/api/export")?, 402).await?;

    println!("\nacme uninstalls the app");
    let late = acme.page("/reports")?;
    for event in acme.uninstall()? {
        ask(host, &event, 204).await?;
    }
    ask(host, &late, 401).await?;
    println!("\nas expected, all the way");
    Ok(())
}

/// Opens the iframe and looks for the button.
async fn page(host: &MockHost, acme: &Tenant, button: bool) -> Result<(), Box<dyn Error>> {
    let text = ask(host, &acme.page("/reports")?, 200).await?;
    let shown = text.contains("id=\"export\"");
    println!(
        "      export button: {}",
        if shown { "shown" } else { "hidden" }
    );
    if shown == button {
        Ok(())
    } else {
        Err(format!("the button should be {button}: {text}").into())
    }
}

async fn ask(
    host: &MockHost,
    request: &SignedRequest,
    expected: u16,
) -> Result<String, Box<dyn Error>> {
    let answer = host.deliver(request).await?;
    let (status, text) = (answer.status(), answer.text());
    let path = request.target().split('?').next().unwrap_or_default();
    println!("  {status} {path}");
    if status >= 400 {
        println!("      {text}");
    }
    if status == expected {
        Ok(text)
    } else {
        Err(format!("{path} should be answered {expected}, not {status}: {text}").into())
    }
}
