import { createHash } from "node:crypto";
import { VerifyError } from "../server.js";
import type { Change, Installation } from "../server.js";

type Awaitable<T> = T | Promise<T>;

/** What an event made of an installation. */
export interface Outcome {
  installation: Installation | null;
  changes: Change[];
}

/** A token that the platform signed, and the body it came with: it is good for no other. */
export interface Mark {
  /** The token's fingerprint. */
  token: string;
  /** A hash of the body. */
  body: string;
  expiresAt: Date;
}

/** Where installations are kept. */
export interface InstallationStore {
  /** What is known of a tenant, by its `clientKey`. */
  load(clientKey: string): Awaitable<Installation | null>;
  /**
   * Loads, asks `decide`, writes what it says and the token's mark, all in one transaction that is
   * committed before it answers. Throws `replayed`, and writes nothing, when the token is marked
   * with another body. Writes nothing when `decide` throws.
   */
  update(
    clientKey: string,
    decide: (current: Installation | null) => Outcome,
    now: Date,
    mark?: Mark,
  ): Awaitable<Change[]>;
}

/** One line of a store's history. */
export interface HistoryEntry {
  clientKey: string;
  at: Date;
  changes: Change[];
}

/** @internal */
export const bodyHash = (body: string) => createHash("sha256").update(body).digest("hex");

/** @internal */
export const replayed = () =>
  new VerifyError("replayed", "the token came before, with another body", "refused", 401);

const MOST_MARKS = 100_000;

/** Keeps installations in memory: for tests and trying out. They are gone with the process. */
export class MemoryStore implements InstallationStore {
  readonly #installations = new Map<string, Installation>();
  readonly #marks = new Map<string, Mark>();
  readonly #history: HistoryEntry[] = [];

  load(clientKey: string): Installation | null {
    const known = this.#installations.get(clientKey);
    return known ? structuredClone(known) : null;
  }

  update(
    clientKey: string,
    decide: (current: Installation | null) => Outcome,
    now: Date,
    mark?: Mark,
  ): Change[] {
    const known = mark && this.#marks.get(mark.token);
    if (known && known.body !== mark.body) {
      throw replayed();
    }
    const { installation, changes } = decide(this.load(clientKey));
    if (installation) {
      this.#installations.set(clientKey, structuredClone(installation));
    }
    if (mark) {
      this.#mark(mark, now);
    }
    if (changes.length) {
      this.#history.push({ clientKey, at: now, changes: structuredClone(changes) });
    }
    return changes;
  }

  /** What happened, oldest first. */
  history(clientKey: string): HistoryEntry[] {
    return this.#history.filter((entry) => entry.clientKey === clientKey);
  }

  #mark(mark: Mark, now: Date): void {
    for (const [token, { expiresAt }] of this.#marks) {
      if (+expiresAt > +now && this.#marks.size < MOST_MARKS) {
        break; // they expire in the order in which they came, nearly
      }
      this.#marks.delete(token);
    }
    this.#marks.set(mark.token, mark);
  }
}
