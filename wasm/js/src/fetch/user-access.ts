import { internal } from "../server.js";
import type { License } from "../server.js";

/** The bit of a license whose user the platform says to have no access. */
const DENIED = 512;

/** The same license, for the user of the one that a request proves. */
export function withUserAccessOf(license: License<"verified">, proved: License<"verified">): License<"verified"> {
  const { bitsOf, judged } = internal;
  if (!(bitsOf(proved) & DENIED)) {
    return license;
  }
  const { source, capabilitySet, raw, asOf, environment } = license;
  const said = [`${bitsOf(license) | DENIED}`, capabilitySet];
  return judged(source, said, 0, raw && JSON.stringify(raw), asOf, environment);
}
