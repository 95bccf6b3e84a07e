// Made by `node scripts/limits.mjs` of the constants of the Rust crates: do not edit.
// Times are in milliseconds where nothing else is said.

/** The largest body of an event, in bytes. */
export const MAX_BODY = 262_144;
/** The largest key that is read, in bytes. */
export const MAX_PEM = 16_384;
/** The largest key set that is read, in bytes. */
export const MAX_JWKS = 262_144;
/** Where the commercial cloud's key set is. */
export const KEY_SET = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json";
/** Where Forge's License API is. */
export const FORGE_API = "https://api.atlassian.com";
/** Under which path an app asks it for itself. */
export const FORGE_LICENSE = "/forge/app/v1/license";
/** The largest answer of a site that is read, in bytes. */
export const CONNECT_ANSWER = 262_144;
/** The largest answer of Forge's License API that is read, in bytes. */
export const FORGE_ANSWER = 262_144;
/** How long one request may take. */
export const FETCH_TIME = 5_000;
/** How long all tries of one question may take together. */
export const ALL_TRIES = 15_000;
/** How long another replica's answer is waited for. */
export const WAIT = 2_000;
/** How often the store is asked for it. */
export const POLL = 200;
/** How many installations' answers and leases a process keeps. */
export const ANSWERS_KEPT = 4_096;
/** The longest system token. */
export const SYSTEM_TOKEN = 16_384;
/** How long a lease lasts at the most, in seconds. */
export const LONGEST_LEASE = 86_400;
/** How far in the future a time may be that another replica wrote, in seconds: clocks differ. */
export const MAX_AHEAD = 300;
/** How many of the platform's keys a store keeps. */
export const MAX_KEYS = 64;
/** How long a mark is kept after it expires, in seconds: the clock of a replica may be a day ahead. */
export const MARK_GRACE = 86_700;
/** How many marks are kept in memory. */
export const MAX_MARKS = 100_000;
/** How many installations are kept in memory. */
export const TENANTS_KEPT = 10_000;
/** How long an installation is kept, in seconds. */
export const TENANT_CACHE = 5;
/** How long a store may take to say that it is there. */
export const HEALTH = 2_500;
/** How long a process may call hooks after it last renewed its lease, in seconds. */
export const HOOK_LEASE = 60;
/** How often it renews its lease, in seconds. */
export const HOOK_RENEW = 20;
/** How many events are read at once. */
export const HOOK_PAGE = 100;
/** How long a runner rests when there is nothing to do. */
export const HOOK_PAUSE = 1_000;
/** How often an event is tried by itself. */
export const HOOK_TRIES = 24;
/** The kind of name under which a runner keeps whom it is calling for. No consumer that an app names has such a name. */
export const HOOK_ATTEMPTS = " attempts";
/** How long a hook may take for one event. */
export const HOOK_LIMIT = 30_000;
/** The code of a token that another key may have signed: that is looked for, once. */
export const OF_ANOTHER_KEY = "signature";
/** The bits of a license that say whether it is, or was, a trial: no, yes, nobody knows. */
export const TRIAL = 48;
/** The bit of a license that says that this user has no access. */
export const NO_ACCESS = 512;
