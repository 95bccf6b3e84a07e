//! Runs contract files against a shell, over real sockets.

mod compare;
mod evaluate;
mod falsify;
mod flood;
mod platform;
mod shell;
mod wire;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::file::{Case, File};
use compare::{Differences, Seen};
use evaluate::{Played, evaluate};
use platform::Platform;
use shell::Shell;

/// How long fetches that happen beside an answer are waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// What to run, and against what.
pub(crate) struct Settings {
    pub(crate) shell: String,
    pub(crate) falsify: bool,
    pub(crate) only: Option<String>,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) program: Vec<String>,
}

/// Counts for the last line.
#[derive(Debug, Default)]
struct Counts {
    cases: usize,
    exchanges: usize,
    failed: usize,
    falsified: usize,
    found: usize,
}

pub(crate) fn run(settings: &Settings) -> Result<bool> {
    let began = Instant::now();
    let mut shell = Shell::start(&settings.program)?;
    let mut counts = Counts::default();
    for path in &settings.files {
        let file = read(path)?;
        for case in &file.cases {
            if settings
                .only
                .as_ref()
                .is_some_and(|only| !case.id.contains(only))
            {
                continue;
            }
            let played = play(&file, case, &mut shell);
            let played = played.with_context(|| format!("{}, {}", path.display(), case.id))?;
            let differences = evaluate(&file, case, &played, &settings.shell);
            counts.cases += 1;
            counts.exchanges += case.requests.iter().filter(|it| !it.restart).count();
            if differences.is_empty() {
                if settings.falsify {
                    let (falsified, found) = falsify::all(&file, case, &played, &settings.shell);
                    counts.falsified += falsified;
                    counts.found += found;
                }
            } else {
                counts.failed += 1;
                tell(path, case, &differences, &played);
            }
        }
    }
    let files = settings.files.len();
    let Counts {
        cases,
        exchanges,
        failed,
        falsified,
        found,
    } = counts;
    let passed = cases - failed;
    println!(
        "contract {}: {files} files, {cases} cases, {exchanges} exchanges; {passed} cases passed, \
         {failed} failed ({:.1} s)",
        settings.shell,
        began.elapsed().as_secs_f64()
    );
    if settings.falsify {
        println!("falsified: {falsified} expectations, {found} found");
    }
    ensure!(cases > 0, "there is no case to run");
    Ok(failed == 0 && found == falsified)
}

fn read(path: &Path) -> Result<File> {
    let place = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(place)?;
    let file: File = serde_json::from_str(&text).with_context(place)?;
    ensure!(
        file.kind == "contract",
        "{} is no contract file",
        path.display()
    );
    Ok(file)
}

fn tell(path: &Path, case: &Case, found: &[(String, Differences)], played: &Played) {
    println!("\nFAILED {} {}", path.display(), case.id);
    println!("  {}", case.about);
    for (place, differences) in found {
        println!("  {place}");
        for difference in differences {
            println!("    {difference}");
        }
    }
    for (exchange, seen) in case.requests.iter().zip(&played.seen) {
        let line = format!("{} {}", exchange.method, exchange.target);
        let line: String = line.chars().take(60).collect();
        let body: String = seen.response.body.chars().take(300).collect();
        println!(
            "  | {:>5} {line} -> {} {body}",
            exchange.at, seen.response.status
        );
    }
}

/// The settings of the app: the file's, with what the case changes.
fn app_of(file: &File, case: &Case) -> Value {
    let mut app = file.app.clone();
    if let Some(patch) = &case.app {
        merge(&mut app, patch);
    }
    app
}

/// A JSON merge patch.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    if let Value::Object(into) = into {
        for (name, value) in patch {
            if value.is_null() {
                into.remove(name);
            } else {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

fn play(file: &File, case: &Case, shell: &mut Shell) -> Result<Played> {
    let app = app_of(file, case);
    let platform = Platform::start(file, case, &app)?;
    let start = json!({
        "do": "start",
        "app": app,
        "platform": platform.address().to_string(),
        "clock": case.clock,
        "store": case.store,
        "hook_failures": case.hook_failures,
        "store_fault": case.store_fault,
    });
    let mut played = Played::default();
    let answer = shell.say(&start)?;
    if answer["ok"] != true {
        let code = answer["code"].as_str().unwrap_or_default().to_owned();
        if case.not_built.is_none() {
            bail!("the app was not made: {answer}");
        }
        played.not_built = Some(code);
        return Ok(played);
    }
    let mut port = port_of(&answer)?;
    for exchange in &case.requests {
        platform.set_time(exchange.at);
        shell.set_clock(case.clock + exchange.at)?;
        if exchange.restart {
            port = port_of(&shell.tell(&json!({ "do": "restart" }))?)?;
            played.seen.push(Seen::default());
            continue;
        }
        let (response, codes) = flood::send(file, exchange, port)?;
        let waited_for = exchange.expect.fetches;
        if let Some(fetches) = waited_for {
            until(|| platform.fetches() >= fetches);
        }
        let fetches = platform.fetches();
        if waited_for.is_some() {
            // the last of them may be on its way into the shell's cache
            std::thread::sleep(Duration::from_millis(60));
        }
        played.seen.push(Seen {
            response,
            codes,
            fetches,
        });
    }
    let expected = &case.fetched;
    until(|| compare::fetched(expected, &platform.fetched()).is_empty());
    played.fetched = platform.fetched();
    played.complaints = platform.complaints();
    played.state = shell.tell(&json!({ "do": "state" }))?;
    Ok(played)
}

fn port_of(answer: &Value) -> Result<u16> {
    let port = answer["port"]
        .as_u64()
        .and_then(|port| u16::try_from(port).ok());
    port.with_context(|| format!("no port in {answer}"))
}

fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::merge;

    #[test]
    fn a_case_changes_settings_of_its_file() {
        let mut app = json!({"connect": {"key": "a", "leeway": 30}, "forge": {}});
        merge(
            &mut app,
            &json!({"connect": {"leeway": null, "cloud": "staging"}, "forge": null}),
        );
        assert_eq!(app, json!({"connect": {"key": "a", "cloud": "staging"}}));
    }
}
