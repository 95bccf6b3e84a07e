//! What `inspect` shows where nothing is given to it: the documented payloads, decided.

use std::io::Write;

use app_license::{Capability, Decision, Edition, Hint, License, Policy, State, UnixTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::detect::{Look, detect};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BOLD, DIM, Format, paint, show, table, verdict};

/// Payloads of the test vectors: as documented, observed, or made after the documented types.
const SAMPLES: &str = include_str!("samples.json");

#[derive(Debug, Deserialize)]
struct Sample {
    /// The file and case of the test vectors that it is copied from.
    from: String,
    label: String,
    input: Value,
}

#[derive(Debug, Serialize)]
struct Row {
    from: String,
    payload: String,
    source: String,
    license: License,
    standard: Decision,
    advanced: Decision,
}

#[derive(Debug, Serialize)]
struct Tour {
    samples: Vec<Row>,
}

/// Shows the tour.
pub(super) fn run(
    io: &mut Io<'_>,
    format: Format,
    policy: &Policy,
    now: UnixTime,
) -> Result<Exit, CliError> {
    let samples: Vec<Sample> =
        serde_json::from_str(SAMPLES).map_err(|e| CliError::Vectors(e.to_string()))?;
    let mut rows = Vec::new();
    for sample in samples {
        let text = match &sample.input {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let source = None;
        let reading = detect(text.as_bytes(), Look { now, source })?;
        for named in reading.licenses {
            let license = Hint::new(named.license);
            rows.push(Row {
                from: sample.from.clone(),
                payload: sample.label.clone(),
                source: license.source().to_string(),
                standard: license.decide(policy, &Capability::STANDARD, now),
                advanced: license.decide(policy, &Capability::ADVANCED, now),
                license: license.into_inner(),
            });
        }
    }
    let tour = Tour { samples: rows };
    show(io, format, &tour, |out| tour.human(out))?;
    Ok(Exit::Yes)
}

impl Tour {
    fn human(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "{}\n",
            paint(
                BOLD,
                "One license, nine license sources, one gate: what each documented payload grants"
            )
        )?;
        let mut rows = table(["source", "payload", "says", "Standard", "Advanced"]);
        rows.set_width(80);
        if let Some(sources) = rows.column_mut(0) {
            sources.set_constraint(comfy_table::ColumnConstraint::ContentWidth);
        }
        for row in &self.samples {
            rows.add_row([
                comfy_table::Cell::new(&row.source),
                comfy_table::Cell::new(&row.payload),
                comfy_table::Cell::new(says(&row.license)),
                granted(&row.standard),
                granted(&row.advanced),
            ]);
        }
        writeln!(out, "{rows}\n")?;
        writeln!(
            out,
            "Absent is not inactive: what it means is your policy, see --when-absent.\n\
             Nothing pasted is verified: a hint shows and hides, a verified license\n\
             authorizes.\n"
        )?;
        let next = "\
next: app-license inspect FILE                      a payload, or pipe it in
      app-license inspect FILE --require advanced   exit 0 granted, 2 denied
      app-license verify --help                     prove who sent it
      app-license conformance tests/vectors/*.json  check the library itself";
        writeln!(out, "{}", paint(DIM, next))
    }
}

fn says(license: &License) -> String {
    let edition = license.edition().map_or("unknown edition", Edition::name);
    let trial = license.is_evaluation() == Some(true);
    match license.state() {
        State::Active if trial => format!("trial, {edition}"),
        State::Active if license.capability_set().is_none() => "active, none named".to_owned(),
        State::Active => format!("active, {edition}"),
        State::Inactive if trial => "trial ended".to_owned(),
        State::Inactive => "not active".to_owned(),
        State::Absent => match license.capability_set().and_then(Capability::edition) {
            Some(named) => format!("absent, names {named}"),
            None => "absent".to_owned(),
        },
    }
}

fn granted(decision: &Decision) -> comfy_table::Cell {
    let allowed = decision.is_allowed();
    verdict(allowed, if allowed { "granted" } else { "denied" })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::SAMPLES;

    /// The samples are the vectors', word for word.
    #[test]
    fn samples_are_copies_of_the_vectors() {
        let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors");
        let samples: Vec<Value> = serde_json::from_str(SAMPLES).unwrap();
        assert!(samples.len() >= 9);
        for sample in samples {
            let (file, id) = sample["from"].as_str().unwrap().split_once('#').unwrap();
            let text = std::fs::read_to_string(format!("{vectors}/{file}")).unwrap();
            let top: Value = serde_json::from_str(&text).unwrap();
            let case = top
                .as_object()
                .unwrap()
                .values()
                .filter_map(Value::as_array)
                .flatten()
                .find(|case| case["id"] == id)
                .unwrap();
            let path = format!("/{}", sample["path"].as_str().unwrap());
            let found = match path.strip_suffix("Authorization/context") {
                None => case.pointer(&path).unwrap().clone(),
                Some(headers) => {
                    let header = case.pointer(&format!("{headers}Authorization")).unwrap();
                    let token = crate::token::strip_scheme(header.as_str().unwrap()).unwrap();
                    crate::token::open(token).unwrap().claims["context"].clone()
                }
            };
            assert_eq!(found, sample["input"], "{file}#{id}");
        }
    }
}
