//! The rules about descriptors and manifests: one table.
//!
//! ```
//! use app_license_descriptor::{forge::Manifest, rules};
//! let manifest = Manifest::parse(br#"{"app": {"licensing": {"editionsEnabled": true}}}"#)?;
//! assert_eq!(*manifest.diagnostics(None)[0].rule(), rules::ENABLED_MISSING);
//! # Ok::<(), app_license::Error>(())
//! ```

use crate::diagnostic::{Rule, Severity};

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $summary:literal, $fix:literal;)+) => {
        $(
            #[doc = concat!("`", $code, "`: ", $summary, ".")]
            pub const $name: Rule = Rule::new($code, Severity::$severity, $summary, $fix);
        )+
        pub(crate) static ALL: &[&Rule] = &[$(&$name,)+];
    };
}

impl Rule {
    /// The rule of this crate with a code.
    #[must_use]
    pub fn get(code: &str) -> Option<&'static Self> {
        Self::all().iter().copied().find(|rule| rule.code == code)
    }

    /// The rules of this crate.
    #[must_use]
    pub fn all() -> &'static [&'static Self] {
        ALL
    }
}

rules! {
    // ---- licensing ----
    LICENSING_NOT_ENABLED = "licensing_not_enabled", Warning,
        "the license is asked about, and licensing is not enabled",
        "enable licensing: `enableLicensing: true` in a descriptor, `app.licensing.enabled: true` \
         in a manifest";
    EDITIONS_NOT_ENABLED = "editions_not_enabled", Warning,
        "an edition is asked about, and editions are not enabled",
        "set `editionsEnabled: true`: beside `enableLicensing` in a descriptor, below \
         `app.licensing` in a manifest";
    ENABLED_MISSING = "enabled_missing", Error,
        "`app.licensing` lacks `enabled`, which the platform requires",
        "add `enabled: true`, or `false` for a free app";
    EDITIONS_WITHOUT_LICENSING = "editions_without_licensing", Warning,
        "editions are enabled and licensing is not: there is nothing to sell in editions",
        "set `app.licensing.enabled: true`, or remove `editionsEnabled`";
    USER_ACCESS_WITHOUT_LICENSING = "user_access_without_licensing", Error,
        "billing by user needs licensing, which is not enabled",
        "set `app.licensing.enabled: true`, or remove `app.access`";
    ACCESS_EMPTY = "access_empty", Error,
        "`app.access` says nothing",
        "set `userAccess`, or remove `app.access`";
    UNKNOWN_MODE = "unknown_mode", Error,
        "a licensing mode that the platform does not know",
        "remove the mode: `user-access` is the only one there is";
    MODES_SUPERSEDED = "modes_superseded", Warning,
        "`app.licensing.modes` is superseded",
        "state `app.access.userAccess` instead";
    UNKNOWN_FIELD = "unknown_field", Error,
        "a field that the platform refuses, or does not look at",
        "remove the field";
    FIELD_MISPLACED = "field_misplaced", Error,
        "a field about licensing stands where the platform does not look for it",
        "move it to where the message says";
    VARIABLE_WITHOUT_DEFAULT = "variable_without_default", Info,
        "a variable without a default: what it stands for is known only where it is deployed",
        "give it a `default`, or check the manifest with the values of the environment";
    FIELD_TYPE = "field_type", Error,
        "a field of another type than the platform takes",
        "write a value of the type that is expected";

    // ---- conditions ----
    CONDITION_INVALID = "condition_invalid", Error,
        "a condition that the platform refuses",
        "correct the condition as the message says";
    CONDITION_MISSPELLED = "condition_misspelled", Error,
        "a condition that no host has, with nearly the name of one that it has",
        "write the name of the host";
    CONDITION_NOT_SUPPORTED = "condition_not_supported", Error,
        "the platform does not take this condition for this kind of module",
        "remove the condition, or move what it protects to a module that takes it";
    STANDARD_HIDES_ADVANCED = "standard_hides_advanced", Warning,
        "a Standard condition hides the module from customers of the Advanced edition",
        "ask only for a license: every edition includes Standard";
    STANDARD_HIDES_UNCHANGED = "standard_hides_unchanged", Warning,
        "a Standard condition hides the module from customers whose license names no edition",
        "ask only for a license: the platform names no edition until a customer changes it";
    SHOWN_TO_INACTIVE = "shown_to_inactive", Warning,
        "an edition condition shows the module to customers whose license is not active",
        "ask for an active license as well: `addon_is_licensed` in a descriptor, \
         `appIsLicensed: true` in a manifest";
    UNKNOWN_CAPABILITY = "unknown_capability", Warning,
        "a capability set that no customer is known to have",
        "name the capability set in `editions.toml`, or use a known one";
    CAPABILITY_SPELLING = "capability_spelling", Error,
        "a capability set in another spelling than the host's: it never matches",
        "write it as the host does";
    NEVER_SHOWN = "never_shown", Warning,
        "no customer ever sees the module",
        "correct the condition, or remove the module";

    // ---- filters ----
    FILTER_NOT_SUPPORTED = "filter_not_supported", Error,
        "this kind of module has no filter on the license",
        "remove the filter, and ask for the license in the code";
    FILTER_INVALID = "filter_invalid", Error,
        "a filter that the platform refuses",
        "write `appIsLicensed: true`, or remove the filter";

    // ---- Connect ----
    LIC_IN_URL = "lic_in_url", Error,
        "a URL of the descriptor has a parameter that the host adds itself",
        "remove the parameter: the host adds `lic` and `capSet`, signed, to every page";
    CACHEABLE_MODULE_READS_QUERY = "cacheable_module_reads_query", Warning,
        "a cacheable module gets no parameters: its page is the same for everybody",
        "remove `cacheable`, or read `AP.context.getContext()` in the page and verify \
         `AP.context.getToken()` on the server";
    SIGNED_INSTALL_MISSING = "signed_install_missing", Warning,
        "the descriptor does not opt in to signed installs",
        "set `apiMigrations.signed-install: true`, and verify install events with RS256";
    CONTEXT_QSH_MISSING = "context_qsh_missing", Warning,
        "the descriptor does not opt in to `context-qsh`",
        "set `apiMigrations.context-qsh: true`, so that a token of the browser never passes as a \
         request of the host";
    LIFECYCLE_URL_SHARED = "lifecycle_url_shared", Warning,
        "two lifecycle events are sent to one URL",
        "give each event a URL of its own: the URL is a part of what the token proves";
    AUTHENTICATION_NONE = "authentication_none", Warning,
        "a paid app without authentication: `lic` arrives unsigned and proves nothing",
        "set `authentication.type: jwt`, and handle the `installed` event";
}
