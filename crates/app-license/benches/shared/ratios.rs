//! What times of one run are to each other, and whether that is what is asked. The fastest sample of each
//! counts: other work on a machine makes samples slower, and never faster.

use std::path::{Path, PathBuf};

/// What is asked of a ratio.
#[derive(Clone, Copy)]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "compiled into several benches, which do not use all of it"
)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    Nothing,
}

/// Where the benches of this crate have their results.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion")
}

/// The fastest sample of the last run, in ns for one turn.
pub(crate) fn fastest(output: &Path, name: &str) -> Option<f64> {
    // the first `/` may be the one of a group
    let folders = [name.replace('/', "_"), name.to_owned()];
    let text = folders
        .iter()
        .find_map(|f| std::fs::read_to_string(output.join(f).join("new/sample.json")).ok())?;
    let sample: Sample = serde_json::from_str(&text).ok()?;
    let turns = sample.times.iter().zip(&sample.iters);
    turns.map(|(time, count)| time / count).reduce(f64::min)
}

/// What criterion keeps of a bench.
#[derive(serde::Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// Prints what the first of each pair is to the second.
pub(crate) fn print(output: &Path, pairs: &[(&str, &str, Goal)]) {
    println!("\n{:<48} {:>9} {:>9} {:>7}  goal", "", "ns", "ns", "ratio");
    for (one, other, goal) in pairs {
        let (Some(a), Some(b)) = (fastest(output, one), fastest(output, other)) else {
            continue;
        };
        let ratio = a / b;
        let met = |yes| if yes { "met" } else { "MISSED" };
        let goal = match goal {
            Goal::AtMost(most) => format!("<= {most}: {}", met(ratio <= *most)),
            Goal::AtLeast(least) => format!(">= {least}: {}", met(ratio >= *least)),
            Goal::Nothing => String::new(),
        };
        let names = format!("{one} : {other}");
        println!("{names:<48} {a:>9.1} {b:>9.1} {ratio:>7.2}  {goal}");
    }
}
