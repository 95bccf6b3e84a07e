//! What it takes to check a large app: the sources of the examples, copied until there are so many files.
//! Twice: with each file about licenses, and with one in twenty, as in an app; the others are the same code
//! with the words about licenses written backwards.
//!
//! ```text
//! cargo bench -p app-license-doctor --bench doctor
//! cargo bench -p app-license-doctor --bench doctor -- 20000
//! ```
//!
//! Each round reads the folder from the disk, parses every file and runs every rule, as
//! `app-license doctor` does. Nothing passes or fails.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    reason = "a bench reads the clock, tells figures, and ends when anything is wrong"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use app_license_doctor::{Options, Project, check};
use app_license_source::Language;

const FILES: usize = 5_000;
const ROUNDS: usize = 7;
/// Where sources are that people wrote.
const FROM: [&str; 4] = [
    "examples",
    "wasm/js/src",
    "crates/app-license-server",
    "crates/app-license-lab",
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let count = arguments.iter().find_map(|a| a.parse().ok());
    let count: usize = count.unwrap_or(FILES);
    for one_in in [1, 20] {
        measure(count, one_in);
    }
}

/// Reads and checks so many files, of which one in so many is about licenses.
fn measure(count: usize, one_in: usize) {
    let folder = tempfile::tempdir().unwrap();
    let bytes = write(folder.path(), count, one_in);
    println!("about licenses: one file in {one_in}");
    let mut times: Vec<(f64, f64)> = Vec::new();
    for _ in 0..ROUNDS {
        let (began, before) = (Instant::now(), cpu());
        let project = Project::read(folder.path()).unwrap();
        let found = check(&project, &Options::default()).len();
        let time = (began.elapsed().as_secs_f64(), cpu() - before);
        let sources = project.sources();
        let read = sources.files().len();
        let unread = sources.unread();
        assert!(unread.is_empty(), "every file can be read: {unread:?}");
        times.push(time);
        println!(
            "{read} files, {:.1} MiB, {found} findings: {:.2} s, {:.2} s of processor time",
            bytes as f64 / f64::from(1 << 20),
            time.0,
            time.1
        );
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let best = times.first().unwrap();
    let median = times.get(ROUNDS / 2).unwrap();
    println!(
        "best {:.2} s, median {:.2} s; {:.2} s of processor time",
        best.0, median.0, median.1
    );
}

/// Writes so many files, in the folders of their models, each a text of its own; their bytes together.
fn write(to: &Path, count: usize, one_in: usize) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut models = Vec::new();
    for from in FROM {
        collect(&root.join(from), &mut models);
    }
    models.sort();
    let texts: Vec<(&Path, String)> = models
        .iter()
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap();
            (below, fs::read_to_string(path).unwrap())
        })
        .collect();
    let mut bytes = 0;
    for (n, (path, text)) in texts.iter().cycle().take(count).enumerate() {
        let path = to.join(format!("part{}", n / texts.len())).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut text = format!("{text}\n// {n}\n");
        if n % one_in != 0 {
            text = about_something_else(text);
        }
        bytes += text.len();
        fs::write(path, text).unwrap();
    }
    bytes
}

/// The same code without the words that a rule looks for.
fn about_something_else(mut text: String) -> String {
    for word in [
        "atlassian",
        "capability",
        "capabilities",
        "check",
        "decide",
        "edition",
        "entitle",
        "evaluation",
        "feature",
        "forge",
        "license",
        "licensing",
        "licensed",
        "limit",
        "requires",
        "trial",
        "service",
        "lic",
        "cap",
    ] {
        let (first, rest) = word.split_at(1);
        let capital = format!("{}{rest}", first.to_uppercase());
        for word in [word, &capital, &word.to_uppercase()] {
            text = text.replace(word, &word.chars().rev().collect::<String>());
        }
    }
    text
}

/// The source files below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let skipped = app_license_source::SKIPPED_FOLDERS.contains(&&*name);
        if path.is_dir() {
            if !skipped && !name.starts_with('.') {
                collect(&path, files);
            }
        } else if Language::of_path(&path).is_some() {
            files.push(path);
        }
    }
}

/// Seconds of this process on all processors, from Linux.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|t| t.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}
