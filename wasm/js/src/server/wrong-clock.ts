import { LONGEST_LEASE, MAX_AHEAD } from "./limits.js";

/** @internal When a lease ends at the latest that is held at `now`. One that ends later was taken by a clock that
 * was wrong, and is nobody's: it would keep everybody waiting until that time comes. */
export const latestEnd = (now: Date): Date => new Date(+now + (LONGEST_LEASE + MAX_AHEAD) * 1000);

/** @internal Whether a lease that ends at `until` is held at `now`. */
export const isHeld = (until: Date, now: Date): boolean => until > now && until <= latestEnd(now);

/** @internal From when on an answer that is kept was dated by a clock that was wrong, given when another one was
 * fetched: one is kept when it is fetched, so that it takes the place of those. */
export const aheadOf = (fetchedAt: Date): Date => new Date(+fetchedAt + MAX_AHEAD * 1000);

/** @internal Whether an answer is kept in place of one that was fetched at `kept`. */
export const replaces = (fetchedAt: Date, kept: Date): boolean => kept <= fetchedAt || kept > aheadOf(fetchedAt);
