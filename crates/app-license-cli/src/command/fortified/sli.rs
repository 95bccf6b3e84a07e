//! `app-license fortified sli`

use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app_license::UnixTime;
use app_license_marketplace::fortified::{
    AlertState, MetricsText, RangeSamples, ReadError, ReliabilityProgram, SliCalculator, SliReport,
    SliResult, SliState, read_events,
};
use serde::Serialize;

use super::program::{ProgramArgs, Rules};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::parse_time;
use crate::output::{BAD, BOLD, Format, GOOD, WARN, one_line, paint, show};
use crate::wrap::hanging;

/// The largest file of metrics, in bytes.
const MAX_METRICS: usize = 16 << 20;

/// Say whether service level objectives are met: the share of good events over 28 days
///
/// Events come from lines of JSON, from counters of app-license-server or others, or from both.
/// Each base URL counts by itself. Events of the platform's own faults count neither way. The
/// boundary is enough: 99.9 % of good events meets 99.9 %. Exit code 0: all met. 2: one is not,
/// or nothing was measured.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true).multiple(true).args(["events", "range", "metrics"]))]
#[command(after_help = "\
Examples:
  app-license fortified sli --events events.ndjson
  app-license fortified probe https://app.example.com --ndjson - |
      app-license fortified sli --events -
  app-license fortified sli --range query_range.json --sli installation
  app-license fortified sli --metrics november.txt december.txt

An event is a line:
  {\"time\":\"2026-11-01T00:00:00Z\",\"sli\":\"availability\",\"status\":200,\"ms\":120}
  {\"time\":1793491200000,\"sli\":\"installation\",\"outcome\":\"bad\"}
  with \"subject\":\"https://app.example.com\", \"excluded\":\"platform_fault\", \"count\":5 where needed")]
pub(super) struct Args {
    /// Events, one a line of JSON; `-` for standard input
    #[arg(long, value_name = "FILE")]
    events: Vec<PathBuf>,
    /// What Prometheus answered to a range query over the counters, without rate()
    #[arg(long, value_name = "FILE")]
    range: Vec<PathBuf>,
    /// Two scrapes of the counters within the window or more, the oldest first
    #[arg(long, value_name = "FILE", num_args = 2..)]
    metrics: Vec<PathBuf>,
    /// The end of the window, a date for its first moment in UTC [default: the clock]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: Option<UnixTime>,
    /// Only this indicator, which then must have events
    #[arg(long, value_name = "ID")]
    sli: Vec<String>,
    #[command(flatten)]
    program: ProgramArgs,
}

#[derive(Debug, Serialize)]
struct Output {
    met: bool,
    program: Rules,
    #[serde(flatten)]
    report: SliReport,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let program = Arc::new(self.program.read(io)?);
        if let Some(id) = self.sli.iter().find(|id| program.sli(id).is_none()) {
            let known: Vec<_> = program.slis.iter().map(|it| it.id.as_str()).collect();
            let known = known.join(", ");
            return Err(CliError::Option(format!(
                "`{}` is no indicator of the program; it has {known}",
                one_line(id)
            )));
        }
        let end = crate::now::NowArgs { now: self.end }.time();
        let end = crate::net::timestamp(end)?;
        let mut calculator = SliCalculator::new(Arc::clone(&program), end);
        for path in &self.events {
            events(io, path, &program, &mut calculator)?;
        }
        let mut samples = RangeSamples::new();
        for path in &self.range {
            let bytes = io.read(path, MAX_METRICS)?;
            samples
                .read(&bytes, &program)
                .map_err(CliError::in_file(path))?;
        }
        samples.count(&mut calculator)?;
        self.scrapes(io, &program, &mut calculator)?;
        let only: Vec<_> = self.sli.iter().map(String::as_str).collect();
        let report = calculator.report(&only);
        let answer = Output {
            met: report.is_met(),
            program: Rules::of(&program),
            report,
        };
        show(io, format, &answer, |out| human(out, &answer))?;
        Ok(if answer.met { Exit::Yes } else { Exit::Denied })
    }

    fn scrapes(
        &self,
        io: &mut Io<'_>,
        program: &ReliabilityProgram,
        to: &mut SliCalculator,
    ) -> Result<(), CliError> {
        let mut earlier: Option<MetricsText> = None;
        for path in &self.metrics {
            let bytes = io.read(path, MAX_METRICS)?;
            let scrape = MetricsText::parse(&bytes, program).map_err(CliError::in_file(path))?;
            if let Some(earlier) = &earlier {
                scrape.since(earlier, to)?;
            }
            earlier = Some(scrape);
        }
        Ok(())
    }
}

