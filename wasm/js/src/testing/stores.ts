// What a store has to hold to, as tests without a framework.
import type { HistoryEntry, InstallationStore } from "../fetch.js";
import type { Installation, Outcome, StoredMark } from "../server.js";

/** One thing that a store has to hold to. */
export interface StoreTest {
  readonly name: string;
  /** Rejects where the store does not. */
  run(): Promise<void>;
}

type Run = (store: InstallationStore) => Promise<void>;

const at = (second: number) => new Date(1_800_000_000_000 + second * 1000);
/** The hash of a token, or of a body. */
const hash = (digit: string) => digit.repeat(64);
const mark = (body: string, until: number): StoredMark => ({ body: hash(body), expiresAt: at(until) });
const ari = "ari:cloud:ecosystem::installation/7c265a88-214c-4fc3-bb35-26cbed5d2378";

function installation(key: string, secrets: Partial<Installation["secrets"]> = {}, more: object = {}): Installation {
  const [since, of] = [at(0).toISOString(), key.startsWith("ari:") ? { forge: key } : { connect: key }];
  const times = { statusSince: since, firstInstalledAt: since, installedAt: since, updatedAt: since };
  const record = { key: of, status: "installed" as const, ...times, entitlement: {}, ...more };
  return { record, secrets: { current: null, previous: null, ...secrets } };
}

const written = (to: Installation | null, events: readonly string[], more: Partial<Outcome> = {}): Outcome => ({
  repeated: false,
  installation: to,
  mark: null,
  entries: events.map((event) => ({ event, changes: [{ change: "installed" }] })),
  ...more,
});

