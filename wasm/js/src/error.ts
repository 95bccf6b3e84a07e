/**
 * The stable code of an error. Each has its paragraph in
 * https://github.com/app-license/app-license/blob/main/docs/errors.md
 */
export type ErrorCode =
  | "absent"
  | "algorithm"
  | "answer_too_large"
  | "audience"
  | "body_unreadable"
  | "busy"
  | "cache"
  | "capability_missing"
  | "claim_missing"
  | "claim_type"
  | "claims_contradict"
  | "cloud"
  | "condition"
  | "context_token"
  | "critical_header"
  | "does_not_open"
  | "encryption_key"
  | "expired"
  | "feature_map"
  | "field_missing"
  | "field_type"
  | "field_value"
  | "foreign_base_url"
  | "foreign_database"
  | "forge_context_token"
  | "inactive"
  | "invalid_base_url"
  | "invalid_id"
  | "invalid_time"
  | "invalid_url"
  | "isolated_cloud"
  | "issuer"
  | "json_duplicate_key"
  | "json_syntax"
  | "json_too_deep"
  | "json_too_many_keys"
  | "json_trailing_bytes"
  | "key_id_invalid"
  | "key_id_missing"
  | "key_malformed"
  | "leased"
  | "leeway"
  | "license_api"
  | "misuse"
  | "newer_schema"
  | "no_encryption_key"
  | "no_license_api"
  | "no_user_access"
  | "not_a_license"
  | "not_checked"
  | "not_context_token"
  | "not_production"
  | "not_verified"
  | "not_yet_valid"
  | "outside_base_url"
  | "plain_text_refused"
  | "qsh_mismatch"
  | "raw_body"
  | "redirected"
  | "replayed"
  | "signature"
  | "stale"
  | "status"
  | "store_corrupt"
  | "store_unavailable"
  | "tenant_blocked"
  | "tenant_disabled"
  | "tenant_mismatch"
  | "test_key"
  | "timed_out"
  | "token_conflict"
  | "token_malformed"
  | "token_missing"
  | "token_scheme"
  | "tokens_refused"
  | "too_complex"
  | "too_large"
  | "too_many"
  | "too_many_marks"
  | "trial_ended"
  | "unconfirmed"
  | "unknown_encryption_key"
  | "unknown_feature"
  | "unknown_key"
  | "unknown_key_flood"
  | "unknown_limit"
  | "unknown_service_level"
  | "unknown_tenant"
  | "unreachable"
  | "unreadable"
  | "user_initiated"
  | "weak_key"
  | "weak_secret";

/**
 * Why something was not read or not decided.
 *
 * `code` is stable and the same in Rust and on the command line. No message ever shows a token or
 * a secret.
 *
 * @example
 * ```ts
 * try {
 *   check(license, { features, feature: "bulk-export" });
 * } catch (error) {
 *   if (!(error instanceof LicenseError && error.code === "unknown_feature")) throw error;
 * }
 * ```
 */
export class LicenseError extends Error {
  /** The stable code: `field_type`, `unknown_feature`, … */
  readonly code: ErrorCode;

  /** An accessor: where `Error.prototype` is frozen, as in hardened realms, no name can be assigned. */
  override get name(): string {
    return "LicenseError";
  }

  /** `code`: one of {@link ErrorCode}, also where the core says it. */
  constructor(code: string, message: string) {
    super(message);
    this.code = code as ErrorCode;
  }
}
