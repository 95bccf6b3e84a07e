//! The subcommands, one file each.

mod completions;
#[cfg(feature = "doctor")]
mod conditions;
mod conformance;
#[cfg(feature = "doctor")]
mod doctor;
mod explain;
#[cfg(feature = "editions")]
mod features;
#[cfg(feature = "marketplace")]
mod fortified;
pub(crate) mod inspect;
mod keys;
#[cfg(feature = "lab")]
mod lab;
#[cfg(feature = "marketplace")]
mod partner;
pub(crate) mod policy_args;
#[cfg(feature = "editions")]
mod pricing;
mod qsh;
#[cfg(feature = "marketplace")]
mod report;
mod sign;
#[cfg(feature = "store")]
mod store;
#[cfg(feature = "lab")]
mod trigger;
#[cfg(feature = "marketplace")]
mod trust;
pub(crate) mod verify;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Inspect(inspect::Args),
    Verify(verify::Args),
    Qsh(qsh::Args),
    Sign(sign::Args),
    Conformance(conformance::Args),
    #[cfg(feature = "lab")]
    Lab(lab::Args),
    #[cfg(feature = "lab")]
    Trigger(trigger::Args),
    #[cfg(feature = "marketplace")]
    Report(report::Args),
    #[cfg(feature = "store")]
    Store(store::Args),
    #[cfg(feature = "editions")]
    #[command(subcommand)]
    Features(features::Command),
    #[cfg(feature = "editions")]
    #[command(subcommand)]
    Pricing(pricing::Command),
    #[cfg(feature = "doctor")]
    Conditions(conditions::Args),
    #[cfg(feature = "doctor")]
    Doctor(doctor::Args),
    #[cfg(feature = "marketplace")]
    Fortified(fortified::Args),
    #[cfg(feature = "marketplace")]
    Trust(trust::Args),
    #[cfg(feature = "marketplace")]
    Partner(partner::Args),
    Completions(completions::Args),
}

impl Command {
    /// `program` is the whole command line, for what describes it.
    pub(crate) fn run(
        self,
        io: &mut Io<'_>,
        format: Format,
        program: fn() -> clap::Command,
    ) -> Result<Exit, CliError> {
        match self {
            Self::Inspect(args) => args.run(io, format),
            Self::Verify(args) => args.run(io, format),
            Self::Qsh(args) => args.run(io, format),
            Self::Sign(args) => args.run(io, format),
            Self::Conformance(args) => args.run(io, format),
            #[cfg(feature = "lab")]
            Self::Lab(args) => args.run(io, format),
            #[cfg(feature = "lab")]
            Self::Trigger(args) => args.run(io, format),
            #[cfg(feature = "marketplace")]
            Self::Report(args) => args.run(io, format),
            #[cfg(feature = "store")]
            Self::Store(args) => args.run(io, format),
            #[cfg(feature = "editions")]
            Self::Features(command) => command.run(io, format),
            #[cfg(feature = "editions")]
            Self::Pricing(command) => command.run(io, format),
            #[cfg(feature = "doctor")]
            Self::Conditions(args) => args.run(io, format),
            #[cfg(feature = "doctor")]
            Self::Doctor(args) => args.run(io, format),
            #[cfg(feature = "marketplace")]
            Self::Fortified(args) => args.run(io, format),
            #[cfg(feature = "marketplace")]
            Self::Trust(args) => args.run(io, format),
            #[cfg(feature = "marketplace")]
            Self::Partner(args) => args.run(io, format),
            Self::Completions(args) => args.run(io, program()),
        }
    }
}
