//! The reader of reports beside `JSON.parse` of Node and msgspec of Python, in one run.
//!
//! `cargo xtask bench report` runs it. A report of the size that is asked for is written to the
//! folder for temporary files and removed at the end. Each round is a process of its own, and
//! the ratio is of the medians. Nothing here passes or fails.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    clippy::manual_is_multiple_of,
    clippy::allow_attributes,
    missing_docs,
    reason = "a program that measures"
)]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use app_license_marketplace::report::{LicenseField, LicenseReader};

const THREE: [LicenseField; 3] = [
    LicenseField::CloudId,
    LicenseField::AppEdition,
    LicenseField::Status,
];

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["all", path] => read(path, None),
        ["three", path] => read(path, Some(&THREE)),
        sizes => bench(sizes),
    }
}

/// Reads a report and prints the seconds, the records, and the largest memory in KiB.
fn read(path: &str, fields: Option<&[LicenseField]>) {
    let began = Instant::now();
    let mut reader = LicenseReader::new(std::fs::File::open(path).unwrap());
    if let Some(fields) = fields {
        reader = reader.select(fields);
    }
    let (mut records, mut bytes) = (0_u64, 0_usize);
    while let Some(license) = reader.next() {
        let license = license.unwrap();
        records += 1;
        for field in fields.unwrap_or(LicenseField::ALL) {
            bytes += license.get(*field).map_or(0, |text| text.len());
        }
        bytes += license.unknown().map(|(name, _)| name.len()).sum::<usize>();
    }
    std::hint::black_box(bytes);
    let seconds = began.elapsed().as_secs_f64();
    let said = serde_json::json!({
        "records": records,
        "seconds": seconds,
        "processor": processor(),
        "memory": memory(),
    });
    println!("{said}");
}

/// The largest memory of this process in KiB; 0 where the system does not tell.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}

/// The seconds of processor that this process took; 0 where the system does not tell.
fn processor() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // behind the name, which may have anything in it: the 12th and 13th are ticks of 10 ms
    let fields = status.rsplit(") ").next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn bench(sizes: &[&str]) {
    let mut sizes: Vec<u64> = sizes.iter().map(|size| size.parse().unwrap()).collect();
    if sizes.is_empty() {
        sizes.push(300);
    }
    let folder = tempfile::tempdir().unwrap();
    for size in sizes {
        let path = folder.path().join("licenses.json");
        let (records, bytes) = generate(&path, size);
        println!(
            "{bytes} bytes, {records} records of {} bytes",
            bytes / records
        );
        let own = std::env::current_exe().unwrap();
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/report");
        let (node, python) = (peers.join("all.mjs"), peers.join("three.py"));
        let heap = size * 8 + 4096;
        let programs: [(&str, Vec<&str>); 4] = [
            ("all fields", vec![own.to_str().unwrap(), "all"]),
            (
                "all fields, Node JSON.parse",
                vec!["node", "HEAP", node.to_str().unwrap()],
            ),
            ("three fields", vec![own.to_str().unwrap(), "three"]),
            (
                "three fields, msgspec",
                vec!["python3", python.to_str().unwrap()],
            ),
        ];
        let mut speeds = Vec::new();
        for (name, words) in &programs {
            // a text of V8 has half a gigabyte at most
            let skip = size > 500 && matches!(words.first(), Some(&"node" | &"python3"));
            let (mut rounds, mut processor) = (Vec::new(), Vec::new());
            let mut memory = 0;
            for _ in 0..if skip { 0 } else { 5 } {
                let mut command = Command::new(words[0]);
                for word in &words[1..] {
                    match *word {
                        "HEAP" => command.arg(format!("--max-old-space-size={heap}")),
                        word => command.arg(word),
                    };
                }
                let done = command.arg(&path).output();
                let Ok(done) = done else { break };
                let Ok(said) = serde_json::from_slice::<serde_json::Value>(&done.stdout) else {
                    println!("{name}: {}", String::from_utf8_lossy(&done.stderr).trim());
                    break;
                };
                assert_eq!(said["records"], records, "{name}");
                rounds.push(said["seconds"].as_f64().unwrap());
                processor.push(said["processor"].as_f64().unwrap());
                memory = said["memory"].as_u64().unwrap_or(memory).max(memory);
            }
            let speed = |times: &mut Vec<f64>| {
                times.sort_by(f64::total_cmp);
                let median = times.get(times.len() / 2).copied();
                median.map(|seconds| bytes as f64 / 1e6 / seconds)
            };
            let both = speed(&mut rounds).zip(speed(&mut processor));
            if let Some((speed, by_processor)) = both {
                let memory = memory as f64 / 1024.0;
                println!(
                    "{name}: {speed:.0} MB/s, {by_processor:.0} by processor time, {memory:.1} MiB"
                );
            }
            speeds.push(both);
        }
        let ratio = |name: &str, one: Option<(f64, f64)>, other: Option<(f64, f64)>| {
            if let (Some(one), Some(other)) = (one, other) {
                let (ratio, by_processor) = (one.0 / other.0, one.1 / other.1);
                println!("{name}: {ratio:.2}, {by_processor:.2} by processor time");
            }
        };
        if let [all, node, three, python] = *speeds.as_slice() {
            ratio("all fields / Node JSON.parse", all, node);
            ratio("three fields / msgspec", three, python);
        }
    }
}

