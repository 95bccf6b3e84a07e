// What the platform stated, and what that grants: the rules of the Rust crate `app-license`, for pages
// that may not run WebAssembly. test/equality.mjs holds them to that crate's module, cell by cell.
//
// A license is held as bits, two each from the lowest: state (active, inactive, absent), edition of
// an active license (free, standard, advanced, none), evaluation (no, yes, unknown), deployment
// (production, not production, unknown); then one bit each: whether a capability set is named, and
// whether the platform says that this user has no access.

import { attempt, fault, own } from "./registry.js";

/** What decides on a license: this file, or the module of `wasm.ts`. */
export interface Rules {
  includes(edition: number, has: string, needs: string): boolean;
  decide(license: number, has: string, needs: string, policy: number, maxAge: number, age: number): number;
  age(seconds: number): number | null;
}

/** Reasons of {@link decide}, by their numbers. */
const enum Reason {
  Granted = 3,
  CapabilityMissing = 4,
  Absent = 6,
  NotProduction = 7,
  Stale = 8,
  Unconfirmed = 9,
  NoUserAccess = 10,
}
const NO_EDITION = 3;
const DENY = 3;

/** Capability strings compare without case and `_`; only ASCII has a case here. */
const fold = (text: string) => text.replace(/[A-Z_]/g, (c) => (c === "_" ? "" : c.toLowerCase()));

const RANKED = ["capabilityfree", "capabilitystandard", "capabilityadvanced"];

/** The rank of a capability: free, standard, advanced, or {@link NO_EDITION}. */
const editionOf = (capability: string) => RANKED.indexOf(fold(capability)) & 3;

/** A text that names something: `""` and `"NULL"` do not. */
export const named = (value: unknown) =>
  typeof value == "string" && value && value !== "NULL" ? value : null;

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

/** No honest query or capability is as long. Throws `too_large`. */
export function bounded(text: unknown): string {
  // what JSON cannot say is no text either
  if (!((text as string)?.length <= 65_535)) {
    throw fault("too_large", "too long");
  }
  return text as string;
}

/** Where it was said: 0 in production, 1 elsewhere, 2 unknown, as every name is that the platform does not have. */
export const deployment = (environment: string | null) =>
  2 - +/^(production|development|staging)$/i.test(environment!) - +/^production$/i.test(environment!);

const bool = (value: unknown) => (typeof value == "boolean" ? +value : null);

/**
 * Reads a license object, and what its document says of the user's access. `where`: see
 * {@link deployment}. Also answers the capability set that counts.
 */
export function readFields(
  fields: { readonly [name: string]: unknown },
  userAccess: unknown,
  where: number,
): [bits: number, set: string | null] {
  const { capabilitySet, state: said } = fields;
  const active = fields["active"] ?? null;
  const isActive = fields["isActive"] ?? active;
  const [one, other] = [bool(fields["evaluation"]), bool(fields["isEvaluation"])];
  const evaluation = one ?? other;
  const trial = typeof said == "string" && said.toLowerCase() === "trial";
  const { enabled = true, hasAccess } = own(userAccess);
  const allows = enabled === false || (enabled === true && hasAccess === true);
  const set =
    capabilitySet == null
      ? null
      : bounded(typeof capabilitySet == "string" ? capabilitySet : attempt(() => JSON.stringify(capabilitySet)));
  const name = set !== null && set === capabilitySet ? named(set) : set;
  return [
    bitsOf(
      // two spellings must agree, and only `true` is active
      isActive === null ? 2 : isActive === true && (active ?? true) === true ? 0 : 1,
      name,
      evaluation !== (other ?? one) ? 2 : trial ? 1 + +(evaluation === 0) : (evaluation ?? 2),
      where,
      userAccess != null && !allows,
    ),
    name,
  ];
}

/** What a query says of the capability set: null names nothing, and stands for Standard. */
interface SetOfQuery {
  set: string | null;
  /** -1 for a set without a rank, which is lower than any. */
  rank: number;
}

/** Values that are repeated and conflict count as the least generous. */
function lower(a: SetOfQuery, b: SetOfQuery): SetOfQuery {
  if (a.rank >= 0 || b.rank >= 0) {
    return a.rank <= b.rank ? a : b;
  }
  // what names nothing has a rank
  const [one, other] = [a.set!, b.set!];
  return fold(one) === fold(other) ? (other.length < one.length ? b : a) : { set: ",", rank: -1 };
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
      const one = { set, rank: set === null ? 1 : RANKED.indexOf(fold(set)) };
      said = said ? lower(said, one) : one;
    }
  });
  const set = said?.set ?? null;
  const state = active === undefined ? 2 : +!active;
  return [bitsOf(state, set, 2, 0, access === false), set];
}

/** Whether what a customer holds, an edition or {@link NO_EDITION} and its name, includes what is needed. */
export function includes(edition: number, has: string, needs: string): boolean {
  const asked = editionOf(needs);
  return edition === NO_EDITION || asked === NO_EDITION
    ? edition === asked && fold(has) === fold(needs)
    : edition >= asked;
}

/** How old a statement is, by the seconds from its time to now; null for one of too far in the future. */
export const age = (seconds: number) => (seconds >= -300 ? Math.max(seconds, 0) : null);

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
  const reason = () => {
    const sellsNothing = policy & 512;
    const meaning = (deployment === 1 && policy & 64 ? policy >> 7 : policy) & 3;
    if (!sellsNothing && state === 1) {
      return evaluation; // inactive; a trial that ended; inactive
    }
    if (!sellsNothing && state === 2 && (meaning === DENY || policy & 8)) {
      return Reason.Absent;
    }
    if (license & 512 && !(policy & 1024)) {
      return Reason.NoUserAccess;
    }
    if (policy & 12 && deployment) {
      return Reason.NotProduction;
    }
    if (!sellsNothing && !state && policy & 16 && (!(policy & 32) || age > maxAge)) {
      return Reason.Stale;
    }
    if (policy & 8) {
      return Reason.Unconfirmed; // what a page holds is a hint
    }
    const edition = state ? meaning : has === "" ? 1 : editionOf(has);
    return sellsNothing || includes(edition, has, needs) ? Reason.Granted : Reason.CapabilityMissing;
  };
  return reason() | (editionOf(needs) << 4);
}
