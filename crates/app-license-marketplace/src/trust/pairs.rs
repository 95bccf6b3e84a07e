//! Answers that go together, or cannot both be true.

use super::lint::{TrustDiagnostic, TrustSeverity, push};
use super::listing::Listing;
use super::paths::{
    CERTIFICATIONS, CERTIFIED, COUNTRIES, COVERED, COVERED_BY, KEEPS, KEEPS_MAX, LEAVES_EEA, LOGS,
    LOGS_OUTSIDE, LOGS_SHARED, PARTIES, PROCESSES, PROCESSORS, SHARED, STORED_TYPES, STORES,
};

/// A yes that has to be followed by something: the answer, what follows, code, severity, message.
const FOLLOWED: &[(&str, &[&str], &str, TrustSeverity, &str)] = &[
    (
        CERTIFIED,
        &[CERTIFICATIONS],
        "certifications_not_listed",
        TrustSeverity::Error,
        "certifications are claimed and none is listed",
    ),
    (
        STORES,
        &[COUNTRIES],
        "countries_not_listed",
        TrustSeverity::Error,
        "data is stored outside Atlassian, and no country is listed",
    ),
    (
        STORES,
        &[STORED_TYPES],
        "stored_types_not_listed",
        TrustSeverity::Warning,
        "data is stored outside Atlassian, and its types are not listed",
    ),
    (
        PROCESSES,
        &["dataAccessAndStorage.typesOfDataAccessed"],
        "accessed_types_not_listed",
        TrustSeverity::Warning,
        "data is processed outside Atlassian, and its types are not listed",
    ),
    (
        SHARED,
        &[PARTIES, PROCESSORS],
        "third_parties_not_listed",
        TrustSeverity::Error,
        "data is shared with third parties, and none is named",
    ),
    (
        "privacy.dataProcessingAgreement.isDPASupported",
        &["privacy.dataProcessingAgreement.link"],
        "agreement_without_link",
        TrustSeverity::Warning,
        "there is a data processing agreement, and no link to it",
    ),
    (
        "security.caiq.isCAIQCompleted",
        &["security.caiq.CAIQLiteLink"],
        "caiq_without_link",
        TrustSeverity::Warning,
        "the CAIQ questionnaire is answered, and no link leads to it",
    ),
    (
        "privacy.privacyEnhancingTechniques.arePrivacyEnhancingTechniquesSupported",
        &["privacy.privacyEnhancingTechniques.privacyEnhancingTechniquesSupported"],
        "techniques_not_listed",
        TrustSeverity::Warning,
        "privacy enhancing techniques are claimed and none is listed",
    ),
    (
        "privacy.gdpr.dataController.isAppDataController",
        &["privacy.gdpr.dataController.endUserDataTypes"],
        "controller_types_not_listed",
        TrustSeverity::Warning,
        "the vendor is a controller, and the types of data are not listed",
    ),
    (
        "privacy.gdpr.dataProcessor.isAppDataProcessor",
        &["privacy.gdpr.dataProcessor.endUserDataTypes"],
        "processor_types_not_listed",
        TrustSeverity::Warning,
        "the vendor is a processor, and the types of data are not listed",
    ),
    (
        COVERED,
        &[COVERED_BY],
        "transfer_mechanism_not_named",
        TrustSeverity::Warning,
        "transfers out of the EEA are covered, and it does not say by what",
    ),
    (
        "dataAccessAndStorage.appExposesRemoteRestApis",
        &["dataAccessAndStorage.remoteRestApisAdditionalDetails"],
        "apis_not_described",
        TrustSeverity::Warning,
        "the app has remote REST APIs, and nothing is said about them",
    ),
];

/// A no that something contradicts: the answer, what must not be there, code, message.
const DENIED: &[(&str, &str, &str, &str)] = &[
    (
        CERTIFIED,
        CERTIFICATIONS,
        "certifications_denied_but_listed",
        "no certifications are claimed, and some are listed",
    ),
    (
        SHARED,
        PARTIES,
        "third_parties_denied_but_listed",
        "no data is shared with third parties, and some are named",
    ),
    (
        STORES,
        STORED_TYPES,
        "storage_denied_but_types_listed",
        "no data is stored outside Atlassian, and types of stored data are listed",
    ),
    (
        KEEPS,
        KEEPS_MAX,
        "retention_denied_but_given",
        "no data is kept after the end of the contract, and a time is given for which it is",
    ),
];

/// A yes that another answer's no contradicts: the yes, the no, code, message.
const OPPOSED: &[(&str, &str, &str, &str)] = &[
    (
        LOGS_SHARED,
        SHARED,
        "logs_shared_but_no_third_party",
        "logs with data of users are shared with third parties, and data is not",
    ),
    (
        LOGS_OUTSIDE,
        PROCESSES,
        "logs_outside_but_nothing_processed",
        "logs with data of users are outside Atlassian, and nothing is processed there",
    ),
    (
        LOGS_OUTSIDE,
        LOGS,
        "logs_outside_but_none",
        "logs with data of users are outside Atlassian, and there are none",
    ),
    (
        LOGS_SHARED,
        LOGS,
        "logs_shared_but_none",
        "logs with data of users are shared, and there are none",
    ),
    (
        STORES,
        PROCESSES,
        "stored_but_not_processed",
        "data is stored outside Atlassian, and not processed there",
    ),
    (
        LEAVES_EEA,
        COVERED,
        "transfer_not_covered",
        "data leaves the EEA, and transfers are not covered",
    ),
];

impl Listing {
    pub(super) fn lint_pairs(&self, found: &mut Vec<TrustDiagnostic>) {
        for (yes, followers, code, severity, message) in FOLLOWED {
            if self.is_yes(yes) && followers.iter().all(|it| self.value(it).is_none()) {
                let paths: Vec<_> = std::iter::once(*yes)
                    .chain(followers.iter().copied())
                    .collect();
                push(found, code, *severity, &paths, (*message).to_owned());
            }
        }
        for (no, there, code, message) in DENIED {
            if self.is_no(no) && self.value(there).is_some() {
                push(
                    found,
                    code,
                    TrustSeverity::Error,
                    &[no, there],
                    (*message).to_owned(),
                );
            }
        }
        for (yes, no, code, message) in OPPOSED {
            if self.is_yes(yes) && self.is_no(no) {
                push(
                    found,
                    code,
                    TrustSeverity::Error,
                    &[yes, no],
                    (*message).to_owned(),
                );
            }
        }
    }
}