/** A value in a form in which two that are equal are one text. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, it: unknown) =>
    Object(it) === it && !Array.isArray(it)
      ? Object.fromEntries(Object.entries(it as object).sort(([a], [b]) => (a < b ? -1 : 1)))
      : it,
  ) ?? "undefined";
}

function same(found: unknown, expected: unknown, what: string): void {
  if (text(found) !== text(expected)) {
    throw new Error(`${what}: expected ${text(expected)}, found ${text(found)}`);
  }
}

const install = (store: InstallationStore, key: string, events = ["installed"], second = 0) =>
  store.deliver(key, null, () => written(installation(key), events), at(second));

async function history(store: InstallationStore): Promise<string[]> {
  return (await store.historyAfter(0, 1000)).map(({ sequence, key, event }: HistoryEntry) => `${sequence} ${key} ${event}`);
}

async function refused(work: () => unknown, expected: Error): Promise<void> {
  try {
    await work();
  } catch (error) {
    const found = [error, (error as { cause?: unknown }).cause];
    if (found.includes(expected)) {
      return;
    }
    throw error;
  }
  throw new Error("what `decide` throws is not thrown on");
}

const TESTS: Record<string, Run> = {
  async "an installation is loaded as it was delivered, with its secrets"(store) {
    same(await store.load("a"), null, "before");
    const previous = { secret: "an older secret ✓", replacedAt: at(5) };
    const first = installation("a", { current: "a secret", previous }, { baseUrl: "https://a.example.net", description: "✓ \"ü\"" });
    const answer = await store.deliver("a", null, () => written(first, ["installed"]), at(1));
    same(answer.installation, first, "the answer");
    same(await store.load("a"), first, "loaded");
    same((await store.load("a"))?.secrets.previous?.replacedAt instanceof Date, true, "the time is a Date");
    const second = installation("a", { current: "another secret" });
    await store.deliver("a", null, () => written(second, ["installed"]), at(2));
    same(await store.load("a"), second, "replaced");
    const gone = installation("a", {}, { status: "uninstalled" });
    await store.deliver("a", null, () => written(gone, ["uninstalled"]), at(3));
    same(await store.load("a"), gone, "without secrets");
  },

  async "installations of Connect and of Forge are told apart by their keys"(store) {
    for (const key of ["a", "A", "a ", ari]) {
      await install(store, key);
    }
    for (const key of ["a", "A", "a ", ari]) {
      same(await store.load(key), installation(key), key);
    }
    same(await store.load("b"), null, "another one");
    same((await store.historyAfter(0, 9)).map(({ key }) => key), ["a", "A", "a ", ari], "keys of the history");
  },

  async "what is loaded, and what was delivered, is nobody's to change"(store) {
    const delivered = installation("a", { current: "s" });
    await store.deliver("a", null, () => written(delivered, ["installed"]), at(0));
    delivered.record.status = "uninstalled";
    const loaded = (await store.load("a"))!;
    loaded.record.status = "disabled";
    loaded.secrets.current = "x";
    same(await store.load("a"), installation("a", { current: "s" }), "loaded again");
    for (const read of [() => store.history("a"), () => store.historyAfter(0, 1)]) {
      const [entry] = await read();
      entry!.event = "x";
      entry!.changes.pop();
      const [again] = await read();
      same([again?.event, again?.changes.length], ["installed", 1], "the history, read again");
    }
  },

  async "`decide` is given what is stored, and the mark of the token"(store) {
    await store.deliver("a", hash("1"), (known, marked) => {
      same([known, marked], [null, null], "the first time");
      return written(installation("a"), ["installed"], { mark: mark("b", 60) });
    }, at(0));
    await store.deliver("a", hash("1"), (known, marked) => {
      same([known, marked], [installation("a"), mark("b", 60)], "the second time");
      same(marked?.expiresAt instanceof Date, true, "the time is a Date");
      return written(null, [], { repeated: true });
    }, at(1));
    await store.deliver("a", null, (_, marked) => {
      same(marked, null, "without a token");
      return written(null, []);
    }, at(2));
  },

  async "all or nothing: where `decide` throws, nothing is written"(store) {
    await install(store, "a");
    const error = new Error("refused");
    const decide = () => {
      throw error;
    };
    await refused(() => store.deliver("a", hash("1"), decide, at(1)), error);
    await refused(() => store.deliver("b", hash("2"), decide, at(1)), error);
    same([await store.load("a"), await store.load("b")], [installation("a"), null], "installations");
    same(await history(store), ["1 a installed"], "the history");
    await store.deliver("a", hash("1"), (_, marked) => {
      same(marked, null, "the mark");
      return written(null, []);
    }, at(2));
    await install(store, "b");
    same(await history(store), ["1 a installed", "2 b installed"], "afterwards");
  },

  async "nothing is written of what is repeated"(store) {
    await install(store, "a");
    const more = { repeated: true, mark: mark("b", 60) };
    await store.deliver("a", hash("1"), () => written(installation("a", {}, { status: "disabled" }), ["disabled"], more), at(1));
    same(await store.load("a"), installation("a"), "the installation");
    same(await history(store), ["1 a installed"], "the history");
    await store.deliver("a", hash("1"), (_, marked) => {
      same(marked, null, "the mark");
      return written(null, []);
    }, at(2));
  },

  async "a mark is of its token alone, and the later one replaces the earlier"(store) {
    const deliver = (token: string, kept: StoredMark | null) => {
      let found: StoredMark | null = null;
      const decide = (_: unknown, marked: StoredMark | null) => {
        found = marked;
        return written(installation("a"), [], { mark: kept });
      };
      return Promise.resolve(store.deliver("a", hash(token), decide, at(0))).then(() => found);
    };
    same(await deliver("1", mark("b", 60)), null, "nothing yet");
    same(await deliver("2", mark("c", 61)), null, "of another token");
    same(await deliver("1", mark("d", 62)), mark("b", 60), "the first");
    same(await deliver("1", null), mark("d", 62), "replaced");
    same(await deliver("2", null), mark("c", 61), "the other one is left alone");
  },

  async "a mark is kept for a day after it expires: the clock of a replica may be that far ahead"(store) {
    await store.deliver("a", hash("1"), () => written(installation("a"), [], { mark: mark("b", 60) }), at(0));
    for (const second of [60, 61, 86_460, 86_760]) {
      // another delivery, at which marks are forgotten
      await store.deliver("a", hash("2"), () => written(null, [], { mark: mark("c", second + 60) }), at(second));
      await store.deliver("a", hash("1"), (_, marked) => {
        same(marked, mark("b", 60), `after ${second} seconds`);
        return written(null, []);
      }, at(second));
    }
  },

  async "events are numbered 1, 2, 3, … without gaps, in the order in which they were committed"(store) {
    await install(store, "a", ["installed", "enabled"], 7);
    await install(store, ari, []);
    await install(store, ari, ["avi:forge:installed:app"], 8);
    await store.deliver("a", null, () => written(null, []), at(9));
    await install(store, "a", ["disabled"], 9);
    const expected = ["1 a installed", "2 a enabled", `3 ${ari} avi:forge:installed:app`, "4 a disabled"];
    same(await history(store), expected, "the history");
    const [first] = await store.historyAfter(0, 1);
    same(first?.changes, [{ change: "installed" }], "changes");
    same([first?.at instanceof Date, +first!.at], [true, +at(7)], "when");
  },

  async "the history is read in pages from behind a number"(store) {
    for (let number = 0; number < 5; number += 1) {
      await install(store, "a", [`event-${number + 1}`]);
    }
    const page = async (after: number, limit: number) => (await store.historyAfter(after, limit)).map(({ sequence }) => sequence);
    same(await page(0, 2), [1, 2], "the first");
    same(await page(2, 2), [3, 4], "the second");
    same(await page(4, 2), [5], "the last");
    same(await page(5, 2), [], "behind the last");
  },

  async "deliveries of one installation are applied one after the other"(store) {
    await install(store, "a", []);
    const one = (number: number) =>
      store.deliver("a", null, (known) => {
        const text = `${known!.record.description ?? ""}.`;
        return written(installation("a", {}, { description: text }), [`event-${number}`]);
      }, at(number));
    await Promise.all(Array.from({ length: 20 }, (_, number) => one(number)));
    same((await store.load("a"))?.record.description, ".".repeat(20), "none is lost");
    const numbers = (await store.historyAfter(0, 100)).map(({ sequence }) => sequence);
    same(numbers, Array.from({ length: 20 }, (_, number) => number + 1), "numbers");
  },

  async "of two deliveries with one token, the second finds the mark of the first"(store) {
    await install(store, "a");
    const found: (StoredMark | null)[] = [];
    const one = () =>
      store.deliver("a", hash("1"), (_, marked) => {
        found.push(marked);
        return marked ? written(null, [], { repeated: true }) : written(null, [], { mark: mark("b", 60) });
      }, at(1));
    await Promise.all([one(), one()]);
    // a store may ask again, where another delivery came first
    same([found[0], found.at(-1)], [null, mark("b", 60)], "marks");
  },

  async "a consumer's cursor begins at 0, and never goes back"(store) {
    await install(store, "a", ["installed", "enabled", "disabled"]);
    same(await store.cursor("mail"), 0, "at first");
    for (const [sequence, expected] of [[2, 2], [1, 2], [2, 2], [3, 3], [0, 3]] as const) {
      await store.advance("mail", sequence);
      same(await store.cursor("mail"), expected, `after ${sequence}`);
    }
    same(await store.cursor("billing"), 0, "of another one");
  },

  async "a consumer's cursor stands at no event that there is not"(store) {
    await install(store, "a", ["installed"]);
    const beyond = await Promise.allSettled([(async () => store.advance("mail", 2))()]);
    same(beyond[0].status, "rejected", "beyond the last event");
    same(await store.cursor("mail"), 0, "after it");
    await store.advance("mail", 1);
    same(await store.cursor("mail"), 1, "at the last event");
  },

  async "the history of one installation is its own, oldest first"(store) {
    await install(store, "a", ["installed"]);
    await install(store, ari, ["avi:forge:installed:app"]);
    await install(store, "a", ["enabled", "disabled"]);
    const of = async (key: string) => (await store.history(key)).map(({ sequence, event }) => `${sequence} ${event}`);
    same(await of("a"), ["1 installed", "3 enabled", "4 disabled"], "of the first");
    same(await of(ari), ["2 avi:forge:installed:app"], "of the second");
    same(await of("b"), [], "of nobody");
    const page = async (after: number, limit?: number) => (await store.history("a", after, limit)).map(({ sequence }) => sequence);
    same(await page(0, 2), [1, 3], "the first page");
    same(await page(1, 2), [3, 4], "behind the first event");
    same(await page(2), [3, 4], "all that is left");
    same(await page(4, 2), [], "behind the last");
  },

  async "tenants at which a consumer stopped are its own, until it goes on"(store) {
    await install(store, "a", ["installed", "enabled"]);
    await install(store, ari, ["avi:forge:installed:app"]);
    same(await store.stopped("mail"), [], "at first");
    const [one, other] = [{ key: "a", at: 2, tries: 1, retryAt: at(60) }, { key: ari, at: 1, tries: 3, retryAt: at(9) }];
    await store.stop("mail", one);
    await store.stop("mail", other);
    same(await store.stopped("mail"), [other, one], "in the order of the events");
    same((await store.stopped("mail"))[0]?.retryAt instanceof Date, true, "the time is a Date");
    const again = { ...one, tries: 2, retryAt: at(120) };
    await store.stop("mail", again);
    same(await store.stopped("mail"), [other, again], "stopped again");
    same(await store.stopped("billing"), [], "of another consumer");
    await store.stop(" billing", one); // as HookRunner names what it is calling for
    same([await store.stopped(" billing"), await store.stopped("billing")], [[one], []], "of a name that begins with a space");
    await store.resume("billing", "a");
    await store.resume("mail", ari);
    await store.resume("mail", "b");
    same(await store.stopped("mail"), [again], "gone on");
  },

  async "of a License API, the later answer stays, whichever comes last"(store) {
    const source = "connect_license_api";
    same(await store.license("a", source), null, "nothing yet");
    const answer = (document: string | null, second: number) => ({ document, fetchedAt: at(second) });
    for (const [put, kept] of [
      [answer('{"n":1}', 10), answer('{"n":1}', 10)],
      [answer('{"n":0}', 9), answer('{"n":1}', 10)],
      [answer('{"n":2}', 10), answer('{"n":2}', 10)],
      [answer(null, 11), answer(null, 11)],
      [answer("", 12), answer("", 12)],
      [answer('{"n":3}', 11), answer("", 12)],
      [answer('{"n":4}', 13), answer('{"n":4}', 13)],
    ] as const) {
      await store.putLicense("a", source, put);
      same(await store.license("a", source), kept, `after ${put.document}`);
    }
    same((await store.license("a", source))?.fetchedAt instanceof Date, true, "the time is a Date");
  },

  async "an answer that a wrong clock dated ahead outlasts no newer one"(store) {
    const answer = (second: number) => ({ document: `{"n":${second}}`, fetchedAt: at(second) });
    const ahead = 3 * 86_400;
    for (const [put, kept] of [
      [ahead, ahead],
      [ahead - 300, ahead],
      [ahead - 301, ahead - 301],
      [100, 100],
      [99, 100],
      [101, 101],
    ] as const) {
      await store.putLicense("a", "connect_license_api", answer(put));
      same(await store.license("a", "connect_license_api"), answer(kept), `after ${put}`);
    }
  },

  async "answers are of one installation, which need not be known, and of one API"(store) {
    const kept = { document: "{}", fetchedAt: at(1) };
    await store.putLicense(ari, "forge_license_api", kept);
    same(await store.license(ari, "forge_license_api"), kept, "as it was put");
    same(await store.license(ari, "connect_license_api"), null, "of the other API");
    same(await store.license("a", "forge_license_api"), null, "of another installation");
    same(await store.load(ari), null, "it makes no installation");
  },

  async "a lease is one holder's until it ends, and is not taken twice, by its holder either"(store) {
    same(await store.tryLease("l", "one", at(0), 60), null, "taken");
    same(await store.tryLease("l", "two", at(59), 60), at(60), "by another");
    same(await store.tryLease("l", "one", at(59), 60), at(60), "by its holder");
    same(await store.tryLease("m", "two", at(59), 60), null, "another lease");
    same(await store.tryLease("l", "two", at(60), 60), null, "once it ended");
    same(await store.tryLease("l", "one", at(61), 60), at(120), "then by the first");
  },

  async "a lease is renewed and released by its holder alone, and not once it ended"(store) {
    await store.tryLease("l", "one", at(0), 60);
    same(await store.renewLease("l", "two", at(10), 600), false, "what the other is answered");
    same(await store.tryLease("l", "two", at(59), 60), at(60), "renewed by another");
    same(await store.renewLease("l", "one", at(10), 100), true, "what its holder is answered");
    same(await store.tryLease("l", "two", at(60), 60), at(110), "renewed by its holder");
    await store.releaseLease("l", "two");
    same(await store.tryLease("l", "two", at(60), 60), at(110), "released by another");
    await store.releaseLease("l", "one");
    same(await store.tryLease("l", "two", at(60), 60), null, "released by its holder");
    same(await store.renewLease("l", "two", at(120), 600), false, "what is answered once it ended");
    same(await store.tryLease("l", "one", at(121), 60), null, "renewed after it ended");
  },

  async "a lease that a wrong clock took days ahead is nobody's"(store) {
    const days = (count: number, second = 0) => at(count * 86_400 + second);
    same(await store.tryLease("l", "wrong", days(3), 300), null, "taken");
    same(await store.tryLease("l", "right", days(2), 300), days(3, 300), "in the time of the longest lease");
    await store.renewLease("l", "wrong", days(1), 300);
    same(await store.tryLease("l", "right", days(1), 300), null, "before that, it is free");
    same(await store.tryLease("l", "wrong", days(1, 299), 300), days(1, 300), "and taken again");
  },

  async "a lease lasts from a second to a day"(store) {
    const lasts = async (seconds: number) => store.tryLease("l", "one", at(0), seconds);
    const renewed = async (seconds: number) => store.renewLease("m", "one", at(0), seconds);
    await store.tryLease("m", "one", at(0), 60);
    for (const seconds of [0, -1, 86_401]) {
      const asked = await Promise.allSettled([lasts(seconds), renewed(seconds)]);
      same(asked.map(({ status }) => status), ["rejected", "rejected"], `${seconds} seconds`);
    }
    same(await lasts(86_400), null, "a day, of what nobody took");
    same(await renewed(1), true, "a second");
  },

  async "of two that ask at once, one is given a lease"(store) {
    const asked = ["one", "two", "three"].map((holder) => store.tryLease("l", holder, at(0), 60));
    const given = (await Promise.all(asked)).filter((until) => until === null);
    same(given.length, 1, "holders");
  },

  async "the platform's keys are kept, the newest first, one of each id"(store) {
    same(await store.installKeys(10), [], "at first");
    for (const kid of ["k1", "k2", "k3"]) {
      await store.putInstallKey({ kid, pem: `pem of ${kid}` });
    }
    const ids = async (limit: number) => (await store.installKeys(limit)).map(({ kid }) => kid);
    same(await ids(10), ["k3", "k2", "k1"], "all");
    same(await ids(2), ["k3", "k2"], "two");
    await store.putInstallKey({ kid: "k1", pem: "another" });
    same(await ids(10), ["k1", "k3", "k2"], "put again");
    same(await store.installKeys(1), [{ kid: "k1", pem: "another" }], "the key itself");
  },

  async "at most 64 of the platform's keys are kept"(store) {
    for (let number = 0; number < 70; number += 1) {
      await store.putInstallKey({ kid: `k${number}`, pem: "pem" });
    }
    const kept = await store.installKeys(1000);
    same([kept.length, kept[0]?.kid, kept.at(-1)?.kid], [64, "k69", "k6"], "keys");
  },
};

/**
 * What a store of your own has to hold to, as tests of any framework: each asks for an empty store.
 * `run` rejects where the store does not hold to it.
 *
 * @example
 * ```ts
 * // in a test framework: `test(name, run)`
 * for (const { name, run } of storeTests(() => new MemoryStore())) {
 *   await run().catch((cause) => Promise.reject(new Error(name, { cause })));
 * }
 * ```
 */
export function storeTests(make: () => InstallationStore | Promise<InstallationStore>): StoreTest[] {
  return Object.entries(TESTS).map(([name, hold]) => ({ name, run: async () => hold(await make()) }));
}
