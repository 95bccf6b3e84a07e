// What every store holds to, the package's own first; and that a store at fault is found.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Database from "better-sqlite3";

import { MemoryStore, SqliteStore } from "@app-license/sdk/fetch";
import { storeTests } from "@app-license/sdk/testing";

const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const STORES = {
  MemoryStore: () => new MemoryStore(),
  "SqliteStore, sealed": () => new SqliteStore(new Database(":memory:"), { keys: KEY, refusePlainText: true }),
  "SqliteStore, in plain text": () => new SqliteStore(new Database(":memory:"), { plainText: true }),
};
for (const [name, make] of Object.entries(STORES)) {
  describe(name, () => {
    for (const { name, run } of storeTests(make)) {
      test(name, run);
    }
  });
}

/** What a store could do wrong, each noticed by the suite: a test that cannot fail tests nothing. */
const FAULTS = {
  "loses what is delivered": { deliver: (store, key, token, decide, now) => store.deliver(key, token, () => ({ ...decide(store.load(key), null), installation: null }), now) },
  "writes before it asks": {
    deliver(store, key, token, decide, now) {
      store.deliver("a", null, () => ({ repeated: false, installation: null, mark: null, entries: [{ event: "x", changes: [] }] }), now);
      store.advance("x", 1);
      return store.deliver(key, token, decide, now);
    },
  },
  "forgets marks": { deliver: (store, key, token, decide, now) => store.deliver(key, null, decide, now) },
  "forgets marks when they expire": {
    deliver(store, key, token, decide, now) {
      const fresh = (mark) => (mark && mark.expiresAt < now ? null : mark);
      return store.deliver(key, token, (known, mark) => decide(known, fresh(mark)), now);
    },
  },
  "numbers from 0": { historyAfter: (store, after, limit) => store.historyAfter(after, limit).map((it) => ({ ...it, sequence: it.sequence - 1 })) },
  "ignores a limit": { historyAfter: (store, after) => store.historyAfter(after, 1000) },
  "newest first": { historyAfter: (store, ...of) => store.historyAfter(...of).reverse() },
  "lets a cursor go back": {
    cursor: (store, name) => store.license(name, "cursor")?.document ?? 0,
    advance(store, name, sequence) {
      store.advance(name, sequence);
      store.putLicense(name, "cursor", { document: sequence, fetchedAt: new Date(0) });
    },
  },
  "lets a cursor run ahead": {
    cursor: (store, name) => store.license(name, "ahead")?.document ?? 0,
    advance: (store, name, sequence) => store.putLicense(name, "ahead", { document: sequence, fetchedAt: new Date(sequence) }),
  },
  "takes the last answer, however old": { putLicense: (store, key, source, kept) => store.putLicense(key, source, { ...kept, fetchedAt: new Date(2e12) }) },
  "believes a wrong clock's answer": {
    putLicense(store, key, source, kept) {
      const known = store.license(key, source);
      if (!known || known.fetchedAt <= kept.fetchedAt) {
        store.putLicense(key, source, kept);
      }
    },
  },
  "believes a wrong clock's lease": {
    tryLease(store, lease, holder, now, ttl) {
      const ends = (store.ends ??= new Map());
      if (ends.get(lease) > now) {
        return ends.get(lease);
      }
      ends.set(lease, new Date(+now + ttl * 1000));
      return store.tryLease(lease, holder, now, ttl);
    },
  },
  "gives a lease to its holder again": { tryLease: (store, lease, holder, ...of) => (store.releaseLease(lease, holder), store.tryLease(lease, holder, ...of)) },
  "renews for anybody": { renewLease: (store, lease, _, now, ttl) => ["one", "two"].forEach((holder) => store.renewLease(lease, holder, now, ttl)) },
  "releases for anybody": { releaseLease: (store, lease) => ["one", "two"].forEach((holder) => store.releaseLease(lease, holder)) },
  "says that it renewed whoever asks": { renewLease: (store, ...of) => (store.renewLease(...of), true) },
  "takes a lease for any time": { tryLease: (store, lease, holder, now, ttl) => store.tryLease(lease, holder, now, Math.min(Math.max(ttl, 1), 86_400)) },
  "renews a lease for any time": { renewLease: (store, lease, holder, now, ttl) => store.renewLease(lease, holder, now, Math.min(Math.max(ttl, 1), 86_400)) },
  "answers everybody's history": { history: (store, _, after = 0, limit = 1000) => store.historyAfter(after, limit) },
  "answers the whole history in one page": { history: (store, key) => store.history(key) },
  "answers its own history": { history: (store, key, ...of) => (of.length ? store.history(key, ...of) : (store.own ??= store.history(key))) },
  "forgets who stopped": { stopped: () => [] },
  "tells every consumer who stopped": { stopped: (store) => ["mail", "billing"].flatMap((name) => store.stopped(name)) },
  "keeps the first stop": { stop: (store, name, stopped) => store.stopped(name).some(({ key }) => key === stopped.key) || store.stop(name, stopped) },
  "trims names": { stop: (store, name, stopped) => store.stop(name.trim(), stopped), stopped: (store, name) => store.stopped(name.trim()) },
  "resumes for every consumer": { resume: (store, _, key) => ["mail", "billing"].forEach((name) => store.resume(name, key)) },
  "resumes every tenant": { resume: (store, name) => store.stopped(name).forEach(({ key }) => store.resume(name, key)) },
  "resumes nobody": { resume: () => {} },
  "oldest key first": { installKeys: (store, limit) => store.installKeys(limit).reverse() },
  "keeps no key": { putInstallKey: () => {} },
};

