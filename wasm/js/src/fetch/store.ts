import { PlatformFault, VerifyError, deliver, internal } from "../server.js";
import type { Change, Delivery, Installation, InstallKey, LifecycleReducer, Outcome, StoredMark } from "../server.js";
import { LONGEST_LEASE, MARK_GRACE, MAX_KEYS, MAX_MARKS } from "../server/limits.js";
import { isHeld, replaces } from "../server/wrong-clock.js";
import { forget } from "./kept.js";
import type { Secrets, SecretsInput } from "#core";

type Awaitable<T> = T | Promise<T>;

/** One event that changed something. */
export interface HistoryEntry {
  /** 1, 2, 3, … in the order in which events were committed. */
  sequence: number;
  /** The `clientKey` of the tenant, or the installation's ARI on Forge. */
  key: string;
  at: Date;
  event: string;
  changes: Change[];
}

/** What a License API said last about an installation. */
export interface CachedLicense {
  /** The license's object on Connect, the whole answer on Forge; null for none. An empty text says that
   * what was known before counts no more: the API refused the app, or the app was uninstalled. */
  document: string | null;
  fetchedAt: Date;
}

/** A tenant whose events a consumer of the history handles no further, because one of them failed. */
export interface Stopped {
  key: string;
  /** The event that failed; it and all later ones of the tenant wait. */
  at: number;
  /** How often it failed. */
  tries: number;
  /** When it is tried again. */
  retryAt: Date;
}

/** What a delivery comes to, given what is stored: {@link deliver}, for one delivery. */
export type Decide = (stored: Installation | null, mark: StoredMark | null) => Outcome;

/**
 * Where installations are kept. A key is the `clientKey` of a tenant, or an installation's ARI on
 * Forge.
 *
 * What a store answers is waited for, however long it takes: give the client of its database time limits, and
 * let it reject then, which is answered 503.
 */
export interface InstallationStore {
  /** What is known of an installation. */
  load(key: string): Awaitable<Installation | null>;
  /**
   * Loads the installation and, where there is a token, the mark under its hash; asks `decide`; and
   * writes the installation, the entries and the mark that it answers, unless it says repeated: all in
   * one transaction that is committed before this answers. Writes nothing when `decide` throws. Marks
   * are kept for {@link MARK_GRACE} seconds after they expire. Answers what `decide` answered.
   */
  deliver(key: string, token: string | null, decide: Decide, now: Date): Awaitable<Outcome>;
  /** What happened after an entry, oldest first: what hooks are fed from. */
  historyAfter(sequence: number, limit: number): Awaitable<HistoryEntry[]>;
  /** What happened to one installation after an entry, oldest first: all, or a page. */
  history(key: string, after?: number, limit?: number): Awaitable<HistoryEntry[]>;
  /** How far a consumer of the history came; 0 before the first entry. */
  cursor(consumer: string): Awaitable<number>;
  /** A consumer came so far. Never goes back; rejects, or throws, beyond the last event. */
  advance(consumer: string, sequence: number): Awaitable<void>;
  /** The tenants at whose events a consumer stopped, in the order of those. */
  stopped(consumer: string): Awaitable<Stopped[]>;
  /** A consumer stopped at an event of a tenant: in place of what was known of the two. The names of some that
   * `HookRunner` keeps begin with a space. */
  stop(consumer: string, stopped: Stopped): Awaitable<void>;
  /** A consumer waits no more for a tenant. */
  resume(consumer: string, key: string): Awaitable<void>;
  /** What a License API said last. */
  license(key: string, source: string): Awaitable<CachedLicense | null>;
  /** Keeps what a License API said, unless something later is kept, by five minutes at the most: what is later than
   * that was dated by a clock that was wrong. */
  putLicense(key: string, source: string, kept: CachedLicense): Awaitable<void>;
  /** Takes a right for so many seconds, from one to a day (else it rejects, or throws), if nobody has it, the asker itself included. Answers
   * null, or until when it is held. One that ends later than in a day and five minutes is nobody's: it was taken by
   * a clock that was wrong. */
  tryLease(lease: string, holder: string, now: Date, seconds: number): Awaitable<Date | null>;
  /** Holds a right that the asker has for so many seconds from `now`, from one to a day as above; answers whether the asker has it. */
  renewLease(lease: string, holder: string, now: Date, seconds: number): Awaitable<boolean>;
  /** Gives a right back, if the asker has it. */
  releaseLease(lease: string, holder: string): Awaitable<void>;
  /** The platform's keys that proved themselves, the newest first. */
  installKeys(limit: number): Awaitable<InstallKey[]>;
  /** Keeps a key, in place of one of the same id. */
  putInstallKey(key: InstallKey): Awaitable<void>;
}

/** @internal Lets a store take a delivery: what is kept in memory of the key is of before it. Answers also what
 * was stored `before`. */
