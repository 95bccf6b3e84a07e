/**
 * For servers: verifies what the platform sends, so that its licenses are `License<"verified">`.
 * Node 20 and later, Forge functions, and workers that have `node:crypto`. Synchronous after load.
 *
 * @packageDocumentation
 */
export { FeatureMap, License, LicenseError, isUnlimited } from "./index.js";
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
  Policy,
  ReadOptions,
  Reason,
  Requires,
  Row,
  State,
  Touchpoint,
  Trust,
} from "./index.js";
export { VerifyError } from "./server/core.js";
export { queryHash, signRequest, tenantOf, verifyContext, verifyRequest } from "./server/connect.js";
export type { ConnectProof, Expected, IncomingRequest, Signer, Tenant } from "./server/connect.js";
export { check } from "./server/decide.js";
export type { FetchOptions } from "./server/fetch.js";
export { fromFunctionContext, invocationKeyOf, verifyInvocation } from "./server/forge.js";
export type { ExpectedInvocation, Invocation, ProductContext } from "./server/forge.js";
export { ForgeKeys } from "./server/forge-keys.js";
export type { ForgeKeysOptions } from "./server/forge-keys.js";
export { InstallKeys } from "./server/install-keys.js";
export type { InstallKeysOptions } from "./server/install-keys.js";
export { LifecycleReducer } from "./server/installation.js";
export type {
  Change,
  Installation,
  InstallationEvent,
  InstallationRecord,
  InstallationSecrets,
} from "./server/installation.js";
export { ConnectLicenseApi, ForgeLicenseApi, fromConnectApi, fromForgeApi } from "./server/license-api.js";
export type { LicenseApiOptions } from "./server/license-api.js";
export { installKeyOf, readLifecycleBody, verifyInstall, verifyLifecycle } from "./server/lifecycle.js";
export type {
  Cloud,
  ExpectedEvent,
  LifecycleBody,
  LifecycleEvent,
  LifecycleKind,
  SignedLifecycleEvent,
} from "./server/lifecycle.js";