fn events(
    io: &mut Io<'_>,
    path: &Path,
    program: &ReliabilityProgram,
    to: &mut SliCalculator,
) -> Result<(), CliError> {
    let shown = path.display().to_string();
    let read = |source| CliError::Read {
        path: shown.clone(),
        source,
    };
    let mut stdin;
    let mut file;
    let from: &mut dyn Read = if path.as_os_str() == "-" {
        stdin = &mut io.stdin;
        &mut stdin
    } else {
        file = crate::files::open(path)?;
        &mut file
    };
    let mut from = BufReader::with_capacity(1 << 18, from);
    match read_events(&mut from, program, |event| to.add(event)) {
        Ok(_) => Ok(()),
        Err(ReadError::Input(error)) => Err(CliError::in_file(path)(error)),
        Err(ReadError::Read(source)) => Err(read(source)),
        Err(other) => Err(CliError::Option(other.to_string())),
    }
}

fn human(out: &mut dyn Write, answer: &Output) -> std::io::Result<()> {
    answer.program.human(out)?;
    let report = &answer.report;
    let (start, end) = (report.window_start, report.window_end);
    writeln!(out, "window: after {start}, up to {end}")?;
    for (count, place) in [
        (report.events_before, "before"),
        (report.events_after, "after"),
    ] {
        if count > 0 {
            let events = if count == 1 { "event" } else { "events" };
            let line = format!("not counted: {count} {events} {place} the window");
            writeln!(out, "{}", paint(WARN, line))?;
        }
    }
    if report.counter_restarts > 0 {
        let times = match report.counter_restarts {
            1 => "once".to_owned(),
            more => format!("{more} times"),
        };
        let line = format!(
            "counters were lower than before {times}: restarts of the server, or readings that are \
             not in the order of their times"
        );
        writeln!(out, "{}", paint(WARN, hanging(&line, 0)))?;
    }
    for result in &report.results {
        writeln!(out)?;
        one(out, result)?;
    }
    if !report.not_measured.is_empty() {
        let silent = report.not_measured.join(", ");
        let line = format!(
            "no data, and not required without --sli: {}",
            one_line(silent)
        );
        writeln!(out, "\n{}", paint(WARN, hanging(&line, 0)))?;
    }
    let (style, word) = if answer.met {
        (GOOD, "met")
    } else {
        (BAD, "not met")
    };
    writeln!(out, "\nobjectives: {}", paint(style.bold(), word))?;
    Ok(())
}

fn one(out: &mut dyn Write, result: &SliResult) -> std::io::Result<()> {
    writeln!(out, "{}", paint(BOLD, one_line(&result.title)))?;
    if !result.subject.is_empty() {
        writeln!(out, "  {}", hanging(&one_line(&result.subject), 2))?;
    }
    let (style, word) = match result.state {
        SliState::Met => (GOOD, "met"),
        SliState::Breached => (BAD, "breached"),
        SliState::NoData => (BAD, "no data"),
        SliState::Removed => (WARN, "no part of the program any more"),
        _ => (WARN, result.state.name()),
    };
    let objective = result.objective_percent;
    let word = paint(style.bold(), word);
    match &result.ratio_percent {
        Some(ratio) => writeln!(out, "  {word}: {ratio} % of {objective} %")?,
        None => writeln!(out, "  {word}, the objective is {objective} %")?,
    }
    let (good, bad, excluded) = (result.good, result.bad, result.excluded);
    writeln!(out, "  events: {good} good, {bad} bad, {excluded} excluded")?;
    if let (Some(left), Some(budget)) = (&result.budget_left_events, &result.budget_events) {
        let rate = result.burn_rate.as_deref().unwrap_or("without bound");
        writeln!(
            out,
            "  error budget: {left} of {budget} bad events left, burn rate {rate}"
        )?;
    }
    for alert in &result.alerts {
        let style = match alert.now {
            AlertState::Quiet => GOOD,
            AlertState::Raised => BAD,
            _ => WARN,
        };
        let (minutes, below) = (alert.minutes, alert.below_percent);
        let now = paint(style, alert.now.name().replace('_', " "));
        writeln!(out, "  alert: below {below} % in {minutes} min: {now}")?;
        if let Some(last) = &alert.last_raised {
            let raised = alert.minutes_raised;
            writeln!(out, "    raised for {raised} min, last at {last}")?;
        }
    }
    let window = result.window_days;
    if let Some(days) = result.days_with_events.filter(|it| *it < window) {
        let line = format!("events on {days} of {window} days");
        writeln!(out, "  {}", paint(WARN, line))?;
    }
    Ok(())
}
