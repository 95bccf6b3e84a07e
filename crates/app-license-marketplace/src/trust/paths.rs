//! Where the fields are that rules are about.

pub(super) const STORES: &str = "dataAccessAndStorage.appStoresEUDOutsideAtlassian";
pub(super) const PROCESSES: &str = "dataAccessAndStorage.appProcessEUDOutsideAtlassian";
pub(super) const SAME_TYPES: &str = "dataAccessAndStorage.isSameDataProcessedAndStored";
pub(super) const PROCESSED_TYPES: &str = "dataAccessAndStorage.typesOfDataAccessed";
pub(super) const STORED_TYPES: &str = "dataAccessAndStorage.typesOfDataStored";
pub(super) const RESIDENCY: &str = "dataResidency.isDataResidencySupported";
pub(super) const COUNTRIES: &str = "dataResidency.countriesWhereEndUserDataStored";
pub(super) const CERTIFIED: &str = "security.hasCompliantCertifications";
pub(super) const CERTIFICATIONS: &str = "security.compliantCertifications";
pub(super) const SHARED: &str = "thirdPartyInformation.isEndUserDataShared";
pub(super) const PARTIES: &str = "thirdPartyInformation.thirdPartyDetails";
pub(super) const PROCESSORS: &str = "thirdPartyInformation.dataSubProcessors";
pub(super) const LOGS: &str = "logDetails.logEndUserData";
pub(super) const LOGS_OUTSIDE: &str = "logDetails.logProcessAndOrStoreEUDOutsideAtlassian";
pub(super) const LOGS_SHARED: &str = "logDetails.logEUDShareWithThirdParty";
pub(super) const KEEPS: &str = "dataRetention.isDataRetentionSupported";
pub(super) const KEEPS_MIN: &str = "dataRetention.retentionDurationInDays.min";
pub(super) const KEEPS_MAX: &str = "dataRetention.retentionDurationInDays.max";
pub(super) const KEEPS_FOREVER: &str = "dataRetention.isRetentionDurationIndefinite";
pub(super) const LEAVES_EEA: &str = "privacy.gdpr.dataTransfer.isEndUserDataTransferredOutsideEEA";
pub(super) const COVERED: &str = "privacy.gdpr.dataTransfer.isTransferComplianceMechanismsAdhered";
pub(super) const COVERED_BY: &str =
    "privacy.gdpr.dataTransfer.transferComplianceMechanismsAdheredDetails";
