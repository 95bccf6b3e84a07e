// Installations that are served, with the secrets that count, kept in memory for a short while.
import { internal } from "../server.js";
import { TENANT_CACHE } from "../server/limits.js";
import type { Installation, LifecycleReducer } from "../server.js";
import { keptOf } from "./kept.js";
import type { StoreEntries } from "./kept.js";
import { loaded } from "./store.js";
import type { InstallationStore } from "./store.js";
import { unknownTenant } from "./wire.js";

/** An installation, and the secrets that its tokens may be signed with now. */
export interface Tenant {
  /** Of the one who asks, a new one each time: what is kept is another. */
  readonly installation: Installation;
  readonly secrets: readonly string[];
  /** Whether proved requests of it are served. */
  readonly isServed: boolean;
  /** Whether it was read a moment ago. */
  readonly isKept: boolean;
}

const { seconds } = internal;

/** Tenants by client key. The store is the truth: what is kept here, and how long, the core says. */
export class Tenants {
  readonly #store: InstallationStore;
  readonly #reducer: LifecycleReducer;
  readonly #settings: string;
  readonly #seconds: number;
  readonly #kept: StoreEntries;

  constructor(
    { store, grace, tenantCache = TENANT_CACHE }: { store: InstallationStore; grace?: number | undefined; tenantCache?: number | undefined },
    reducer: LifecycleReducer,
  ) {
    this.#store = store;
    this.#reducer = reducer;
    this.#settings = `${grace} ${tenantCache}`;
    this.#seconds = tenantCache;
    this.#kept = keptOf(store);
  }

  /** The tenant as it is kept; null where the store has to be asked. */
  kept(key: string, at: Date): Tenant | null {
    const entry = this.#kept.entries.get(key);
    const now = seconds(at);
    if (!entry || entry.settings !== this.#settings || now < entry.readAt || now > entry.through) {
      return null;
    }
    const { record, stored, secrets, isServed } = entry;
    return {
      get installation() {
        const previous = stored.previous && { ...stored.previous };
        return { record: JSON.parse(record), secrets: { current: stored.current, previous } };
      },
      secrets,
      isServed,
      isKept: true,
    };
  }

  /** The tenant as it is stored. Throws `unknown_tenant` where nothing that it signed proves such a call. */
  async load(key: string, of: "request" | "context", at: Date): Promise<Tenant> {
    const { entries, forgotten } = this.#kept;
    const found = await loaded({ store: this.#store, reducer: this.#reducer, now: at }, key, of, this.#seconds);
    entries.delete(key);
    if (!found?.secrets.length) {
      throw unknownTenant();
    }
    const { installation, secrets, through, isServed = false } = found;
    if (through !== undefined && forgotten === this.#kept.forgotten) {
      const { current, previous } = installation.secrets;
      const stored = { current, previous: previous && { ...previous } };
      const record = JSON.stringify(installation.record);
      entries.set(key, { record, stored, secrets, isServed, settings: this.#settings, readAt: seconds(at), through });
    }
    return { installation, secrets, isServed, isKept: false };
  }
}
