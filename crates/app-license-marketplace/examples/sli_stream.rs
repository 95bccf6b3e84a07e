//! Ten million events of 28 days with known bad ones through the calculator: the ratio must be
//! exact. Shows the time and the memory.
//!
//! ```text
//! cargo run --release -p app-license-marketplace --example sli_stream
//! cargo run --release -p app-license-marketplace --example sli_stream -- --print | app-license fortified sli --events - --end 2026-11-28T00:00:00Z
//! ```
#![expect(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a program that measures and says what it found"
)]

use std::io::{BufReader, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use app_license_marketplace::fortified::{ReliabilityProgram, SliCalculator, read_events};

const EVENTS: u64 = 10_000_000;
const WINDOW_MS: u64 = 28 * 86_400_000;

/// The lines of all events, made as they are read.
struct Events {
    next: u64,
    end_ms: u64,
    line: Vec<u8>,
    read: usize,
}

impl Events {
    const fn new(end_ms: u64) -> Self {
        Self {
            next: 0,
            end_ms,
            line: Vec::new(),
            read: 0,
        }
    }
}

/// Every 1009th is bad; of all, every 5003rd is the platform's own fault.
const fn is_bad(number: u64) -> bool {
    number.is_multiple_of(1_009)
}

const fn is_excluded(number: u64) -> bool {
    number.is_multiple_of(5_003)
}

impl Read for Events {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.read >= self.line.len() {
            if self.next >= EVENTS {
                return Ok(0);
            }
            let number = self.next;
            self.next = number.saturating_add(1);
            self.line.clear();
            self.read = 0;
            let age = number.saturating_mul(WINDOW_MS) / EVENTS;
            let time = self.end_ms.saturating_sub(age);
            let status = if is_bad(number) { 503 } else { 200 };
            write!(
                self.line,
                r#"{{"time":{time},"sli":"availability","subject":"https://app.example.com","status":{status},"ms":{}"#,
                number % 3_000
            )?;
            if is_excluded(number) {
                self.line
                    .extend_from_slice(br#","excluded":"platform_fault""#);
            }
            self.line.extend_from_slice(b"}\n");
        }
        let rest = self.line.get(self.read..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.read = self.read.saturating_add(count);
        Ok(count)
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let end: jiff::Timestamp = "2026-11-28T00:00:00Z".parse()?;
    let events = Events::new(u64::try_from(end.as_millisecond())?);
    let mut events = BufReader::with_capacity(1 << 18, events);
    if std::env::args().any(|it| it == "--print") {
        std::io::copy(&mut events, &mut std::io::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    let program = Arc::new(ReliabilityProgram::shipped()?);
    let began = Instant::now();
    let mut calculator = SliCalculator::new(Arc::clone(&program), end);
    let lines = read_events(&mut events, &program, |event| calculator.add(event))?;
    let report = calculator.report(&["availability"]);
    let time = began.elapsed();

    let excluded = (0..EVENTS).filter(|it| is_excluded(*it)).count();
    let bad = (0..EVENTS)
        .filter(|it| is_bad(*it) && !is_excluded(*it))
        .count();
    let (excluded, bad) = (u64::try_from(excluded)?, u64::try_from(bad)?);
    let good = EVENTS.saturating_sub(excluded).saturating_sub(bad);
    let result = report.results.first().ok_or("no result")?;
    let exact = (result.good, result.bad, result.excluded) == (good, bad, excluded);
    println!("lines     {lines}");
    println!(
        "found     {} good, {} bad, {} excluded",
        result.good, result.bad, result.excluded
    );
    println!("expected  {good} good, {bad} bad, {excluded} excluded");
    println!(
        "ratio     {} %",
        result.ratio_percent.as_deref().unwrap_or("-")
    );
    println!("time      {:.2} s", time.as_secs_f64());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("memory    {peak}");
    }
    println!("{}", if exact { "exact" } else { "NOT EXACT" });
    Ok(if exact {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
