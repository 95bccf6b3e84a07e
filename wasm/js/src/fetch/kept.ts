// What is kept in memory of a store's installations: by store, so that whoever writes to it is heard.
import { internal } from "../server.js";
import { TENANTS_KEPT } from "../server/limits.js";
import type { Installation } from "../server.js";
import type { InstallationStore } from "./store.js";

/** An installation that was read, and the secrets that counted. */
export interface Entry {
  /** As JSON: who is handed a record may change it. */
  readonly record: string;
  readonly stored: Installation["secrets"];
  readonly secrets: readonly string[];
  readonly isServed: boolean;
  /** The settings by which it is kept: apps may differ. */
  readonly settings: string;
  /** When the store was asked, and the last second in which it may be used. */
  readonly readAt: number;
  readonly through: number;
}

/** Installations of one store by key. */
export class StoreEntries {
  readonly entries = new internal.Bounded<Entry>(TENANTS_KEPT);
  /** How often one was forgotten: what was read before is of before, and is not kept. */
  forgotten = 0;
}

type Stores = WeakMap<InstallationStore, StoreEntries>;
const KEY = Symbol.for("@app-license/sdk kept installations 2");
const shared = globalThis as { [KEY]?: Stores };
/** Of all copies of the package in a process, ESM beside CommonJS: what one writes, the others hear of. */
const stores: Stores = shared[KEY] ?? Object.defineProperty(shared, KEY, { value: new WeakMap() })[KEY]!;

/** What is kept of a store. */
export function keptOf(store: InstallationStore): StoreEntries {
  const kept = stores.get(store) ?? new StoreEntries();
  stores.set(store, kept);
  return kept;
}

/** Something happened to an installation of a store. */
export function forget(store: InstallationStore, key: string): void {
  const kept = stores.get(store);
  if (kept) {
    kept.forgotten += 1;
    kept.entries.delete(key);
  }
}