/** The test that finds each of them, whatever other tests notice. */
const FOUND_BY = {
  "loses what is delivered": "an installation is loaded as it was delivered, with its secrets",
  "writes before it asks": "all or nothing: where `decide` throws, nothing is written",
  "forgets marks": "of two deliveries with one token, the second finds the mark of the first",
  "forgets marks when they expire": "a mark is kept for a day after it expires: the clock of a replica may be that far ahead",
  "numbers from 0": "events are numbered 1, 2, 3, … without gaps, in the order in which they were committed",
  "ignores a limit": "the history is read in pages from behind a number",
  "newest first": "events are numbered 1, 2, 3, … without gaps, in the order in which they were committed",
  "lets a cursor go back": "a consumer's cursor begins at 0, and never goes back",
  "lets a cursor run ahead": "a consumer's cursor stands at no event that there is not",
  "takes the last answer, however old": "of a License API, the later answer stays, whichever comes last",
  "believes a wrong clock's answer": "an answer that a wrong clock dated ahead outlasts no newer one",
  "believes a wrong clock's lease": "a lease that a wrong clock took days ahead is nobody's",
  "gives a lease to its holder again": "a lease is one holder's until it ends, and is not taken twice, by its holder either",
  "renews for anybody": "a lease is renewed and released by its holder alone, and not once it ended",
  "releases for anybody": "a lease is renewed and released by its holder alone, and not once it ended",
  "says that it renewed whoever asks": "a lease is renewed and released by its holder alone, and not once it ended",
  "takes a lease for any time": "a lease lasts from a second to a day",
  "renews a lease for any time": "a lease lasts from a second to a day",
  "answers everybody's history": "the history of one installation is its own, oldest first",
  "answers the whole history in one page": "the history of one installation is its own, oldest first",
  "answers its own history": "what is loaded, and what was delivered, is nobody's to change",
  "forgets who stopped": "tenants at which a consumer stopped are its own, until it goes on",
  "tells every consumer who stopped": "tenants at which a consumer stopped are its own, until it goes on",
  "keeps the first stop": "tenants at which a consumer stopped are its own, until it goes on",
  "trims names": "tenants at which a consumer stopped are its own, until it goes on",
  "resumes for every consumer": "tenants at which a consumer stopped are its own, until it goes on",
  "resumes every tenant": "tenants at which a consumer stopped are its own, until it goes on",
  "resumes nobody": "tenants at which a consumer stopped are its own, until it goes on",
  "oldest key first": "the platform's keys are kept, the newest first, one of each id",
  "keeps no key": "the platform's keys are kept, the newest first, one of each id",
};

/** What the suite finds in a store that has this fault: why each test failed, by its name. */
async function held(fault) {
  const make = () => {
    const store = new MemoryStore();
    const bound = (of) => (typeof of === "function" ? of.bind(store) : of);
    return new Proxy(store, { get: (_, of) => (fault[of] ? (...what) => fault[of](store, ...what) : bound(store[of])) });
  };
  const tests = storeTests(make);
  const results = await Promise.allSettled(tests.map(({ run }) => run()));
  return new Map(results.flatMap(({ reason, status }, at) => (status === "rejected" ? [[tests[at].name, reason]] : [])));
}

describe("a store at fault is found", () => {
  for (const [name, fault] of Object.entries(FAULTS)) {
    test(name, async () => {
      const failed = await held(fault);
      assert.match(failed.get(FOUND_BY[name])?.message ?? `found by ${[...failed.keys()]}`, /: expected .*, found /s);
    });
  }

  test("and one that has none is not", async () => {
    assert.deepEqual(await held({}), new Map());
  });
});
