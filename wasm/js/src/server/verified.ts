import { License, LicenseError } from "../index.js";
import type { LicenseJson, LicenseSource } from "../index.js";

type Licenses = WeakMap<object, readonly [bits: number, asOf: number | null] | 0>;
let known: Licenses | undefined;

/** The licenses of this process, by what the gate said of them: see `../registry.ts`. */
function licenses(): Licenses {
  License.is(null); // makes it
  const key = Symbol.for("@app-license/sdk licenses");
  return (globalThis as unknown as Record<symbol, Licenses>)[key]!;
}

/** What the gate said of a license that this package made. */
export function bitsOf(license: License): number {
  const bits = (known ??= licenses()).get(license);
  if (!bits) {
    throw new LicenseError("not_a_license", "expected a License");
  }
  return bits[0];
}

/** Whether this package made a feature map. */
export const isMap = (value: unknown) => (known ??= licenses()).get(value as object) === 0;

/** Only what was verified comes here: the one place where a license is said to be. */
function make(
  source: LicenseSource,
  bits: number,
  set: string,
  license: Record<string, unknown> | null,
  environment: string | null,
  asOf: Date | null,
): License<"verified"> {
  const Constructor = License as unknown as new (...fields: unknown[]) => License<"verified">;
  return new Constructor((known ??= licenses()), source, "verified", bits, set, license, environment, asOf);
}

/** Vouches for a license that was just read. */
export function verified(hint: License, source = hint.source): License<"verified"> {
  const { capabilitySet, raw, environment, asOf } = hint;
  return make(source, bitsOf(hint), capabilitySet ?? "", raw, environment, asOf);
}

/** A license as JSON. Throws `not_a_license` for what the package did not make. */
export const jsonOf = (license: License): LicenseJson => License.prototype.toJSON.call(license);

/** Throws `not_a_license` for what is none, and `not_verified` for a hint. */
export function mustBeVerified(license: License, why: string): asserts license is License<"verified"> {
  jsonOf(license);
  if (license.trust !== "verified") {
    throw new LicenseError("not_verified", `expected a verified license, found a hint (${license.source}): ${why}`);
  }
}

/** A license of what the core answered. */
export function licenseFrom(
  source: LicenseSource,
  bits: number,
  set: string | null,
  raw: string | null,
  asOf: Date | null,
  environment: string | null = null,
): License<"verified"> {
  return make(source, bits, set ?? "", parsed(raw), environment, asOf);
}

const parsed = (raw: string | null | undefined) => (raw == null ? null : (JSON.parse(raw) as Record<string, unknown>));

/** A document with the license that the core found in a larger one. */
export const carrier = (raw: string | null | undefined) => ({ license: parsed(raw) });
