//! `app-license fortified probe`

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use app_license_marketplace::fortified::{HealthFailure, HealthResponse, health_url};
use serde::Serialize;
use serde_json::json;

use super::program::{ProgramArgs, Rules};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{BAD, Format, GOOD, one_line, paint, show, unless_closed};
use crate::wrap::hanging;

/// Check the health of an app as the platform's checker does
///
/// A GET without credentials: 200 alone, the whole answer within 3 seconds, no redirect, and a path
/// relative to the base URL. Every base URL counts by itself: give all that are live, of each region and each
/// version. Exit code 0: all healthy. 2: one is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license fortified probe https://app.example.com --path health
  app-license fortified probe https://eu.app.example.com \\
      https://us.app.example.com --path health
  app-license fortified probe https://app.example.com --path health \\
      --ndjson events.ndjson")]
pub(super) struct Args {
    /// The base URLs
    #[arg(value_name = "URL", required = true)]
    base_urls: Vec<String>,
    /// The path of the health check, relative to each base URL
    #[arg(long, default_value = "", value_name = "PATH")]
    path: String,
    /// Wait this long, in place of the program's limit; `fortified sli` keeps to its own
    #[arg(long, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..=600_000))]
    limit_ms: Option<u64>,
    /// Append what was found as events for `fortified sli`; `-` writes them in place of the answer
    #[arg(long, value_name = "FILE")]
    ndjson: Option<PathBuf>,
    #[command(flatten)]
    now: NowArgs,
    #[command(flatten)]
    program: ProgramArgs,
}

#[derive(Debug, Serialize)]
struct Output {
    healthy: bool,
    program: Rules,
    limit_ms: u64,
    base_urls: Vec<Probed>,
}

#[derive(Debug, Serialize)]
struct Probed {
    base_url: String,
    url: String,
    healthy: bool,
    status: Option<u16>,
    elapsed_ms: u64,
    failures: Vec<Failure>,
    #[serde(skip)]
    answer: HealthResponse,
}

#[derive(Debug, Serialize)]
struct Failure {
    code: &'static str,
    message: String,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let program = self.program.read(io)?;
        let mut rules = program.probe.clone();
        rules.limit_ms = self.limit_ms.unwrap_or(rules.limit_ms);
        let mut targets = Vec::new();
        for base_url in &self.base_urls {
            // one spelling of a base URL is one subject
            let target = (health_url(base_url, "")?, health_url(base_url, &self.path)?);
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        let time = crate::net::timestamp(self.now.time())?;
        let limit = Duration::from_millis(rules.limit_ms);
        let answers = crate::net::block_on(async {
            let client = client()?;
            let mut answers = Vec::new();
            // one after the other: they must not slow each other down
            for (_, url) in &targets {
                answers.push(ask(&client, url, limit).await);
            }
            Ok(answers)
        })?;
        let probed = targets
            .into_iter()
            .zip(answers)
            .map(|((base_url, url), it)| {
                let failures = rules.check(&it);
                Probed {
                    base_url,
                    url,
                    healthy: failures.is_empty(),
                    status: it.status,
                    elapsed_ms: it.elapsed_ms(),
                    failures: failures.iter().map(Failure::of).collect(),
                    answer: it,
                }
            });
        let base_urls: Vec<_> = probed.collect();
        let answer = Output {
            healthy: base_urls.iter().all(|it| it.healthy),
            program: Rules::of(&program),
            limit_ms: rules.limit_ms,
            base_urls,
        };
        match &self.ndjson {
            Some(path) if path.as_os_str() == "-" => {
                let lines = lines(&answer, time);
                unless_closed(
                    io.out
                        .write_all(lines.as_bytes())
                        .and_then(|()| io.out.flush()),
                )?;
            }
            Some(path) => {
                append(path, &lines(&answer, time))?;
                show(io, format, &answer, |out| human(out, &answer))?;
            }
            None => show(io, format, &answer, |out| human(out, &answer))?,
        }
        Ok(if answer.healthy {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }
}

impl Failure {
    fn of(failure: &HealthFailure) -> Self {
        Self {
            code: failure.code(),
            message: failure.to_string(),
        }
    }
}

/// Straight to the app: no proxy, no redirect, no cookies.
fn client() -> Result<reqwest::Client, CliError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("app-license/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| CliError::Network(format!("cannot make an HTTP client: {error}")))
}

async fn ask(client: &reqwest::Client, url: &str, limit: Duration) -> HealthResponse {
    let began = Instant::now();
    // what is known when the time is over
    let status = Cell::new(None);
    let whole = async {
        let mut response = client.get(url).send().await?;
        status.set(Some(response.status().as_u16()));
        // to its end, whatever its length: nothing of it is kept
        while response.chunk().await?.is_some() {}
        Ok::<(), reqwest::Error>(())
    };
    let ended = tokio::time::timeout(limit, whole).await;
    let elapsed = began.elapsed();
    // by the timer, however exact it is: the limit was passed
    let late = elapsed.max(limit.saturating_add(Duration::from_millis(1)));
    match (ended, status.get()) {
        (Ok(Ok(())), Some(status)) => HealthResponse::new(status, elapsed),
        (Ok(Err(error)), _) => HealthResponse::none(elapsed, crate::net::why(&error)),
        (Err(_), Some(status)) => HealthResponse::new(status, late),
        (_, None) => HealthResponse::none(late, "nothing in time"),
    }
}

/// Lines that `fortified sli` reads, and evaluates by the rules of its own program: what was found
/// within another limit than theirs is no contradiction.
fn lines(answer: &Output, time: jiff::Timestamp) -> String {
    let mut text = String::new();
    for probed in &answer.base_urls {
        let mut line = json!({
            "time": time.to_string(),
            "sli": "availability",
            "subject": probed.base_url,
        });
        let mut set = |name: &str, value: serde_json::Value| {
            if let Some(fields) = line.as_object_mut() {
                fields.insert(name.to_owned(), value);
            }
        };
        match (probed.status, &probed.answer.error) {
            (Some(status), None) => {
                set("status", json!(status));
                set("ms", json!(probed.elapsed_ms));
            }
            (_, error) => set("error", json!(error.as_deref().unwrap_or("no answer"))),
        }
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text
}

fn append(path: &std::path::Path, lines: &str) -> Result<(), CliError> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    // one call, so that two probes do not mix their lines
    file.write_all(lines.as_bytes())?;
    Ok(())
}

fn human(out: &mut dyn Write, answer: &Output) -> std::io::Result<()> {
    answer.program.human(out)?;
    for probed in &answer.base_urls {
        let word = if probed.healthy {
            paint(GOOD.bold(), "healthy")
        } else {
            paint(BAD.bold(), "failed ")
        };
        writeln!(out, "{word} {}", one_line(&probed.url))?;
        let status = probed
            .status
            .map_or_else(|| "-".to_owned(), |it| it.to_string());
        writeln!(out, "        status {status}, {} ms", probed.elapsed_ms)?;
        for failure in &probed.failures {
            let message = hanging(&one_line(&failure.message), 8);
            writeln!(out, "        {message}")?;
        }
    }
    Ok(())
}
