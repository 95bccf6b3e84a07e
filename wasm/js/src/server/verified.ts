import { License } from "../index.js";
import type { Touchpoint } from "../index.js";

/** The same licence, vouched for. */
export function verified(hint: License, touchpoint?: Touchpoint): License<"verified"> {
  const license = Object.create(License.prototype) as License<"verified">;
  const more = touchpoint ? { touchpoint } : {};
  return Object.assign(license, hint, more, { trust: "verified" as const });
}

/** A document with the licence that the core found in a larger one. */
export const carrier = (raw: string | null | undefined) => ({
  license: raw == null ? null : (JSON.parse(raw) as Record<string, unknown>),
});