/// Writes a report of so many megabytes, with the fields of the documented record.
fn generate(path: &Path, megabytes: u64) -> (u64, u64) {
    let mut file = BufWriter::new(std::fs::File::create(path).unwrap());
    let (mut records, mut bytes) = (0_u64, 2_u64);
    file.write_all(b"[").unwrap();
    while bytes < megabytes * 1_000_000 {
        let record = record(records);
        let comma = if records == 0 { "" } else { "," };
        file.write_all(comma.as_bytes()).unwrap();
        file.write_all(record.as_bytes()).unwrap();
        records += 1;
        bytes += (record.len() + comma.len()) as u64;
    }
    file.write_all(b"]").unwrap();
    file.flush().unwrap();
    (records, bytes)
}

fn record(n: u64) -> String {
    let edition = if n % 3 == 0 { "Advanced" } else { "Standard" };
    let name = ["J\u{fc}rgen Gro\u{df}", "Ann Example", "O\\\"Neil \\u00e9"][(n % 3) as usize];
    format!(
        r#"{{"appEntitlementId":"{n:08x}-1f69-42a5-8e40-8b6e0b3f8d11","appEntitlementNumber":"E-{:03}-{:03}-{:03}","hostEntitlementId":"{n:08x}-aaaa-42a5-8e40-8b6e0b3f8d11","hostEntitlementNumber":"E-1-{n}","cloudId":"{n:08x}-bbbb-42a5-8e40-8b6e0b3f8d11","cloudSiteHostname":"customer-{n}.atlassian.net","addonKey":"com.example.app","productId":"8db33809-1f69-42a5-8e40-8b6e0b3f8d11","addonName":"Example App for Jira","hosting":"Cloud","appEdition":"{edition}","newBillingSystem":"Yes","lastUpdated":"2026-01-{:02}","licenseType":"COMMERCIAL","maintenanceStartDate":"2025-12-01","maintenanceEndDate":"2026-12-01","status":"active","tier":"Per Unit Pricing ({} Users)","contactDetails":{{"company":"Example Company {n} GmbH","country":"Germany","region":"EMEA","technicalContact":{{"email":"tech{n}@example.com","name":"{name}","phone":"+49 30 12345","address1":"Some Street 1","city":"Berlin","postcode":"10115"}},"billingContact":{{"email":"bill{n}@example.com","name":"{name}","phone":"+49 30 12345"}}}},"partnerDetails":{{"partnerName":"Partner {}","partnerType":"Expert"}},"extendedServerSupport":"NA","evaluationOpportunitySize":"NA","evaluationLicense":"x","daysToConvertEval":"NA","evaluationStartDate":"2025-11-01","evaluationEndDate":"2025-12-01","parentProductBillingCycle":"ANNUAL","parentProductName":"Jira","installedOnSandbox":"No","parentProductEdition":"Standard","licenseSourceType":"Non-Atlassian","transactionAccountId":"t-{n}","inGracePeriod":"No","cloudComplianceBoundaries":["commercial"]}}"#,
        n / 1_000_000 % 1000,
        n / 1000 % 1000,
        n % 1000,
        n % 28 + 1,
        n % 5000 + 1,
        n % 97
    )
}
