import { LONGEST_LEASE, MAX_AHEAD } from "./limits.js";

const isWithin = (most: number, later: Date, now: Date): boolean => later > now && +later - +now <= most * 1000;

/** @internal Whether a lease that ends at `until` is held at `now`. One that ends later than one can was taken by a
 * clock that was wrong, and is nobody's: it would keep everybody waiting until that time comes. */
export const isHeld = (until: Date, now: Date): boolean => isWithin(LONGEST_LEASE + MAX_AHEAD, until, now);

/** @internal When a lease ends at the latest that is held at `now`. */
export const latestEnd = (now: Date): Date => new Date(+now + (LONGEST_LEASE + MAX_AHEAD) * 1000);

/** @internal Whether an answer is kept in place of one that was fetched at `kept`: one is kept when it is fetched, so
 * that a clock was wrong that dated the other far ahead of it. */
export const replaces = (fetchedAt: Date, kept: Date): boolean => !isWithin(MAX_AHEAD, kept, fetchedAt);

/** @internal An answer that was fetched after this is replaced by one that was fetched at `fetchedAt`. */
export const aheadOf = (fetchedAt: Date): Date => new Date(+fetchedAt + MAX_AHEAD * 1000);
