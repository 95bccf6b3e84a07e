// Verified licenses that leave the process: for caches, queues, jobs and server components.
import { createHmac, timingSafeEqual } from "node:crypto";
import { License } from "../index.js";
import type { LicenseJson } from "../index.js";
import type { VerifyError } from "./core.js";
import { fault } from "./refusals.js";
import { hold, misuse, seconds } from "./settings.js";
import { jsonOf, verified } from "./verified.js";

/** A secret of the app's own, at least 32 bytes. */
export type SealKey = string | Uint8Array;

/** What a license is sealed for. */
export interface SealOptions {
  key: SealKey;
  /** Whose license it is: its `clientKey`, its installation. It opens for nobody else. */
  tenant: string;
  /** The clock; now, when left out. */
  now?: Date | undefined;
}

/** What a sealed license is opened with. */
export interface OpenOptions {
  /** The secret it was sealed with; of several, as while one is replaced, any. */
  key: SealKey | readonly SealKey[];
  tenant: string;
  /** How long ago it may have been sealed, in seconds: what was bought may have ended since. */
  maxAge: number;
  now?: Date | undefined;
}

interface Sealed {
  readonly tenant: string;
  readonly at: number;
  readonly license: LicenseJson;
}

const LONGEST = 65_536;
const any = () => undefined; // each is looked at where it is used
const OPTIONS = { key: any, tenant: any, now: any };
const refused = (code: string, message: string) => fault(code, "refused", message);

function macOf(key: SealKey, body: string): Buffer {
  if (!(typeof key == "string" || key instanceof Uint8Array) || Buffer.byteLength(key) < 32) {
    throw fault("weak_secret", "misuse", "a key that licenses are sealed with has at least 32 bytes");
  }
  return createHmac("sha256", key).update(`app-license sealed license 1\n${body}`).digest();
}

function isTenant(tenant: unknown): asserts tenant is string {
  if (typeof tenant != "string" || !tenant) {
    throw misuse("whose license is it? Pass `tenant`, such as the `clientKey`");
  }
}

const millis = (now: Date = new Date()) => {
  if (!(now instanceof Date) || Number.isNaN(+now)) {
    throw fault("invalid_time", "misuse", "`now` must be a valid Date");
  }
  return +now;
};

/**
 * A verified license as text that {@link openLicense} takes as verified again, on any server that has
 * the key: for caches, queues, scheduled jobs and server components. It can be read by everybody, and
 * changed by nobody.
 *
 * @throws `not_a_license` for what is none, `not_verified` for a hint, `weak_secret` for a short key,
 * `too_large` for one of over 65,536 characters, which {@link openLicense} would refuse; `misuse` without a
 * tenant.
 *
 * @example
 * ```ts
 * const text = sealLicense(fromFunctionContext(context), { key, tenant: clientKey });
 * openLicense(text, { key, tenant: clientKey, maxAge: 3600 }).trust; // "verified"
 * ```
 */
export function sealLicense(license: License<"verified">, options: SealOptions): string {
  const { key, tenant, now } = hold("sealLicense", options, OPTIONS);
  const json = jsonOf(license);
  if (license.trust !== "verified") {
    throw fault("not_verified", "misuse", "only a verified license is sealed");
  }
  isTenant(tenant);
  const sealed: Sealed = { tenant, at: millis(now), license: json };
  const body = Buffer.from(JSON.stringify(sealed)).toString("base64url");
  const text = `${body}.${macOf(key, body).toString("base64url")}`;
  if (text.length > LONGEST) {
    throw fault("too_large", "misuse", `a sealed license may have ${LONGEST} characters; this has ${text.length}`);
  }
  return text;
}

/**
 * Opens what {@link sealLicense} made.
 *
 * @throws a {@link VerifyError}: `signature` when it was changed or sealed with another key, `tenant_mismatch`
 * when it is somebody else's, `stale` when it is older than `maxAge`; `misuse` without a tenant or an age.
 *
 * @example
 * ```ts
 * const license = openLicense(sealed, { key, tenant: clientKey, maxAge: 3600 });
 * ```
 */
export function openLicense(text: string, options: OpenOptions): License<"verified"> {
  const { key, tenant, maxAge, now } = hold("openLicense", options, { ...OPTIONS, maxAge: any });
  const at = millis(now);
  isTenant(tenant);
  const expected = seconds(maxAge);
  if (expected !== undefined) {
    throw misuse(`how old may it be? \`maxAge\` must be ${expected}`);
  }
  if (typeof text != "string" || text.length > LONGEST) {
    throw refused("token_malformed", "expected the text of a sealed license");
  }
  const [body = "", mac = "", ...rest] = text.split(".");
  const found = Buffer.from(mac, "base64url");
  const keys = Array.isArray(key) ? (key as readonly SealKey[]) : [key as SealKey];
  const matches = (one: SealKey) => {
    const expected = macOf(one, body);
    // the one spelling that was made, no other of the same bytes
    return found.toString("base64url") === mac && found.length === expected.length && timingSafeEqual(found, expected);
  };
  // every key is looked at, so that a short one is found
  if (rest.length || !keys.map(matches).includes(true)) {
    throw refused("signature", "the sealed license was changed, or sealed with another key");
  }
  const sealed = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as Sealed;
  if (sealed.tenant !== tenant) {
    throw refused("tenant_mismatch", "the sealed license is of another tenant");
  }
  // what is of the future was sealed by a clock that is not to be trusted
  if (at - sealed.at > maxAge * 1000 || sealed.at - at > 300_000) {
    throw refused("stale", "the license was sealed too long ago");
  }
  return verified(License.fromJSON(sealed.license));
}
