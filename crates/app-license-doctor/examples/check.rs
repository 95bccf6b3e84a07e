//! What the doctor finds in a folder, by the library alone.
//!
//! `cargo run --release -p app-license-doctor --example check -- DIR`
#![expect(clippy::print_stdout, reason = "findings are for the terminal")]

use std::path::PathBuf;

use app_license_doctor::{Options, Project, Summary, check};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    let project = Project::read(&folder)?;
    let findings = check(&project, &Options::default());
    for finding in &findings {
        println!("{} {finding}", finding.code());
    }
    let sources = project.sources().files().len();
    println!("{sources} sources: {}", Summary::of(&findings));
    Ok(())
}
