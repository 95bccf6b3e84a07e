/**
 * May this customer use this feature, now, and why? For browsers and everywhere else.
 *
 * Runs under the default policy of Forge Custom UI: no WebAssembly, no eval. All it reads is a
 * hint; `@app-license/sdk/server` verifies.
 *
 * @packageDocumentation
 */
export { LicenseError } from "./error.js";
export type { ErrorCode } from "./error.js";
export { License } from "./license.js";
export { check } from "./check.js";
export { FeatureMap, isUnlimited } from "./feature.js";
export type { Check, Decision, Policy, Reason } from "./check.js";
export type { Checked, EditionName, Features, NameIn, Row, WrittenFeatures } from "./feature.js";
export type {
  Capability,
  Carrier,
  Edition,
  KnownCapability,
  LicenseJson,
  ReadOptions,
  Requires,
  State,
  LicenseSource,
  Trust,
} from "./license.js";
