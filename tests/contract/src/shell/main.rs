//! The Rust shell: `app-license-server`, with the app of a contract case.
//!
//! It is told what to do by lines of JSON on its standard input, and answers each by one line; it
//! ends when its input does. `tests/contract/README.md` has the protocol.
#![expect(
    clippy::print_stdout,
    reason = "its answers are lines on its standard output"
)]

mod app;
mod failing;
mod failure;
mod recorder;
mod routes;
mod settings;

use std::io::BufRead as _;

use anyhow::Result;
use serde_json::{Value, json};

use app::World;
use settings::Command;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut world = None;
    for line in std::io::stdin().lock().lines() {
        let answer = match serde_json::from_str::<Command>(&line?) {
            Ok(command) => runtime.block_on(perform(&mut world, command)),
            Err(error) => failed("protocol", &error.to_string()),
        };
        println!("{answer}");
    }
    Ok(())
}

async fn perform(world: &mut Option<World>, command: Command) -> Value {
    let outcome = match (command, world.as_mut()) {
        (Command::Start(start), _) => {
            // the old one ends before the new one begins
            drop(world.take());
            match World::start(*start).await {
                Ok(made) => world.insert(made).serve().await,
                Err(error) => return failed(error.code(), &error.to_string()),
            }
        }
        (_, None) => return failed("protocol", "nothing was started"),
        (Command::Clock { now }, Some(world)) => {
            world.set_clock(now);
            Ok(json!({ "ok": true }))
        }
        (Command::Restart, Some(world)) => world.serve().await,
        (Command::State, Some(world)) => world.state().await,
    };
    outcome.unwrap_or_else(|error| failed(error.code(), &error.to_string()))
}

fn failed(code: &str, message: &str) -> Value {
    json!({ "ok": false, "code": code, "message": message })
}
