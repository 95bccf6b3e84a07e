/**
 * For servers: verifies what the platform sends, so that its licenses are `License<"verified">`.
 * Node 20 and later, Forge functions, and workers that have `node:crypto`. Synchronous after load.
 *
 * @packageDocumentation
 */
export { License, LicenseError, isUnlimited } from "./index.js";
export { FeatureMap } from "./server/feature-map.js";
export type {
  Capability,
  Carrier,
  Check,
  Decision,
  Edition,
  ErrorCode,
  Features,
  KnownCapability,
  LicenseJson,
  NameIn,
  Policy,
  ReadOptions,
  Reason,
  Requires,
  Row,
  State,
  LicenseSource,
  Trust,
  WrittenFeatures,
} from "./index.js";
export { VerifyError } from "./server/core.js";
export { queryHash, signRequest, tenantOf, verifyContext, verifyRequest } from "./server/connect.js";
export type { ConnectProof, Expected, IncomingRequest, Signer, Tenant } from "./server/connect.js";
export { check } from "./server/decide.js";
export { DeniedError } from "./server/denied.js";
export { PlatformFault } from "./server/get.js";
export type { FetchOptions } from "./server/get.js";
export { fromFunctionContext, invocationKeyOf, verifyInvocation } from "./server/forge.js";
export type { ExpectedInvocation, ForgeHalf, Invocation, ProductContext } from "./server/forge.js";
export { ForgeKeys } from "./server/forge-keys.js";
export type { ForgeKeysOptions } from "./server/forge-keys.js";
export { InstallKeys } from "./server/install-keys.js";
export type { InstallKey, InstallKeyStore, InstallKeysOptions, KeyCaller } from "./server/install-keys.js";
export { LifecycleReducer, deliver } from "./server/installation.js";
export type {
  Change,
  Delivery,
  Installation,
  InstallationEvent,
  InstallationRecord,
  InstallationSecrets,
  Outcome,
  StoredMark,
} from "./server/installation.js";
export { ConnectLicenseApi } from "./server/connect-license-api.js";
export type { ConnectLicenseApiOptions } from "./server/connect-license-api.js";
export { ForgeLicenseApi } from "./server/forge-license-api.js";
export type { ForgeLicenseApiOptions, ForgeLicenseCache, KeptAnswer } from "./server/forge-license-api.js";
export { openLicense, sealLicense } from "./server/sealed.js";
export type { OpenOptions, SealKey, SealOptions } from "./server/sealed.js";
export { storedLicense } from "./server/stored-license.js";
export { fromConnectApi, fromForgeApi } from "./server/license-api.js";
export type { LicenseAnswer, LicenseApiOptions } from "./server/license-api.js";
export {
  acceptedBefore,
  checkUnprovedInstall,
  installKeyOf,
  readLifecycleBody,
  verifyForgeEvent,
  verifyInstall,
  verifyLifecycle,
} from "./server/lifecycle.js";
export type {
  Cloud,
  CloudName,
  ExpectedEvent,
  ForgeEvent,
  InstallKind,
  LifecycleBody,
  LifecycleEvent,
  LifecycleKind,
  ReplayedEvent,
  SwitchKind,
} from "./server/lifecycle.js";
/** @internal */
export * as internal from "./server/internal.js";
