// What the platform stated, and what that grants: the rules of the Rust crate `app-license-gate`, for
// pages that may not run WebAssembly. test/gate.test.mjs holds them to that crate, cell by cell.
//
// A license is held as bits, two each from the lowest: state (active, inactive, absent), edition of
// an active license (free, standard, advanced, none), evaluation (no, yes, unknown), deployment
// (production, not production, unknown); then one bit each: whether a capability set is named, and
// whether the platform says that this user has no access.

/** Reasons of {@link decide}, by their numbers. */
const [GRANTED, CAPABILITY_MISSING, ABSENT, NOT_PRODUCTION, STALE, UNCONFIRMED, NO_USER_ACCESS] =
  [3, 4, 6, 7, 8, 9, 10] as const;
const NO_EDITION = 3;
const DENY = 3;

/** Capability strings compare without case and `_`; only ASCII has a case here. */
const fold = (text: string) => text.replace(/[A-Z_]/g, (c) => (c === "_" ? "" : c.toLowerCase()));

const RANKED = ["capabilityfree", "capabilitystandard", "capabilityadvanced"];

/** The rank of a capability: free, standard, advanced, or {@link NO_EDITION}. */
const editionOf = (capability: string) => RANKED.indexOf(fold(capability)) & 3;

/** `""` and `"NULL"` name nothing. */
const named = (text: string) => (text === "" || text === "NULL" ? null : text);

function bitsOf(
  state: number,
  set: string | null,
  evaluation: number,
  deployment: number,
  noUserAccess: boolean,
): number {
  // an active license without a capability set counts as Standard
  const edition = state ? NO_EDITION : set === null ? 1 : editionOf(set);
  return (
    state | (edition << 2) | (evaluation << 4) | (deployment << 6) | (+(set !== null) << 8) | (+noUserAccess << 9)
  );
}

/**
 * Reads the fields of a license object. `fields` holds two bits each, from the lowest: `active`,
 * `isActive`, `evaluation`, `isEvaluation` (0 false, 1 true, 2 null or missing, 3 anything else),
 * `capabilitySet` (0 null or missing, 1 a string, 2 anything else), where it was found (0 Connect, 1
 * a place that says its environment, 2 one that does not), `userAccess.enabled` and
 * `userAccess.hasAccess`; from bit 16, one bit each: whether `userAccess` is stated, and whether
 * `state` says `trial`.
 */
export function readFields(fields: number, set: string, environment: string): number {
  const at = (bit: number) => (fields >> bit) & 3;
  const [active, isActive] = [at(0), at(2)];
  // two spellings must agree, and only `true` is active
  const state =
    active === 2 && isActive === 2 ? 2 : (active === 1 && isActive % 3 > 0) || (active === 2 && isActive === 1) ? 0 : 1;
  const [one, other] = [at(4), at(6)];
  let evaluation = one < 2 ? one : other < 2 ? other : 2;
  if (one < 2 && other < 2 && one !== other) {
    evaluation = 2;
  } else if (fields & 131072) {
    evaluation = evaluation === 0 ? 2 : 1;
  }
  const kind = at(8);
  const place = at(10);
  const deployment = place === 1 ? +(environment.toLowerCase() !== "production") : place;
  const [enabled, hasAccess] = [at(12), at(14)];
  const allows = enabled === 0 || (enabled !== 3 && hasAccess === 1);
  return bitsOf(
    state,
    kind === 0 ? null : kind === 1 ? named(set) : set,
    evaluation,
    deployment,
    !!(fields & 65536) && !allows,
  );
}

/** What a query says of the capability set: null names nothing, and stands for Standard. */
interface SetOfQuery {
  set: string | null;
  /** -1 for a set without a rank, which is lower than any. */
  rank: number;
}

/** Values that are repeated and conflict count as the least generous. */
function lower(a: SetOfQuery, b: SetOfQuery): SetOfQuery {
  if (a.set === null || b.set === null || a.rank >= 0 || b.rank >= 0) {
    return a.rank <= b.rank ? a : b;
  }
  return fold(a.set) === fold(b.set) ? (b.set.length < a.set.length ? b : a) : { set: ",", rank: -1 };
}

/** Reads the query of a Connect iframe; also answers the capability set that counts. */
export function readQuery(query: string): [bits: number, set: string | null] {
  let active: boolean | undefined;
  let access: boolean | undefined;
  let said: SetOfQuery | undefined;
  new URLSearchParams(query).forEach((value, name) => {
    if (name === "lic") {
      active = value === "active" && active !== false;
    } else if (name === "userAccess") {
      access = value === "true" && access !== false;
    } else if (name === "capSet" || name === "capabilitySet") {
      const set = named(value);
      const rank = set === null ? 1 : RANKED.indexOf(fold(set));
      said = said ? lower(said, { set, rank }) : { set, rank };
    }
  });
  const set = said?.set ?? null;
  const state = active === undefined ? 2 : active ? 0 : 1;
  return [bitsOf(state, set, 2, 0, access === false), set];
}

/**
 * Decides. `policy` holds when-absent in the lowest two bits (free, standard, advanced, deny), then
 * one bit each: production only, confirmed only, `maxAge` is given, `age` is known, absent means
 * something else outside production; in bits 7 and 8 what it means there; then one bit each: the app
 * sells nothing, user access is ignored.
 *
 * The low four bits of the answer are the reason, then comes the edition asked for.
 */
export function decide(
  license: number,
  has: string,
  needs: string,
  policy: number,
  maxAge: number,
  age: number,
): number {
  const [state, evaluation, deployment] = [license & 3, (license >> 4) & 3, (license >> 6) & 3];
  const asked = editionOf(needs);
  const reason = () => {
    const sellsNothing = policy & 512;
    const meaning = (deployment === 1 && policy & 64 ? policy >> 7 : policy) & 3;
    if (!sellsNothing && state === 1) {
      return evaluation; // inactive; a trial that ended; inactive
    }
    if (!sellsNothing && state === 2 && (meaning === DENY || policy & 8)) {
      return ABSENT;
    }
    if (license & 512 && !(policy & 1024)) {
      return NO_USER_ACCESS;
    }
    if (policy & 12 && deployment) {
      return NOT_PRODUCTION;
    }
    if (!sellsNothing && !state && policy & 16 && (!(policy & 32) || age > maxAge)) {
      return STALE;
    }
    if (policy & 8) {
      return UNCONFIRMED; // what a page holds is a hint
    }
    const edition = state ? meaning : has === "" ? 1 : editionOf(has);
    const includes =
      edition === NO_EDITION || asked === NO_EDITION
        ? edition === asked && fold(has) === fold(needs)
        : edition >= asked;
    return sellsNothing || includes ? GRANTED : CAPABILITY_MISSING;
  };
  return reason() | (asked << 4);
}
