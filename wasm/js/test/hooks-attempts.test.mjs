// Calls of hooks that were begun and not finished.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { HookRunner } from "@app-license/sdk/fetch";

import { ATTEMPTS, STORES, UNFINISHED, happened, world } from "./hooks-world.mjs";

const EPOCH = 1_800_000_000;
const waiting = async (hooks) => (await hooks.stopped()).map(({ key, at, tries, retryAt }) => [key, at, tries, retryAt / 1000 - EPOCH]);

for (const [name, make] of Object.entries(STORES)) {
  describe(`attempts on ${name}`, () => {
    test("a hook that ends its process is called less and less often, and after others", async (t) => {
      t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
      const said = world(make);
      const deadly = ({ key, event }) => {
        said.calls.push(`${key} ${event}`);
        return key === "a" ? new Promise(() => {}) : undefined;
      };
      /** Of a process that ended nothing is heard any more. */
      const turn = async (at) => {
        said.now = 1_800_000_000 + at;
        let outcome = "died";
        said.runner({}, deadly).runOnce().then((handled) => (outcome = handled), ({ message }) => (outcome = message));
        for (let tick = 0; tick < 20; tick += 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        const stopped = await said.runner().stopped();
        return [outcome, stopped.map(({ at, tries, retryAt }) => [at, tries, retryAt / 1000 - 1_800_000_000])];
      };
      assert.deepEqual(await turn(0), ["died", []]);
      assert.deepEqual(await turn(59), [0, []]);
      assert.deepEqual(await turn(60), [UNFINISHED, [[1, 1, 61]]]);
      assert.deepEqual(said.called(), ["a installed", "b installed"]);
      assert.deepEqual(await turn(61), ["died", [[1, 1, 61]]]);
      assert.deepEqual(await turn(121), [UNFINISHED, [[1, 2, 123]]]);
      assert.deepEqual(await turn(122), [0, [[1, 2, 123]]]);
      assert.deepEqual(await turn(123), ["died", [[1, 2, 123]]]);
      assert.deepEqual(await turn(183), [UNFINISHED, [[1, 3, 187]]]);
      assert.deepEqual(said.called(), ["a installed", "a installed"]);
    });

    test("a consumer that is named as attempts were shares nothing with another", async () => {
      const { store, now } = world(make);
      const clock = () => new Date(now * 1000);
      const odd = new HookRunner(store, "attempts/x", () => Promise.reject(new Error("poisoned")), { clock });
      await assert.rejects(odd.runOnce(), /poisoned/);
      assert.equal(await new HookRunner(store, "x", () => {}, { clock }).runOnce(), 3);
      assert.deepEqual(await waiting(odd), [["a", 1, 1, 1], ["b", 2, 1, 1]], "nothing is lost");
      assert.throws(() => new HookRunner(store, ATTEMPTS, () => {}), { code: "misuse" });
    });

    test("a deployment within a hook uses up no last try", async (t) => {
      t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
      for (const [tries, counted] of [[0, 0], [1, 0], [2, 1]]) {
        const said = world(make);
        for (const at of [0, 61]) {
          said.now = EPOCH + at;
          said.runner({ tries }, () => new Promise(() => {})).runOnce().catch(() => {});
          for (let tick = 0; tick < 20; tick += 1) {
            await new Promise((resolve) => setImmediate(resolve));
          }
          assert.deepEqual(said.store.stopped(ATTEMPTS).map((it) => [it.key, it.at]), [["a", 1]], "while it is called");
          said.now += 60;
          await assert.rejects(said.runner({ tries }).runOnce(), { message: UNFINISHED });
          assert.deepEqual(await waiting(said.runner()), [["a", 1, counted, at + 61]]);
          assert.deepEqual(said.called(), at === 0 ? ["b installed"] : []);
        }
        said.now = EPOCH + 122;
        said.poison = "a";
        await assert.rejects(said.runner({ tries }).runOnce(), /poisoned/);
        assert.equal((await waiting(said.runner()))[0][2], counted + 1, "one that failed does");
        said.now = EPOCH + 9999;
        assert.equal(await said.runner({ tries }).runOnce(), 0);
      }
    });

    test("an attempt of what its tenant has behind it stops nobody", async () => {
      const said = world(make);
      const hooks = said.runner();
      assert.equal(await hooks.runOnce(), 3);
      said.called();
      // as a process writes it that stood still before its call, while another one had all of the above
      const late = () => said.store.stop(ATTEMPTS, { key: "a", at: 3, tries: 1, retryAt: new Date(0) });
      late();
      happened(said.store, "b", "enabled");
      assert.equal(await hooks.runOnce(), 1);
      assert.deepEqual(said.called(), ["b enabled"]);
      assert.deepEqual([await hooks.stopped(), said.store.stopped(ATTEMPTS)], [[], []]);

      // the other one stopped at a later event
      happened(said.store, "a", "disabled");
      said.poison = "a";
      await assert.rejects(hooks.runOnce(), /poisoned/);
      late();
      happened(said.store, "b", "disabled");
      assert.equal(await hooks.runOnce(), 1);
      assert.deepEqual(await waiting(hooks), [["a", 5, 1, 1]]);
      assert.deepEqual(said.store.stopped(ATTEMPTS), []);
    });

    test("a call whose end the store did not take is made again, and named", async () => {
      const said = world(make);
      const { store } = said;
      said.store = new Proxy(store, {
        get: (_, name) => (...of) => {
          if (name === "resume") {
            throw new Error("the store is away");
          }
          return store[name](...of);
        },
      });
      await assert.rejects(said.runner().runOnce(), /the store is away/);
      said.store = store;
      await assert.rejects(said.runner().runOnce(), { message: UNFINISHED });
      said.now += 1;
      assert.equal(await said.runner().runOnce(), 2);
      assert.deepEqual(said.called(), ["a installed", "b installed", "a installed", "a enabled"]);
    });
  });
}
