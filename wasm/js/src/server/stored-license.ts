// The license of a stored installation, for what no request is behind: scheduled jobs, hooks, reports.
import { License } from "../index.js";
import type { LicenseSource } from "../index.js";
import type { Installation } from "./installation.js";
import { verified } from "./verified.js";

/**
 * The license that the store of the app knows of an installation: what the last verified event, request
 * or License API answer stated. It is absent where nothing was stated, and where the app is no longer
 * installed or enabled.
 *
 * It is as old as its `asOf`: say how old it may be, with `maxAge`.
 *
 * ```ts
 * const license = storedLicense(await store.load(clientKey));
 * check(license, { requires: "capabilityAdvanced", maxAge: 86_400 }).allowed;
 * ```
 */
export function storedLicense(installation: Installation | null | undefined): License<"verified"> {
  const { status, license, capabilitySet } = installation?.record ?? {};
  const source = (license?.source ?? "connect_lifecycle") as LicenseSource;
  if (!license || status === "uninstalled" || status === "disabled") {
    return verified(License.absent(source));
  }
  const hint = License.fromJSON({
    source,
    state: license.state,
    edition: null, // follows from the set
    capabilitySet: capabilitySet ?? null,
    isEvaluation: license.evaluation ?? null,
    environment: null,
    noUserAccess: false, // no user is behind it
    asOf: license.asOf,
    raw: null,
  });
  return verified(hint);
}
