// The license of a stored installation, for what no request is behind: scheduled jobs, hooks, reports.
import { License } from "../index.js";
import type { LicenseSource, State } from "../index.js";
import { call } from "./core.js";
import type { Installation } from "./installation.js";
import * as op from "./op.js";
import { misuse } from "./settings.js";
import { verified } from "./verified.js";

/**
 * The license that the store of the app knows of an installation: what the last verified event, request
 * or License API answer stated. It is absent where nothing was stated, and inactive where the app is not
 * installed, or switched off, or blocked: no policy for what is absent serves those.
 *
 * It is as old as its `asOf`: say how old it may be, with `maxAge`.
 *
 * @throws `misuse` for what no store answers, such as a promise.
 *
 * @example
 * ```ts
 * const license = storedLicense(await store.load(clientKey));
 * check(license, { requires: "capabilityAdvanced", maxAge: 86_400 }).allowed; // false: it is not installed
 * ```
 */
export function storedLicense(installation: Installation | null | undefined): License<"verified"> {
  if (installation != null && typeof Object(installation.record).status != "string") {
    throw misuse("storedLicense: expected what the store answers: `storedLicense(await store.load(key))`");
  }
  const { license, capabilitySet, status, blockedAt } = installation?.record ?? ({} as Partial<Installation["record"]>);
  const source = (license?.source ?? "connect_lifecycle") as LicenseSource;
  const state = call(op.storedState, status ?? "", blockedAt !== undefined, license?.state ?? "") as State;
  if (state === "absent") {
    return verified(License.absent(source));
  }
  const hint = License.fromJSON({
    source,
    state,
    edition: null, // follows from the set
    capabilitySet: capabilitySet ?? null,
    isEvaluation: license?.evaluation ?? null,
    environment: null,
    noUserAccess: false, // no user is behind it
    asOf: license?.asOf ?? null,
    raw: null,
  });
  return verified(hint);
}
