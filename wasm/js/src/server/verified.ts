import { License } from "../index.js";
import type { Touchpoint } from "../index.js";

/** Vouches for a license that was just read. */
export function verified(hint: License, touchpoint = hint.touchpoint): License<"verified"> {
  return Object.assign(hint, { touchpoint, trust: "verified" as const });
}

/** A license that the core has judged: in `said`, at `at`, are what it found and the capability set. */
export function judged(
  touchpoint: Touchpoint,
  said: (string | null)[],
  at: number,
  raw: string | null,
  asOf: Date | null,
  environment: string | null = null,
): License<"verified"> {
  const { license } = carrier(raw);
  return new License(touchpoint, "verified", Number(said[at]), said[at + 1] ?? "", license, environment, asOf);
}

/** A document with the license that the core found in a larger one. */
export const carrier = (raw: string | null | undefined) => ({
  license: raw == null ? null : (JSON.parse(raw) as Record<string, unknown>),
});
