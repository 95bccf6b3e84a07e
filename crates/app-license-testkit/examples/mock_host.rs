//! The mock host as a process, for apps in other languages: commands on standard input, one JSON
//! answer a line on standard output.
//!
//! First it says where its services are. Then:
//!
//! | command | what it does |
//! |---|---|
//! | `app KEY BASE_URL` | names the app under test |
//! | `install SITE`, `uninstall SITE`, `rotate SITE`, `disable SITE`, `enable SITE` | moves, delivered |
//! | `buy SITE EDITION`, `trial SITE EDITION DAYS`, `expire SITE` | licenses, delivered |
//! | `page SITE TARGET` | the request that opens a page, not delivered |
//! | `unsigned SITE` | `installed` without its token, delivered |
//!
//! It ends with its standard input.
#![expect(clippy::print_stdout, reason = "how it answers")]

use std::io::{BufRead as _, stdin};

use app_license_testkit::{App, Edition, MockHost, SignedRequest, TestClock};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn edition(name: Option<&str>) -> Result<Edition, Failure> {
    let name = name.unwrap_or_default();
    Edition::from_name(name).ok_or_else(|| format!("no edition `{name}`").into())
}

async fn delivered(host: &MockHost, events: Vec<SignedRequest>) -> Result<Value, Failure> {
    let mut statuses = Vec::new();
    for event in &events {
        let delivery = host.deliver(event).await?;
        statuses.push(json!({ "status": delivery.status(), "body": delivery.text() }));
    }
    Ok(json!({ "delivered": statuses }))
}

async fn perform(host: &MockHost, app: &mut Option<App>, line: &str) -> Result<Value, Failure> {
    let mut words = line.split_whitespace();
    let (command, name) = (words.next().unwrap_or_default(), words.next());
    if command == "app" {
        let base_url = words.next().unwrap_or_default();
        *app = Some(App::connect(name.unwrap_or_default(), base_url)?);
        return Ok(json!({}));
    }
    let app = app.as_ref().ok_or("name the app first")?;
    let tenant = host.tenant(app, name.unwrap_or_default())?;
    let events = match command {
        "install" => tenant.install()?,
        "uninstall" => tenant.uninstall()?,
        "rotate" => tenant.rotate_secret()?,
        "disable" => tenant.disable()?,
        "enable" => tenant.enable()?,
        "buy" => tenant.buy(edition(words.next())?)?,
        "trial" => {
            let edition = edition(words.next())?;
            tenant.start_trial(edition, words.next().unwrap_or_default().parse()?)?
        }
        "expire" => tenant.expire()?,
        "page" => {
            let page = tenant.page(words.next().unwrap_or("/"))?;
            return Ok(json!({ "url": page.url() }));
        }
        "unsigned" => {
            let events = tenant.install()?.into_iter();
            events.map(SignedRequest::without_token).collect()
        }
        other => return Err(format!("no command `{other}`").into()),
    };
    delivered(host, events).await
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let clock = TestClock::ticking();
    clock.stamp_tokens_by_system(true);
    let host = MockHost::builder().clock(clock).start().await?;
    println!(
        "{}",
        json!({
            "installKeys": host.install_keys_url(),
            "jwks": host.jwks_url(),
            "sites": host.sites_url(),
            "forgeApi": host.forge_api_url(),
        })
    );
    let mut app = None;
    for line in stdin().lock().lines() {
        let answer = perform(&host, &mut app, &line?).await;
        println!(
            "{}",
            answer.unwrap_or_else(|error| json!({ "error": error.to_string() }))
        );
    }
    Ok(())
}