export const store = async (into: InstallationStore, delivery: Delivery, now: Date) => {
  const { key } = delivery;
  let before: Installation | null = null;
  let decided: Outcome | undefined;
  const decide: Decide = (known, mark) => {
    before = ofKey(known, key);
    try {
      return (decided = deliver(delivery, known, mark, now));
    } catch (error) {
      throw error instanceof VerifyError ? faultOf(error, known) : error;
    }
  };
  try {
    const outcome = await stored(() => into.deliver(key, delivery.token?.hash ?? null, decide, now));
    if (decided === undefined || Object(outcome).repeated !== decided.repeated) {
      throw new PlatformFault("store_unavailable", "the store did not take the delivery: it answers what `decide` answers");
    }
    ofKey(outcome.installation, key);
    return { ...decided, before: before as Installation | null };
  } catch (error) {
    internal.settings.quietly(() => internal.dropEvent(internal.bodyOf(delivery.event))); // nobody delivers it
    throw error;
  } finally {
    forget(into, key); // where it failed, too: it may be written all the same
  }
};

/** @internal A fault of the store is never the sender's. */
export async function stored<T>(use: () => Awaitable<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof VerifyError) {
      throw error;
    }
    throw Object.assign(new PlatformFault("store_unavailable", "the store does not answer"), { cause: error });
  }
}

/** @internal What an {@link InstallationStore} has. */
export const STORE = ["load", "deliver", "historyAfter", "cursor", "advance", "license", "putLicense", "tryLease"]
  .concat("renewLease", "releaseLease", "installKeys", "putInstallKey");

/** @internal Throws `misuse` where a lease would not last, or for longer than one can. */
export function lasting(seconds: number): void {
  internal.settings.hold("a lease", { seconds }, { seconds: internal.settings.count(1, LONGEST_LEASE) }, ["seconds"]);
}

/** @internal Throws `misuse` for a name that no app may give a consumer: stores and `HookRunner` keep numbers and
 * attempts under such names. */
export function consumerName(name: string): void {
  if (name.startsWith(" ")) {
    throw internal.settings.misuse("the name of a consumer begins with no space: such names are kept for stores and hooks");
  }
}

/** @internal Ends what a License API said, in a store. A store that fails is asked again: by the next
 * refusal, and what is older than an installation does not count. */
export async function forgetLicense(of: InstallationStore, key: string, source: string, now: Date): Promise<void> {
  try {
    const kept = await of.license(key, source);
    if (kept && kept.document !== "") {
      const fetchedAt = new Date(Math.max(+now, +kept.fetchedAt));
      await of.putLicense(key, source, { document: "", fetchedAt });
    }
  } catch {
    // as above
  }
}

/** A record that cannot be read is the store's fault: the event itself was read before. */
function faultOf(error: VerifyError, known: Installation | null): VerifyError {
  const readable = known === null || !/^(malformed|too_large|misuse)$/.test(error.class);
  return readable ? error : corrupt(error);
}

/** @internal */
export const corrupt = (cause: unknown) =>
  Object.assign(new PlatformFault("store_corrupt", "a stored installation cannot be read"), { cause });

/** @internal What is stored under a key is of that key, or the store's fault: another tenant's is served to nobody. */
export function ofKey(installation: Installation | null | undefined, key: string): Installation | null {
  if (!installation) {
    return null;
  }
  const { connect, forge } = Object(installation.record?.key) as { connect?: unknown; forge?: unknown };
  if ((connect ?? forge) !== key) {
    throw corrupt(new Error("the record is of another key"));
  }
  return installation;
}

/** Asks the core about what is stored. A record that it cannot read, such as one of a later version, is the
 * store's fault. */
function readable<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw corrupt(error);
  }
}

/** @internal Loads an installation of Connect, with the secrets that a token may be signed with that came with `of`. */
export async function loaded(
  { store, reducer, now }: { store: InstallationStore; reducer: LifecycleReducer; now: Date },
  key: string,
  of: SecretsInput["of"],
  keepFor?: number,
): Promise<({ installation: Installation } & Secrets) | null> {
  const installation = ofKey(await stored(() => store.load(key)), key);
  return installation && { installation, ...readable(() => reducer.secretsUntil(installation, now, of, keepFor)) };
}

/** @internal What the core says about a stored record. */
export const aboutStored: typeof internal.about = (...of) => readable(() => internal.about(...of));

/**
 * Keeps installations in memory: for tests and trying out. They are gone with the process.
 *
 * @throws `too_many_marks`, 503, at 100,000 tokens that still prove something.
 *
 * @example
 * ```ts
 * const app = new ConnectApp({ appKey, baseUrl, store: new MemoryStore() });
 * ```
 */
