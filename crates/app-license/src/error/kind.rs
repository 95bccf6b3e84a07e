//! What happened, with its evidence and its message.

use std::fmt;

use crate::gate::json;
use crate::time::UnixTime;

/// What happened. New kinds may come; match with a last arm `_`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    // ---- input ----
    /// Larger than any honest input.
    #[error("the {what} has {found} bytes, more than the limit of {limit}")]
    TooLarge {
        /// What was measured.
        what: &'static str,
        /// The limit, in bytes.
        limit: usize,
        /// What was found, in bytes.
        found: usize,
    },
    /// Nested deeper, or with more keys, than anything that is read. What nobody reads does not
    /// count.
    #[error("the {what} is nested too deep or has too many keys: more than any honest one")]
    TooComplex {
        /// What was read.
        what: &'static str,
    },
    /// More of something than any honest input has.
    #[error("{found} {what} are more than the limit of {limit}")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many were found.
        found: usize,
    },
    /// Not the JSON asked for.
    #[error("the {what} is {}", JsonMessage(source))]
    Json {
        /// Which document.
        what: &'static str,
        /// What is wrong, and where.
        source: json::Error,
    },
    /// A field that must be there is missing, null or empty.
    #[error("the {what} lacks `{field}`")]
    FieldMissing {
        /// Which document.
        what: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A field has another type than it must have.
    #[error("`{field}` of the {what} must be {expected}, found {found}")]
    FieldType {
        /// Which document.
        what: &'static str,
        /// The field.
        field: &'static str,
        /// The type it must have.
        expected: json::Kind,
        /// The type found.
        found: json::Kind,
    },
    /// A field has a value that it may not have.
    #[error("`{field}` of the {what} must be {expected}, found `{found}`")]
    FieldValue {
        /// Which document.
        what: &'static str,
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What was found, shortened.
        found: String,
    },
    /// An identifier that is empty, too long or holds what it may not.
    #[error("`{found}` is not a valid {what}")]
    InvalidId {
        /// What it should identify.
        what: &'static str,
        /// What was found, shortened.
        found: String,
    },
    /// A URL that cannot be the base URL of an app or a site.
    #[error("`{found}` is not a valid base URL: {expected}")]
    InvalidBaseUrl {
        /// What it must be.
        expected: &'static str,
        /// What was found, shortened.
        found: String,
    },
    /// A shared secret too short to prove anything.
    #[error("the shared secret has {bytes} bytes, fewer than {minimum}")]
    WeakSecret {
        /// Its length, in bytes.
        bytes: usize,
        /// The least that is taken, in bytes.
        minimum: usize,
    },

    // ---- tokens ----
    /// The request carries no token.
    #[error("the request carries no token: expected {expected}")]
    TokenMissing {
        /// Where it should be.
        expected: &'static str,
    },
    /// The request carries two different tokens.
    #[error("the request carries two different tokens")]
    TokenConflict,
    /// The `Authorization` header has another scheme.
    #[error("the authorization scheme must be `{expected}`, found `{found}`")]
    TokenScheme {
        /// The scheme of this kind of token.
        expected: &'static str,
        /// What was found, shortened.
        found: String,
    },
    /// Not a compact token: three segments of strict base64url.
    #[error("the token is malformed: {reason}")]
    TokenMalformed {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Signed with, or claiming, another algorithm than the one this kind of token has.
    #[error("the token's algorithm must be {expected}, found `{found}`")]
    Algorithm {
        /// The one algorithm.
        expected: &'static str,
        /// What the header says, shortened.
        found: String,
    },
    /// The header asks for an extension: none is known.
    #[error("the token's header has `crit`, which is never accepted")]
    CriticalHeader,
    /// The header names a key by what is no plain identifier: it would stand in a URL.
    #[error("the token's `kid` `{found}` is not a plain identifier")]
    KeyIdInvalid {
        /// What it says, shortened.
        found: String,
    },
    /// The header names no key.
    #[error("the token's header lacks `kid`")]
    KeyIdMissing,
    /// No key of that id is known; fetching keys again may help.
    #[error("no key `{kid}` is known")]
    UnknownKey {
        /// The id, shortened.
        kid: String,
    },
    /// The signature does not match.
    #[error("the token's signature does not match")]
    Signature,
    /// A claim that is relied on is missing.
    #[error("the token lacks the claim `{claim}`")]
    ClaimMissing {
        /// The claim.
        claim: &'static str,
    },
    /// A claim has another type or value than it can have.
    #[error("the claim `{claim}` must be {expected}")]
    ClaimType {
        /// The claim.
        claim: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The token has expired.
    #[error("the token expired at {expired_at}, now is {now} (leeway {leeway} s)")]
    Expired {
        /// When.
        expired_at: UnixTime,
        /// The clock.
        now: UnixTime,
        /// What was granted on top, in seconds.
        leeway: u64,
    },
    /// The token is not valid yet, or was issued in the future.
    #[error("the claim `{claim}` is {at}, in the future of {now} (leeway {leeway} s)")]
    NotYetValid {
        /// `iat` or `nbf`.
        claim: &'static str,
        /// What it says.
        at: UnixTime,
        /// The clock.
        now: UnixTime,
        /// What was granted on top, in seconds.
        leeway: u64,
    },
    /// The token is for somebody else.
    #[error("the token's audience must be `{expected}`, found `{found}`")]
    Audience {
        /// Who we are.
        expected: String,
        /// Who it is for, shortened.
        found: String,
    },
    /// The token is from somebody else.
    #[error("the token's issuer must be `{expected}`, found `{found}`")]
    Issuer {
        /// Who may issue it.
        expected: String,
        /// Who did, shortened.
        found: String,
    },
    /// The query hash is that of another request; see `explain`.
    #[error(
        "the token's query hash is not that of this request: expected `{expected}`, found `{found}`"
    )]
    QshMismatch {
        /// The hash of this request.
        expected: String,
        /// The hash in the token, shortened.
        found: String,
    },
    /// The path of the request is not below the base URL that the token would be for, so its query
    /// hash could be that of another path below it.
    #[error(
        "the path `{path}` is outside the base URL `{base_url}`; if a proxy strips the base URL's \
         path from requests, say so with the setting `proxy_strips_base_path`"
    )]
    OutsideBaseUrl {
        /// The path, shortened.
        path: String,
        /// The app's base URL.
        base_url: String,
    },
    /// A context token (or a token without a URL) where a URL-bound one is needed.
    #[error("a context token is not accepted here: its query hash is not bound to a URL")]
    ContextToken,
    /// A URL-bound token where a context token is needed.
    #[error("only a context token is accepted here: its query hash must be `context-qsh`")]
    NotContextToken,
    /// Two parts of one request name different tenants.
    #[error("`{field}` names `{found}`, the token is from `{expected}`")]
    TenantMismatch {
        /// Which part.
        field: &'static str,
        /// The tenant the token proves.
        expected: String,
        /// The tenant named, shortened.
        found: String,
    },
    /// Two claims of one token contradict each other.
    #[error("the claims `{one}` and `{other}` contradict each other")]
    ClaimsContradict {
        /// One claim.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A Forge context token, which functions are handed, where an invocation token is needed.
    #[error("a Forge context token is not accepted here: only an invocation token is proof")]
    ForgeContextToken,
    /// The token is from an Isolated Cloud and none is configured, or another one is.
    #[error("the token is from the isolated cloud `{found}`, which is not configured")]
    IsolatedCloud {
        /// The label, shortened.
        found: String,
    },
    /// The body's base URL is not on a host of the configured cloud.
    #[error("the base URL `{found}` is not on a host of the configured cloud")]
    ForeignBaseUrl {
        /// What the body says, shortened.
        found: String,
    },

    // ---- deliveries ----
    /// A lifecycle token that was used before, with another body.
    #[error("the token was used before with another body")]
    Replayed,

    // ---- keys ----
    /// A key that cannot be read.
    #[error("the {what} cannot be read: {reason}")]
    KeyMalformed {
        /// Which kind of key.
        what: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// An RSA key too short to prove anything.
    #[error("the RSA key has {bits} bits, fewer than {minimum}")]
    WeakKey {
        /// Its length, in bits.
        bits: usize,
        /// The least that is taken, in bits.
        minimum: usize,
    },

    // ---- answers of the platform ----
    /// The platform could not say whether an app has a license: neither a yes nor a no.
    #[error("the license of the app `{app}` could not be checked: {reason}")]
    NotChecked {
        /// The app, shortened.
        app: String,
        /// What the platform said, shortened.
        reason: String,
    },

    // ---- features and conditions ----
    /// `editions.toml` (or its JSON form) is not what it must be.
    #[error("the feature map is not valid: {reason}")]
    FeatureMap {
        /// What is wrong, with the line where known.
        reason: String,
    },
    /// A feature that the feature map does not name.
    #[error("the feature map has no feature `{feature}`")]
    UnknownFeature {
        /// The name asked for, shortened.
        feature: String,
    },
    /// A limit that the feature map does not name.
    #[error("the feature map has no limit `{limit}`")]
    UnknownLimit {
        /// The name asked for, shortened.
        limit: String,
    },
    /// A service level that the feature map does not name.
    #[error("the feature map has no service level `{service_level}`")]
    UnknownServiceLevel {
        /// The name asked for, shortened.
        service_level: String,
    },
    /// Not a condition of the host platform.
    #[error("not a valid condition: {reason}")]
    Condition {
        /// What is wrong.
        reason: String,
    },
}

struct JsonMessage<'a>(&'a json::Error);

impl fmt::Display for JsonMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            json::ErrorKind::Syntax | json::ErrorKind::NotUtf8 => self.0.fmt(f),
            _ => write!(f, "not acceptable JSON: {}", self.0),
        }
    }
}
