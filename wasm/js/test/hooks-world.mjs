// Stores, events and runners of hooks for the tests of hooks.
import Database from "better-sqlite3";

import { HookRunner, MemoryStore, SqliteStore } from "@app-license/sdk/fetch";

/** Under which name the attempts of the runner `mail` are kept, here and by the Rust server. */
export const ATTEMPTS = " attempts/sha256:00d8d3f11739d2f3537099982b4674c29fc59a8fda350fca1379613adbb09119";

export const UNFINISHED = "a call of the hook was not finished: its process ended, lost its turn, or could not reach the store";

export const STORES = {
  memory: () => new MemoryStore(),
  SQLite: () => new SqliteStore(new Database(":memory:"), { plainText: true }),
};

export function happened(store, key, ...events) {
  const at = "2026-01-01T00:00:00Z";
  const times = { statusSince: at, firstInstalledAt: at, installedAt: at, updatedAt: at };
  const record = { key: { connect: key }, status: "installed", ...times, entitlement: {} };
  const entries = events.map((event) => ({ event, changes: [{ change: "installed" }] }));
  const installation = { record, secrets: { current: null, previous: null } };
  store.deliver(key, null, () => ({ repeated: false, installation, mark: null, entries }), new Date(at));
}

/** A store with events of two tenants, a clock that is set, and a hook that fails for one tenant. */
export function world(make) {
  const store = make();
  const said = { store, now: 1_800_000_000, poison: undefined, calls: [] };
  const clock = () => new Date(said.now * 1000);
  const hook = ({ key, event }) => {
    said.calls.push(`${key} ${event}`);
    if (key === said.poison) {
      throw new Error("poisoned");
    }
  };
  said.runner = (more = {}, other = hook) => new HookRunner(said.store, "mail", other, { clock, ...more });
  said.called = () => said.calls.splice(0);
  happened(store, "a", "installed");
  happened(store, "b", "installed");
  happened(store, "a", "enabled");
  return said;
}

export function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}
