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
  /** Why proved requests of it are not served; null where they are. */
  readonly refusal: string | null;
}

const { refusalOf, seconds } = internal;

/**
 * Tenants by client key. The store is the truth: what is kept here is at most so many seconds old. Only
 * what is served is kept: one that is blocked or switched off may be served again any moment.
 */
export class Tenants {
  readonly #store: InstallationStore;
  readonly #reducer: LifecycleReducer;
  readonly #grace: number | undefined;
  readonly #seconds: number;
  readonly #kept: StoreEntries;

  constructor(
    { store, grace, tenantCache = TENANT_CACHE }: { store: InstallationStore; grace?: number | undefined; tenantCache?: number | undefined },
    reducer: LifecycleReducer,
  ) {
    this.#store = store;
    this.#reducer = reducer;
    this.#grace = grace;
    this.#seconds = tenantCache;
    this.#kept = keptOf(store);
  }

  /** The tenant as it is kept; null where the store has to be asked. */
  kept(key: string, at: Date): Tenant | null {
    const entry = this.#kept.entries.get(key);
    const now = seconds(at);
    if (!entry || entry.grace !== this.#grace || now < entry.readAt || now - entry.readAt >= this.#seconds) {
      return null;
    }
    const { record, stored, secrets, end } = entry;
    if (end !== null && now > end) {
      return null;
    }
    return {
      get installation() {
        const previous = stored.previous && { ...stored.previous };
        return { record: JSON.parse(record), secrets: { current: stored.current, previous } };
      },
      secrets,
      refusal: null,
    };
  }

  /** The tenant as it is stored. Throws `unknown_tenant` where the app is not installed. */
  async load(key: string, at: Date): Promise<Tenant> {
    const { entries, forgotten } = this.#kept;
    const found = await loaded({ store: this.#store, reducer: this.#reducer, now: at }, key, "installed");
    entries.delete(key);
    if (!found?.secrets.length) {
      throw unknownTenant();
    }
    const { installation, secrets, end } = found;
    const refusal = refusalOf(installation.record);
    if (refusal === null && this.#seconds > 0 && forgotten === this.#kept.forgotten) {
      const { current, previous } = installation.secrets;
      const stored = { current, previous: previous && { ...previous } };
      const record = JSON.stringify(installation.record);
      entries.set(key, { record, stored, secrets, grace: this.#grace, readAt: seconds(at), end });
    }
    return { installation, secrets, refusal };
  }
}
