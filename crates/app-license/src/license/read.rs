//! Reading the license out of the documents that carry it.

use crate::gate::document::{self, Shape};
use crate::gate::facts::{Facts, MAX_KEYS};
use crate::gate::json::{self, Kind, Scanner};

use super::License;
use super::from_facts::with_text;
use crate::document::{Field, ReadError, name_of, read_object};
use crate::error::{Error, ErrorKind, at_most, in_json};
use crate::license_source::LicenseSource;
use crate::open_text::EnvironmentType;

/// The largest document that is read, in bytes.
pub(crate) const MAX_DOCUMENT: usize = 256 * 1024;

/// A document that carries a license.
#[derive(Clone, Copy)]
struct Document {
    what: &'static str,
    source: LicenseSource,
    shape: Shape,
}

impl License {
    /// Reads a bare license object, or `null` (which is absent).
    ///
    /// ```
    /// use app_license::{License, State, LicenseSource};
    /// let license = License::from_object(b"null", LicenseSource::ForgeFunctionContext)?;
    /// assert_eq!(license.state(), State::Absent);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `json_…` when it is neither, `too_large` over 256 KiB.
    pub fn from_object(object: &[u8], source: LicenseSource) -> Result<Self, Error> {
        const WHAT: &str = "license object";
        at_most(WHAT, object.len(), MAX_DOCUMENT)?;
        let text = json::checked(object).map_err(in_json(WHAT))?;
        let mut scanner = Scanner::<MAX_KEYS>::from_text(text);
        let license = Self::read(&mut scanner, source).map_err(in_json(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        Ok(license)
    }

    /// Reads a license object, or `null`, where a scanner stands.
    pub(crate) fn read<const KEYS: usize>(
        scanner: &mut Scanner<'_, KEYS>,
        source: LicenseSource,
    ) -> Result<Self, json::Error> {
        let mut facts = Facts::default();
        let raw = scanner.span(|s| {
            facts = Facts::read(s)?;
            Ok::<(), json::Error>(())
        })?;
        if raw == "null" {
            return Ok(Self::absent(source));
        }
        Ok(Self::from_facts(&facts, Some(raw), source))
    }

    /// Reads the body of the Connect License API (the add-on resource). A missing or null
    /// `license`, as free and disabled apps have it, is absent.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps>
    ///
    /// ```
    /// use app_license::License;
    /// let body = br#"{"key":"com.example.app","state":"ENABLED",
    ///     "license":{"active":true,"type":"COMMERCIAL","evaluation":false}}"#;
    /// assert!(License::from_connect_api(body)?.has_capability("capabilityStandard"));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `json_…`, `field_missing` when it has no `key` (an error answer, say), `field_type` when
    /// `license` is neither object nor null, `too_large` over 256 KiB.
    pub fn from_connect_api(body: &[u8]) -> Result<Self, Error> {
        Self::from_document(
            body,
            Document {
                what: "License API body",
                source: LicenseSource::ConnectLicenseApi,
                shape: Shape::CONNECT_API,
            },
        )
    }

    /// Reads the answer of `AP.context.getContext()`, as JSON. From a browser: a hint.
    ///
    /// Platform page: <https://developer.atlassian.com/cloud/jira/service-desk/jsapi/context>
    ///
    /// ```
    /// use app_license::License;
    /// let context = br#"{"jira":{},"license":{"active":true,"capabilitySet":"capabilityAdvanced"}}"#;
    /// assert!(License::from_connect_context(context)?.has_capability("capabilityAdvanced"));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `json_…`, `field_type`, `too_large`.
    pub fn from_connect_context(context: &[u8]) -> Result<Self, Error> {
        Self::from_document(
            context,
            Document {
                what: "Connect context",
                source: LicenseSource::ConnectContext,
                shape: Shape::CONNECT_CONTEXT,
            },
        )
    }

    /// Reads the answer of `view.getContext()` or `useProductContext()`, as JSON. From a browser:
    /// a hint.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/apis-reference/ui-api-bridge/view/>
    ///
    /// ```
    /// use app_license::{License, State};
    /// let context = br#"{"environmentType":"DEVELOPMENT","cloudId":"c"}"#;
    /// assert_eq!(License::from_forge_ui_context(context)?.state(), State::Absent);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `json_…`, `field_type`, `too_large`.
    pub fn from_forge_ui_context(context: &[u8]) -> Result<Self, Error> {
        Self::from_document(
            context,
            Document {
                what: "Forge UI context",
                source: LicenseSource::ForgeUiContext,
                shape: Shape::FORGE_CONTEXT,
            },
        )
    }

    /// Reads the second argument of a Forge function, or the `context` of a resolver, as JSON.
    ///
    /// Its `license` is filled in by the platform. An `environmentType` beside it comes from the
    /// browser's half of the context, so it is not read; use [`License::from_forge_app_context`]
    /// where the environment counts.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/function-reference/arguments/>
    ///
    /// ```
    /// use app_license::License;
    /// let context = br#"{"installContext":"ari:cloud:jira::site/1","license":{"active":true}}"#;
    /// assert!(License::from_forge_function_context(context)?.has_capability("capabilityStandard"));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `json_…`, `field_type`, `too_large`.
    pub fn from_forge_function_context(context: &[u8]) -> Result<Self, Error> {
        Self::from_document(
            context,
            Document {
                what: "Forge function context",
                source: LicenseSource::ForgeFunctionContext,
                shape: Shape::FORGE_FUNCTION,
            },
        )
    }

    /// Reads the one argument of a validator, condition or post-function of a Jira workflow, as
    /// JSON: the license stands in its `context`.
    ///
    /// ```
    /// use app_license::License;
    /// let arguments = br#"{"issue":{"key":"T-1"},"context":{"license":{"active":true}}}"#;
    /// let license = License::from_forge_workflow_arguments(arguments)?;
    /// assert!(license.has_capability("capabilityStandard"));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `json_…`, `field_missing` without a `context`, `field_type`, `too_large`.
    pub fn from_forge_workflow_arguments(arguments: &[u8]) -> Result<Self, Error> {
        const WHAT: &str = "argument of a workflow function";
        let field = Field {
            what: WHAT,
            name: "context",
        };
        let mut context = None;
        read_object(
            WHAT,
            arguments,
            MAX_DOCUMENT,
            |s: &mut Scanner<'_, 256>, key| {
                let value = s.value()?;
                if name_of(key) == "context" {
                    context = field.object(value)?;
                }
                Ok::<(), ReadError>(())
            },
        )?;
        let context = context.ok_or_else(|| field.missing())?;
        Self::from_forge_function_context(context.as_bytes())
    }

    /// Reads the answer of `getAppContext()` in a Forge function, as JSON, with its environment.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/runtime-reference/app-context-api/>
    ///
    /// ```
    /// use app_license::{EnvironmentType, License};
    /// let context = br#"{"environmentType":"PRODUCTION","license":{"active":true}}"#;
    /// let license = License::from_forge_app_context(context)?;
    /// assert_eq!(license.environment(), Some(&EnvironmentType::PRODUCTION));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `json_…`, `field_type`, `too_large`.
    pub fn from_forge_app_context(context: &[u8]) -> Result<Self, Error> {
        Self::from_document(
            context,
            Document {
                what: "Forge app context",
                source: LicenseSource::ForgeFunctionContext,
                shape: Shape::FORGE_CONTEXT,
            },
        )
    }

    fn from_document(json: &[u8], document: Document) -> Result<Self, Error> {
        let what = document.what;
        at_most(what, json.len(), MAX_DOCUMENT)?;
        let said = document.shape.read(json).map_err(|error| match error {
            document::Error::Json(source) => in_json(what)(source),
            document::Error::LicenseIs(found) => ErrorKind::FieldType {
                what,
                field: "license",
                expected: Kind::Object,
                found,
            }
            .into(),
            document::Error::Missing(field) => ErrorKind::FieldMissing { what, field }.into(),
        })?;
        let mut license = match said.raw {
            None => Self::absent(document.source),
            Some(raw) => Self::from_facts(&said.facts, Some(raw), document.source),
        };
        license.environment = with_text(said.environment, EnvironmentType::new);
        license.user_access = said.user_access;
        Ok(license)
    }
}
