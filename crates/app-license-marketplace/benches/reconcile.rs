//! What comparing a report with a store costs: time, and memory at its peak, by size.
//!
//! ```text
//! cargo bench -p app-license-marketplace --all-features --bench reconcile
//! cargo bench -p app-license-marketplace --all-features --bench reconcile -- --sizes 10000,100000
//! ```
//!
//! Every comparison runs in a process of its own, which tells its own peak of memory. Both sides
//! are files on disk, read from their first byte; the report is a JSON export with contacts.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    reason = "a bench reads the clock, tells figures, and ends when anything is wrong"
)]

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use app_license_marketplace::reconcile::{Options, Reconciler};
use app_license_marketplace::report::LicenseReader;
use app_license_store::{SqliteRecords, SqliteStore};
use app_license_testkit::vendor::{ReportShape, Vendor};
use rusqlite::{Connection, params};

const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 3_000_000];
const ROUNDS: usize = 3;
/// One customer in so many has drift.
const EVERY: u64 = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1).cloned()
    };
    if let (Some(report), Some(store)) = (after("--report"), after("--store")) {
        return compare(Path::new(&report), Path::new(&store));
    }
    let sizes = after("--sizes").map_or_else(
        || SIZES.to_vec(),
        |s| s.split(',').map(|n| n.parse().expect("a number")).collect(),
    );
    println!(
        "{:>9}  {:>6}  {:>13}  {:>13}  {:>8}  {:>9}  {:>9}  {:>9}",
        "customers", "store", "report", "installations", "wall s", "CPU s", "µs each", "peak MiB"
    );
    let mut first = None;
    for size in sizes {
        let (sqlite, lines) = measure(size);
        let (small, each) = first.get_or_insert((size, sqlite)).to_owned();
        let ratio = sqlite / each;
        println!(
            "{size:>9}  one customer costs {ratio:.2} of what it costs at {small}; ndjson {lines:.2} µs"
        );
    }
}

/// Makes both sides of a size, and answers CPU microseconds a customer: SQLite, JSON lines.
fn measure(size: u64) -> (f64, f64) {
    let directory = tempfile::tempdir().unwrap();
    let vendor = Vendor::new(2026, size).drift_in_every(EVERY);
    let report = directory.path().join("report.json");
    let mut file = BufWriter::new(File::create(&report).unwrap());
    vendor.write_report(ReportShape::Export, &mut file).unwrap();
    file.flush().unwrap();
    let lines = directory.path().join("installations.ndjson");
    let mut file = BufWriter::new(File::create(&lines).unwrap());
    vendor.write_ndjson(&mut file).unwrap();
    file.flush().unwrap();
    let database = directory.path().join("installations.db");
    fill(&database, &vendor);
    let planted = vendor.planted().len();
    let mut each = [&database, &lines]
        .map(|store| run(size, planted, &report, store))
        .into_iter();
    (each.next().unwrap(), each.next().unwrap())
}

fn fill(path: &PathBuf, vendor: &Vendor) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        SqliteStore::open_plain_text(path)
            .await
            .unwrap()
            .close()
            .await
    });
    let mut connection = Connection::open(path).unwrap();
    connection
        .pragma_update(None, "synchronous", "OFF")
        .unwrap();
    let transaction = connection.transaction().unwrap();
    let sql = "INSERT INTO installation (tenant, status, record, secret, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    {
        let mut insert = transaction.prepare(sql).unwrap();
        for i in vendor.installations() {
            let platform = if i.connect { "connect" } else { "forge" };
            let tenant = format!("{platform}:{}", i.key);
            let changed = i64::try_from(i.changed_at).unwrap();
            insert
                .execute(params![tenant, i.status, i.record, [7_u8; 64], changed])
                .unwrap();
        }
    }
    transaction.commit().unwrap();
    connection
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
}

/// The median of some rounds.
fn run(size: u64, planted: usize, report: &Path, store: &Path) -> f64 {
    let mut rounds: Vec<(f64, f64, u64)> = (0..ROUNDS)
        .map(|_| {
            let output = Command::new(std::env::current_exe().unwrap())
                .arg("--report")
                .arg(report)
                .arg("--store")
                .arg(store)
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            let text = String::from_utf8(output.stdout).unwrap();
            let mut numbers = text.split_whitespace();
            let mut next = || numbers.next().unwrap();
            let (wall, cpu) = (next().parse().unwrap(), next().parse().unwrap());
            let (peak, found) = (next().parse().unwrap(), next().parse::<usize>().unwrap());
            assert_eq!(found, planted, "drift found and planted");
            (wall, cpu, peak)
        })
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (wall, cpu, peak) = *rounds.get(ROUNDS / 2).unwrap();
    let mib = |path: &Path| std::fs::metadata(path).unwrap().len() as f64 / f64::from(1 << 20);
    let each = |path: &Path| mib(path) * f64::from(1 << 20) / size as f64;
    let shown = |path: &Path| format!("{:.0} MiB/{:.0} B", mib(path), each(path));
    let kind = store.extension().unwrap().to_string_lossy();
    let micros = cpu / size as f64 * 1e6;
    println!(
        "{size:>9}  {kind:>6}  {:>13}  {:>13}  {wall:>8.2}  {cpu:>9.2}  {micros:>9.2}  {:>9.0}",
        shown(report),
        shown(store),
        peak as f64 / 1024.0
    );
    micros
}

/// In a process of its own: compares, and prints wall seconds, CPU seconds, peak KiB, cases.
fn compare(report: &Path, store: &Path) {
    let began = Instant::now();
    let mut reconciler = Reconciler::new(Options::at(Vendor::now()));
    let read = reconciler
        .read_report(LicenseReader::new(File::open(report).unwrap()))
        .unwrap();
    assert!(read.complete && read.bad == 0, "{read:?}");
    let unreadable = if store.extension().is_some_and(|e| e == "db") {
        reconciler
            .read_sqlite(&SqliteRecords::open(store).unwrap())
            .unwrap()
    } else {
        let lines = BufReader::with_capacity(1 << 18, File::open(store).unwrap());
        reconciler.read_ndjson(lines).unwrap()
    };
    assert_eq!(unreadable.count, 0, "{unreadable:?}");
    let comparison = reconciler.finish().unwrap();
    let cases = comparison.drift().count();
    let wall = began.elapsed().as_secs_f64();
    println!("{wall} {} {} {cases}", cpu(), peak());
}

/// Seconds of this process on all processors, from Linux.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|t| t.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

/// The most memory that was resident, KiB, from Linux.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or_default()
}