export class MemoryStore implements InstallationStore {
  readonly #installations = new Map<string, Installation>();
  readonly #marks = new Map<string, StoredMark>();
  readonly #history: HistoryEntry[] = [];
  readonly #cursors = new Map<string, number>();
  readonly #stopped = new Map<string, Map<string, Stopped>>();
  readonly #licenses = new Map<string, CachedLicense>();
  readonly #leases = new Map<string, { holder: string; until: Date }>();
  #keys: InstallKey[] = [];

  load(key: string): Installation | null {
    const known = this.#installations.get(key);
    return known ? structuredClone(known) : null;
  }

  deliver(key: string, token: string | null, decide: Decide, now: Date): Outcome {
    this.#forgetMarks(now);
    const outcome = decide(this.load(key), (token !== null && this.#marks.get(token)) || null);
    const { repeated, installation, mark, entries } = outcome;
    if (repeated) {
      return outcome;
    }
    if (token !== null && mark) {
      if (this.#marks.size >= MAX_MARKS) {
        throw new PlatformFault("too_many_marks", `${MAX_MARKS} tokens are marked already`);
      }
      this.#marks.set(token, { ...mark });
    }
    if (installation) {
      this.#installations.set(key, structuredClone(installation));
    }
    for (const { event, changes } of entries) {
      const sequence = this.#history.length + 1;
      this.#history.push({ sequence, key, at: new Date(now), event, changes: structuredClone(changes) });
    }
    return outcome;
  }

  /** Every installation, in the order of keys. */
  list(): Installation[] {
    const keys = [...this.#installations.keys()].sort();
    return keys.map((key) => this.load(key)!);
  }

  /** What happened to one installation after an entry, oldest first: all, or a page. */
  history(key: string, after = 0, limit?: number): HistoryEntry[] {
    const of = this.#history.slice(after).filter((entry) => entry.key === key);
    return structuredClone(of.slice(0, limit));
  }

  historyAfter(sequence: number, limit: number): HistoryEntry[] {
    return structuredClone(this.#history.slice(sequence, sequence + limit));
  }

  cursor(consumer: string): number {
    return this.#cursors.get(consumer) ?? 0;
  }

  advance(consumer: string, sequence: number): void {
    consumerName(consumer);
    const last = this.#history.length;
    if (sequence > last) {
      throw internal.settings.misuse(`a cursor cannot stand at ${sequence}: the last event is ${last}`);
    }
    this.#cursors.set(consumer, Math.max(sequence, this.cursor(consumer)));
  }

  stopped(consumer: string): Stopped[] {
    const stopped = [...(this.#stopped.get(consumer)?.values() ?? [])];
    return structuredClone(stopped.sort((one, other) => one.at - other.at));
  }

  stop(consumer: string, stopped: Stopped): void {
    const of = this.#stopped.get(consumer) ?? new Map<string, Stopped>();
    this.#stopped.set(consumer, of.set(stopped.key, { ...stopped }));
  }

  resume(consumer: string, key: string): void {
    this.#stopped.get(consumer)?.delete(key);
  }

  license(key: string, source: string): CachedLicense | null {
    return this.#licenses.get(`${source} ${key}`) ?? null;
  }

  putLicense(key: string, source: string, kept: CachedLicense): void {
    const known = this.license(key, source);
    if (!known || replaces(kept.fetchedAt, known.fetchedAt)) {
      this.#licenses.set(`${source} ${key}`, { ...kept });
    }
  }

  tryLease(lease: string, holder: string, now: Date, seconds: number): Date | null {
    lasting(seconds);
    const held = this.#leases.get(lease);
    if (held && isHeld(held.until, now)) {
      return new Date(held.until);
    }
    this.#leases.set(lease, { holder, until: new Date(+now + seconds * 1000) });
    return null;
  }

  renewLease(lease: string, holder: string, now: Date, seconds: number): boolean {
    lasting(seconds);
    const held = this.#leases.get(lease);
    if (held?.holder !== holder || !isHeld(held.until, now)) {
      return false;
    }
    held.until = new Date(+now + seconds * 1000);
    return true;
  }

  releaseLease(lease: string, holder: string): void {
    if (this.#leases.get(lease)?.holder === holder) {
      this.#leases.delete(lease);
    }
  }

  installKeys(limit: number): InstallKey[] {
    return this.#keys.slice(0, limit);
  }

  putInstallKey(key: InstallKey): void {
    this.#keys = [{ ...key }, ...this.#keys.filter(({ kid }) => kid !== key.kid)].slice(0, MAX_KEYS);
  }

  #forgetMarks(now: Date): void {
    for (const [token, { expiresAt }] of this.#marks) {
      if (+expiresAt < +now - MARK_GRACE * 1000) {
        this.#marks.delete(token);
      } else if (this.#marks.size < MAX_MARKS) {
        break; // they expire in the order in which they came, nearly
      }
    }
  }
}
