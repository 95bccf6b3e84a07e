// Hooks are called for everything at least once, in the order of each tenant: one that fails holds up its tenant alone.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { HookRunner, MemoryStore } from "@app-license/sdk/fetch";

import { ATTEMPTS, STORES, UNFINISHED, deferred, happened, world } from "./hooks-world.mjs";

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
      await assert.rejects(said.runner().runOnce(), { message: UNFINISHED }, "what it stands in may be what it died of");
      assert.deepEqual(said.called(), ["b installed"]);
      assert.deepEqual(await one.stopped(), [{ key: "a", at: 1, tries: 1, retryAt: new Date((said.now + 1) * 1000) }]);
      said.now += 1;
      assert.equal(await said.runner().runOnce(), 2);
      said.now += 20;
      waits.resolve();
      assert.equal(await said.store.tryLease("hooks/mail", "a third", new Date(said.now * 1000), 60), null);
      await assert.rejects(running, /the lease of the hooks was lost/);
      assert.deepEqual(said.called(), ["a installed", "a enabled"]);
      assert.deepEqual(await said.store.stopped(ATTEMPTS), []);
    });

    test("two processes, catching up: the one that stood still lets nobody go on whom the other stopped", async () => {
      const said = world(make);
      said.poison = "a";
      await assert.rejects(said.runner().runOnce(), /poisoned/);
      said.now += 1;
      said.called();
      const other = said.runner();
      const frozen = said.runner({}, async ({ event }) => {
        if (event === "enabled") {
          said.now += 61;
          happened(said.store, "a", "disabled");
          await assert.rejects(other.runOnce(), { message: UNFINISHED });
        }
      });
      await assert.rejects(frozen.runOnce(), /the lease of the hooks was lost/);
      assert.deepEqual((await frozen.stopped()).map(({ key, at, tries }) => [key, at, tries]), [["a", 3, 1]]);
      said.now += 1;
      said.poison = undefined;
      assert.equal(await said.runner().runOnce(), 2);
      assert.deepEqual(said.called(), ["a enabled", "a disabled"], "it is not lost");
    });

    test("the lease is held while a hook runs, also where the store fails between", async (t) => {
      t.mock.timers.enable({ apis: ["setInterval"] });
      const said = world(make);
      const waits = deferred();
      const { store } = said;
      let fails = false;
      said.store = new Proxy(store, {
        get: (_, name) => (...of) => {
          if (fails && name === "renewLease") {
            throw new Error("the store is away");
          }
          return store[name](...of);
        },
      });
      const running = said.runner({ timeLimit: 200 }, () => waits.promise).runOnce();
      for (let tick = 1; tick <= 5; tick += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        said.now += 20;
        fails = tick === 2;
        t.mock.timers.tick(20_000);
        await new Promise((resolve) => setImmediate(resolve));
        const now = new Date(said.now * 1000);
        const until = new Date(+now + (tick === 2 ? 40_000 : 60_000));
        assert.deepEqual(store.tryLease("hooks/mail", "another", now, 60), until, `${tick}`);
      }
      waits.resolve();
      assert.equal(await running, 3);
    });

    test("a hook that never ends failed when its time is over, and holds up its tenant alone", async (t) => {
      t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
      for (const [timeLimit, seconds] of [[undefined, 30], [2, 2]]) {
        const said = world(make);
        const given = [];
        const hooks = said.runner({ timeLimit }, ({ key, event }, { signal }) => {
          said.calls.push(`${key} ${event}`);
          given.push(signal);
          return key === "a" ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("too late")))) : undefined;
        });
        let ended = false;
        const turn = assert.rejects(hooks.runOnce(), { message: `the hook did not end within ${seconds}s` }).then(() => (ended = true));
        for (const tick of [seconds * 1000 - 1, 1]) {
          await new Promise((resolve) => setImmediate(resolve));
          assert.equal(ended, false);
          t.mock.timers.tick(tick);
        }
        for (let tick = 0; tick < 20; tick += 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        assert.equal(ended, true);
        await turn;
        assert.deepEqual(said.called(), ["a installed", "b installed"]);
        assert.deepEqual(given.map(({ aborted }) => aborted), [true, false]);
        assert.deepEqual((await hooks.stopped()).map(({ key, at, tries }) => [key, at, tries]), [["a", 1, 1]]);
      }
    });

    test("an event is tried when it is asked for, also where none is tried by itself", async () => {
      const said = world(make);
      const hooks = said.runner({ tries: 0 });
      said.poison = "a";
      await assert.rejects(hooks.runOnce(), /poisoned/);
      said.now += 100;
      assert.equal(await hooks.runOnce(), 0);
      said.called();
      for (const poison of ["a", undefined]) {
        said.poison = poison;
        assert.equal(await hooks.retry("a"), true);
        const turn = hooks.runOnce();
        await (poison ? assert.rejects(turn, /poisoned/) : turn);
      }
      assert.deepEqual(said.called(), ["a installed", "a installed", "a enabled"]);
    });

    test("what a clock days ahead wrote is not waited for", async () => {
      const said = world(make);
      said.poison = "a";
      await assert.rejects(said.runner().runOnce(), /poisoned/);
      said.poison = undefined;
      const ahead = (seconds) => said.store.stop("mail", { key: "a", at: 1, tries: 1, retryAt: new Date((said.now + seconds) * 1000) });
      ahead(3900);
      assert.equal(await said.runner().runOnce(), 0);
      ahead(3901);
      assert.equal(await said.runner().runOnce(), 2);
    });

    test("more events of a tenant than a page are caught up with, of a store that knows no pages too", async () => {
      const said = world(make);
      said.poison = "a";
      await assert.rejects(said.runner().runOnce(), /poisoned/);
      happened(said.store, "a", ...Array.from({ length: 250 }, (_, number) => `event-${number}`));
      assert.equal(await said.runner().runOnce(), 0);
      said.poison = undefined;
      const { store } = said;
      for (const paged of [true, false]) {
        said.called();
        store.stop("mail", { key: "a", at: 1, tries: 1, retryAt: new Date(0) });
        const history = (key, after, limit) => (paged ? store.history(key, after, limit) : store.history(key));
        said.store = new Proxy(store, { get: (_, name) => (name === "history" ? history : store[name].bind(store)) });
        assert.equal(await said.runner().runOnce(), 252);
        assert.equal(new Set(said.called()).size, 252);
      }
    });

    test("stopped, a turn ends after the event that it is at", async () => {
      const said = world(make);
      const hooks = said.runner({}, ({ event }) => {
        said.calls.push(event);
        hooks.stop();
      });
      hooks.start();
      while (said.store.cursor("mail") < 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let turn = 0; turn < 20; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual(said.called(), ["installed"]);
      assert.equal(said.store.tryLease("hooks/mail", "another", new Date(said.now * 1000), 60), null, "it is given back");
      said.store.releaseLease("hooks/mail", "another");
      assert.equal(await said.runner().runOnce(), 2);
    });

    test("a hook is given a copy, and what it throws is on the console where nobody asks for it", async (t) => {
      const said = world(make);
      const printed = new Promise((resolve) => t.mock.method(console, "error", resolve));
      const hooks = said.runner({}, (entry) => {
        const { key } = entry;
        Object.assign(entry, { key: "x", sequence: 999 });
        entry.changes.length = 0;
        if (key === "a") {
          throw new Error("poisoned");
        }
      });
      hooks.start(60_000);
      assert.equal((await printed).message, "poisoned");
      hooks.stop();
      const stopped = await hooks.stopped();
      assert.deepEqual(stopped.map(({ key, at }) => [key, at]), [["a", 1]]);
      const [first] = await said.store.historyAfter(0, 1);
      assert.deepEqual([first.key, first.changes.length], ["a", 1]);
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

test("a store that answers what was before is not asked for ever, and is named", async () => {
  const entry = (sequence) => ({ sequence, key: "a", at: new Date(0), event: "installed", changes: [] });
  for (const answer of [() => [entry(1)], (after) => [entry(after + 2), entry(after + 1)], () => null, () => "x", () => ({ length: 1 })]) {
    const store = new MemoryStore();
    happened(store, "a", "installed", "enabled", "disabled");
    const odd = new Proxy(store, { get: (_, name) => (name === "historyAfter" ? answer : store[name].bind(store)) });
    const calls = [];
    const hooks = new HookRunner(odd, "mail", ({ sequence }) => void calls.push(sequence));
    await assert.rejects(hooks.runOnce(), { code: "misuse", message: /`historyAfter` of the store must answer a list/ }, `${answer}`);
    assert.ok(calls.length <= 1);
    assert.equal(store.tryLease("hooks/mail", "another", new Date(), 60), null, "the lease is given back");
  }
});

test("what is no key is not tried again, and not taken for one of nobody", async () => {
  const hooks = new HookRunner(new MemoryStore(), "mail", () => {});
  for (const key of [undefined, null, "", 5, {}, ["a"]]) {
    await assert.rejects(hooks.retry(key), { code: "misuse", message: /^HookRunner.retry: `key` must be a text/ });
  }
  assert.equal(await hooks.retry("nobody"), false);
});

test("a store that lacks what hooks need, and settings that cannot be meant, are refused", () => {
  const store = new MemoryStore();
  for (const name of ["stopped", "stop", "resume", "history", "renewLease"]) {
    const lacking = new Proxy(store, { get: (of, asked) => (asked === name ? undefined : of[asked]) });
    assert.throws(() => new HookRunner(lacking, "mail", () => {}), { code: "misuse" }, name);
  }
  assert.throws(() => new HookRunner(store, " last", () => {}), { code: "misuse" });
  for (const options of [{ tries: -1 }, { tries: 1.5 }, { timeLimit: 0 }, { timeLimit: 0.5 }, { clock: () => 5 }, { pause: 5 }, null]) {
    assert.throws(() => new HookRunner(store, "mail", () => {}, options), { code: "misuse" });
  }
});
