// What the entries that stand on this one share with it, so that the core is loaded once.
export { Bounded } from "./bounded.js";
export { collect } from "./collect.js";
export { proveRequest } from "./connect.js";
export { call, instance, read, seconds } from "./core.js";
export * as op from "./op.js";
export { tokenHash } from "./forge.js";
export { thrown } from "./get.js";
export type { Fetched } from "./get.js";
export { about, bodyOf, documentOf } from "./installation.js";
export { cloudOf, dropEvent, parseEvent } from "./lifecycle.js";
export { connectLicense } from "./license-api.js";
export type { LicenseStep } from "./license-api.js";
export { Plan } from "./machine.js";
export { fault, refusedAs } from "./refusals.js";
export * as settings from "./settings.js";
export { bitsOf, licenseFrom } from "./verified.js";
