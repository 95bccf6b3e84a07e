//! What cases about installs are made of.

use app_license_testkit::TokenSpec;

use super::kit::{ACME, Sent, first_key, post, second_key};

pub(super) fn installed(at: i64) -> Sent {
    ACME.signed_event(at, "installed")
}

/// `installed` with claims of one's own.
pub(super) fn with(token: &TokenSpec) -> Sent {
    post("/installed")
        .jwt(&token.rs256(first_key()))
        .json(&ACME.body("installed"))
}

pub(super) fn token() -> TokenSpec {
    ACME.install_token(0, "/installed")
}

/// Signs with a stranger's key under the id of the platform's.
pub(super) trait Forged {
    fn rs256_under(&self, kid: &str) -> String;
}

impl Forged for TokenSpec {
    fn rs256_under(&self, kid: &str) -> String {
        self.clone().header("kid", kid).rs256(second_key())
    }
}
