//! What the customer has bought.

use app_license::Edition;
use app_license_testkit::{Override, Stage, Tenant};

use crate::error::CliError;

/// What the customer has bought.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct LicenseArgs {
    /// The edition
    #[arg(long, value_enum, default_value_t, value_name = "EDITION")]
    pub(super) edition: WantedEdition,
    /// How it stands
    #[arg(long, value_enum, default_value_t, value_name = "STATE")]
    pub(super) license: LicenseStage,
    /// The license as `forge install --license` overrides it, in a development environment: the
    /// Forge contexts and tokens then hold what was recorded of it
    #[arg(long = "override", value_name = "LICENSE", value_parser = override_of)]
    pub(super) overridden: Option<Override>,
}

fn override_of(text: &str) -> Result<Override, String> {
    Override::from_name(text)
        .ok_or_else(|| "expected active, standard, advanced, inactive or trial".to_owned())
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum WantedEdition {
    Free,
    #[default]
    Standard,
    Advanced,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LicenseStage {
    /// Paid for
    #[default]
    Paid,
    /// A running trial
    Trial,
    /// Cancelled, the period still paid for
    Cancelled,
    /// A trial that has ended
    TrialEnded,
    /// A subscription that has ended
    Ended,
    Suspended,
}

impl LicenseArgs {
    /// Makes the customer stand there.
    pub(super) fn stand(self, tenant: &Tenant) -> Result<(), CliError> {
        const DAYS: u64 = 30;
        tenant.resume()?;
        if let Some(value) = self.overridden {
            tenant.override_license(value)?;
            return Ok(());
        }
        let edition = match self.edition {
            WantedEdition::Free => {
                tenant.take_free_edition()?;
                return match self.license {
                    LicenseStage::Paid => Ok(()),
                    _ => Err(CliError::Option("the Free edition does not end".to_owned())),
                };
            }
            WantedEdition::Standard => Edition::Standard,
            WantedEdition::Advanced => Edition::Advanced,
        };
        let paying = !matches!(
            tenant.snapshot().stage,
            Stage::NeverLicensed | Stage::Trial | Stage::TrialEnded | Stage::Ended
        );
        if matches!(self.license, LicenseStage::Trial | LicenseStage::TrialEnded) {
            if paying {
                tenant.expire()?;
            }
            tenant.start_trial(edition, DAYS)?;
        } else {
            tenant.buy(edition)?;
        }
        match self.license {
            LicenseStage::Paid | LicenseStage::Trial => Vec::new(),
            LicenseStage::Cancelled => tenant.cancel()?,
            LicenseStage::TrialEnded | LicenseStage::Ended => tenant.expire()?,
            LicenseStage::Suspended => tenant.suspend()?,
        };
        // the platform names an edition once it was changed
        if matches!(self.license, LicenseStage::Paid | LicenseStage::Trial) {
            tenant.change_edition(edition)?;
        }
        Ok(())
    }
}
