// Hooks are called for everything at least once, in the order of each tenant: one that fails holds up its tenant alone.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import Database from "better-sqlite3";

import { HookRunner, MemoryStore, SqliteStore } from "@app-license/sdk/fetch";

const STORES = {
  memory: () => new MemoryStore(),
  SQLite: () => new SqliteStore(new Database(":memory:"), { plainText: true }),
};

function happened(store, key, ...events) {
  const at = "2026-01-01T00:00:00Z";
  const times = { statusSince: at, firstInstalledAt: at, installedAt: at, updatedAt: at };
  const record = { key: { connect: key }, status: "installed", ...times, entitlement: {} };
  const entries = events.map((event) => ({ event, changes: [{ change: "installed" }] }));
  const installation = { record, secrets: { current: null, previous: null } };
  store.deliver(key, null, () => ({ repeated: false, installation, mark: null, entries }), new Date(at));
}

/** A store with events of two tenants, a clock that is set, and a hook that fails for one tenant. */
function world(make) {
  const store = make();
  const said = { store, now: 1_800_000_000, poison: undefined, calls: [] };
  const clock = () => new Date(said.now * 1000);
  const hook = ({ key, event }) => {
    said.calls.push(`${key} ${event}`);
    if (key === said.poison) {
      throw new Error("poisoned");
    }
  };
  said.runner = (more = {}, other = hook) => new HookRunner(store, "mail", other, { clock, ...more });
  said.called = () => said.calls.splice(0);
  happened(store, "a", "installed");
  happened(store, "b", "installed");
  happened(store, "a", "enabled");
  return said;
}

for (const [name, make] of Object.entries(STORES)) {
  describe(`hooks on ${name}`, () => {
    test("a failure holds up its tenant alone, and is tried again before what came later", async () => {
      const said = world(make);
      const hooks = said.runner();
      said.poison = "a";
      await assert.rejects(hooks.runOnce(), /^Error: poisoned$/);
      assert.deepEqual(said.called(), ["a installed", "b installed"]);
      const [stopped, ...others] = await hooks.stopped();
      assert.deepEqual(others, []);
      assert.deepEqual(stopped, { key: "a", at: 1, tries: 1, retryAt: new Date((said.now + 1) * 1000) });
      happened(said.store, "a", "disabled");
      happened(said.store, "b", "enabled");
      assert.equal(await hooks.runOnce(), 1);
      assert.deepEqual(said.called(), ["b enabled"], "not yet due");
      said.poison = undefined;
      said.now += 1;
      assert.equal(await said.runner().runOnce(), 3, "by another process");
      assert.deepEqual(said.called(), ["a installed", "a enabled", "a disabled"]);
      assert.deepEqual(await hooks.stopped(), []);
      assert.equal(await hooks.runOnce(), 0);
    });

    test("pauses double, and what is not tried by itself any more is tried when it is asked for", async () => {
      const said = world(make);
      const hooks = said.runner({ tries: 3 });
      said.poison = "a";
      for (const pause of [1, 2, 4]) {
        await assert.rejects(hooks.runOnce(), /poisoned/);
        assert.equal((await hooks.stopped())[0].retryAt / 1000, said.now + pause);
        assert.equal(await hooks.runOnce(), 0, "before its time");
        said.now += pause;
      }
      said.called();
      said.now += 1_000_000;
      assert.equal(await hooks.runOnce(), 0);
      assert.deepEqual(said.called(), []);
      assert.equal(await hooks.retry("b"), false);
      assert.equal(await hooks.retry("a"), true);
      said.poison = undefined;
      assert.equal(await hooks.runOnce(), 2);
      assert.deepEqual(said.called(), ["a installed", "a enabled"]);
    });

    test("a later event of the tenant that fails begins to be counted anew", async () => {
      const said = world(make);
      said.poison = "a";
      await assert.rejects(said.runner().runOnce(), /poisoned/);
      said.now += 1;
      const failing = said.runner({}, ({ event }) => {
        if (event === "enabled") {
          throw new Error("not this one");
        }
      });
      await assert.rejects(failing.runOnce(), /not this one/);
      assert.deepEqual((await failing.stopped()).map(({ at, tries }) => [at, tries]), [[3, 1]]);
    });

    test("one process calls at a time, and another goes on when its lease ended", async () => {
      const said = world(make);
      const waits = Promise.withResolvers ? Promise.withResolvers() : deferred();
      const one = said.runner({}, () => waits.promise);
      const running = one.runOnce();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(await said.runner().runOnce(), 0);
      assert.deepEqual(said.called(), []);
      said.now += 60;
      assert.equal(await said.runner().runOnce(), 3);
      said.now += 20;
      waits.resolve();
      assert.equal(await said.store.tryLease("hooks/mail", "a third", new Date(said.now * 1000), 60), null);
      await assert.rejects(running, /another process calls the hooks/);
      assert.deepEqual(said.called(), ["a installed", "b installed", "a enabled"]);
    });

    test("the lease is given back after a turn, and after one that failed", async () => {
      const said = world(make);
      const hooks = said.runner();
      said.poison = "b";
      await assert.rejects(hooks.runOnce(), /poisoned/);
      assert.equal(said.store.tryLease("hooks/mail", "another", new Date(said.now * 1000), 60), null);
    });
  });
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}

test("a store that lacks what hooks need, and settings that cannot be meant, are refused", () => {
  const store = new MemoryStore();
  for (const name of ["stopped", "stop", "resume", "history", "renewLease"]) {
    const lacking = new Proxy(store, { get: (of, asked) => (asked === name ? undefined : of[asked]) });
    assert.throws(() => new HookRunner(lacking, "mail", () => {}), { code: "misuse" }, name);
  }
  for (const options of [{ tries: -1 }, { tries: 1.5 }, { clock: () => 5 }, { pause: 5 }, null]) {
    assert.throws(() => new HookRunner(store, "mail", () => {}, options), { code: "misuse" });
  }
});
