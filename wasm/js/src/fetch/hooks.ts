// Calls a hook for what the history holds, one process at a time. When what failed is tried again, the core says.
import { createHash, randomUUID } from "node:crypto";
import { internal } from "../server.js";
import { HOOK_ATTEMPTS, HOOK_LEASE, HOOK_LIMIT, HOOK_PAGE, HOOK_PAUSE, HOOK_RENEW, HOOK_TRIES } from "../server/limits.js";
import { consumerName } from "./store.js";
import type { HistoryEntry, InstallationStore, Stopped } from "./store.js";

/** Settings of a {@link HookRunner}. */
export interface HookOptions {
  /** How often an event is tried by itself; 24 times, which takes half a day. 0 and 1 are once. */
  tries?: number | undefined;
  /** How long the hook may take for one entry, in seconds, a day at most; 30. */
  timeLimit?: number | undefined;
  /** The clock of pauses and of the lease. */
  clock?: (() => Date) | undefined;
}

/** What a hook is called with beside its entry. */
export interface HookCall {
  /** Aborted when the hook's time is over: pass it to what the hook waits for, such as `fetch`. */
  readonly signal: AbortSignal;
}

/** A hook: what it answers is waited for. */
export type Hook = (entry: HistoryEntry, call: HookCall) => unknown;

const { call, op, seconds, settings } = internal;
const STORE = ["cursor", "historyAfter", "history", "advance", "stopped", "stop", "resume"]
  .concat("tryLease", "renewLease", "releaseLease");
const RULES = {
  store: settings.having(STORE, "a store"),
  name: settings.text,
  hook: settings.callback,
};
const OPTIONS = {
  tries: settings.count(0, 1_000_000),
  timeLimit: settings.count(1, 86_400),
  clock: settings.dates,
};

/** What became of one turn. */
interface Turn {
  handled: number;
  /** What the hook threw first. */
  failure?: { readonly error: unknown };
}

/**
 * Feeds a hook from the history of a store, at least once for every entry: not while the platform
 * waits, and again after a restart or a failure. A hook may be called twice for one entry and must not mind.
 *
 * Any number of processes may run one under the same name: a lease in the store lets one of them call at a
 * time. An event that fails stops its tenant, whose later events wait; those of others go on. It is tried
 * again with growing pauses, up to an hour, so many times by itself, and then when {@link retry} is called, or
 * `app-license store retry`. A hook that takes longer than its time (`timeLimit`, 30 seconds) has failed: it is called
 * again, what it still answers is ignored, and the `signal` that it was given is aborted. So has one whose call is not
 * finished, as its process ended, lost its turn, or could not reach the store; that never uses up the last try. The
 * store is told of each call when it begins and when it ended: two small writes more for each entry.
 *
 * @throws `misuse` where the store, the name or the hook is missing.
 *
 * @example
 * ```ts
 * const hooks = new HookRunner(store, "billing", async ({ key, changes }) => report(key, changes));
 * hooks.start();
 * ```
 */
export class HookRunner {
  readonly #store: InstallationStore;
  readonly #name: string;
  /** The consumer that stopped at whom the hook is being called for: as `Name::of` of the Rust store names it. */
  readonly #attempts: string;
  readonly #hook: Hook;
  readonly #tries: number;
  readonly #limit: number;
  readonly #clock: () => Date;
  readonly #holder = `replica/${randomUUID()}`;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = HOOK_PAUSE;
  #onError: (error: unknown) => unknown = () => {};
  #failures = 0;
  /** When the lease was last held for sure, in seconds. */
  #heldAt = 0;
  /** Whether to go on, and whether a run is under way: there is never more than one. */
  #running = false;
  #inRun = false;
  /** Whether the turn under way ends before the next event. */
  #ends = false;

  /** `name`: by which the store remembers how far it came. Throws `misuse` where one is missing. */
  constructor(store: InstallationStore, name: string, hook: Hook, options: HookOptions = {}) {
    settings.hold("HookRunner", { store, name, hook }, RULES, Object.keys(RULES));
    options = settings.hold("HookRunner", options, OPTIONS);
    consumerName(name);
    this.#store = store;
    this.#name = name;
    this.#attempts = `${HOOK_ATTEMPTS}/sha256:${createHash("sha256").update(name).digest("hex")}`;
    this.#hook = hook;
    this.#tries = options.tries ?? HOOK_TRIES;
    this.#limit = options.timeLimit === undefined ? HOOK_LIMIT : options.timeLimit * 1000;
    this.#clock = options.clock ?? (() => new Date());
  }

  /** The tenants whose events wait because one failed. */
  async stopped(): Promise<Stopped[]> {
    return this.#store.stopped(this.#name);
  }

  /** Lets the events of a tenant that wait be tried again at once, and as often as at first. False when
   * none waits. Throws `misuse` for what is no key. */
  async retry(key: string): Promise<boolean> {
    settings.hold("HookRunner.retry", { key }, { key: settings.text }, ["key"]);
    const waiting = (await this.stopped()).find((it) => it.key === key);
    if (waiting) {
      await this.#store.stop(this.#name, { ...waiting, tries: 0, retryAt: this.#clock() });
    }
    return waiting !== undefined;
  }

  /** Calls the hook for all that is due; answers for how many entries. None where another process is at
   * it. Throws what the hook threw first, once all others were served. */
  async runOnce(): Promise<number> {
    // most turns end here, without a write
    if (!(await this.#hasWork())) {
      return 0;
    }
    const now = this.#clock();
    if ((await this.#store.tryLease(this.#lease, this.#holder, now, HOOK_LEASE)) !== null) {
      return 0;
    }
    this.#heldAt = seconds(now);
    this.#ends = false;
    const turn: Turn = { handled: 0 };
    try {
      await this.#settle(turn);
      await this.#handleAll(turn);
    } finally {
      await this.#release();
    }
    if (turn.failure) {
      throw turn.failure.error;
    }
    return turn.handled;
  }

  get #lease(): string {
    return `hooks/${this.#name}`;
  }

  async #hasWork(): Promise<boolean> {
    const at = await this.#store.cursor(this.#name);
    if ((await this.#after(at, 1)).length > 0) {
      return true;
    }
    return (await this.stopped()).some((it) => this.#isDue(it));
  }

  #isDue({ tries, retryAt }: Stopped): boolean {
    return call(op.hookIsDue, this.#tries, tries, seconds(retryAt) - seconds(this.#clock()));
  }

  /** What happened after an entry. A store that answers what was before would be asked for ever. */
  async #after(at: number, limit: number): Promise<HistoryEntry[]> {
    const entries = await this.#store.historyAfter(at, limit);
    if (!Array.isArray(entries) || !entries.every(({ sequence }, index) => sequence > (entries[index - 1]?.sequence ?? at))) {
      throw settings.misuse("`historyAfter` of the store must answer a list of the entries after the one that it is given, oldest first");
    }
    return entries;
  }

  /** Lets the tenants wait whose calls were not finished: a hook that ends its process would else be called again by
   * each that comes after, before any other tenant. */
  async #settle(turn: Turn): Promise<void> {
    const left = await this.#store.stopped(this.#attempts);
    if (!left.length) {
      return;
    }
    const cursor = await this.#store.cursor(this.#name);
    const waiting = new Map((await this.stopped()).map(({ key, at }) => [key, at]));
    for (const { key, at, tries } of left) {
      // a process that stood still before the call wrote this when another had finished it
      if (at >= (waiting.get(key) ?? cursor + 1)) {
        await this.#store.stop(this.#name, this.#failed(key, at, call(op.hookUnfinished, this.#tries, tries)));
        const error = new Error("a call of the hook was not finished: its process ended, lost its turn, or could not reach the store");
        turn.failure ??= { error };
      }
      await this.#store.resume(this.#attempts, key);
    }
  }

  #failed(key: string, at: number, tries: number): Stopped {
    return { key, at, tries, retryAt: new Date(+this.#clock() + call(op.hookRetry, this.#pause, tries) * 1000) };
  }

  async #handleAll(turn: Turn): Promise<void> {
    let at = await this.#store.cursor(this.#name);
    const stopped = await this.stopped();
    const waiting = new Set(stopped.map(({ key }) => key));
    for (const one of stopped.filter((it) => this.#isDue(it))) {
      if (await this.#catchUp(one, at, turn)) {
        waiting.delete(one.key);
      }
    }
    for (;;) {
      const entries = await this.#after(at, HOOK_PAGE);
      if (!entries.length) {
        return;
      }
      for (const entry of entries) {
        if (this.#ends) {
          return;
        }
        if (!waiting.has(entry.key) && !(await this.#call(entry, 0, turn))) {
          waiting.add(entry.key);
        }
        at = entry.sequence;
        await this.#store.advance(this.#name, at);
      }
    }
  }

  /** Handles the events of a tenant that waited, those that the others have behind them; answers whether it
   * waits no more. */
  async #catchUp({ key, at, tries }: Stopped, through: number, turn: Turn): Promise<boolean> {
    for (let after = at - 1; ; ) {
      const page = await this.#store.history(key, after, HOOK_PAGE);
      // a store of an app may answer all of it
      const due = page.filter(({ sequence }) => sequence > after && sequence <= through);
      if (!due.length) {
        await this.#store.resume(this.#name, key);
        return true;
      }
      for (const entry of due) {
        if (this.#ends || !(await this.#call(entry, entry.sequence === at ? tries : 0, turn))) {
          return false;
        }
        after = entry.sequence;
      }
    }
  }

  /** Calls the hook, and holds the lease meanwhile; answers whether it succeeded. Where not, its tenant waits. */
  async #call(entry: HistoryEntry, tries: number, turn: Turn): Promise<boolean> {
    await this.#hold();
    const failed = this.#failed(entry.key, entry.sequence, tries + 1);
    await this.#store.stop(this.#attempts, failed); // what counts if the process does not survive it
    let renewed = Promise.resolve();
    const timer = setInterval(() => {
      // where the store fails it is asked again: the lease lasts longer, and what counts is the last renewal
      renewed = renewed.then(() => this.#renew()).catch(() => {});
    }, HOOK_RENEW * 1000);
    timer.unref?.();
    let failure: Turn["failure"];
    try {
      await this.#inTime(entry);
    } catch (error) {
      failure = { error };
    } finally {
      clearInterval(timer);
    }
    await renewed;
    // a process that stood still renewed nothing meanwhile, and another may have gone on: what it wrote stays
    await this.#hold();
    if (failure) {
      turn.failure ??= failure;
      await this.#store.stop(this.#name, this.#failed(entry.key, entry.sequence, tries + 1));
    } else {
      turn.handled += 1;
    }
    await this.#store.resume(this.#attempts, entry.key);
    return !failure;
  }

  /** Calls the hook. What it answers, or throws, when its time is over is ignored. */
  async #inTime(entry: HistoryEntry): Promise<void> {
    const aborts = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`the hook did not end within ${this.#limit / 1000}s`);
        reject(error);
        aborts.abort(error);
      }, this.#limit);
    });
    try {
      // what a hook does to its entry is its own
      await Promise.race([(async () => this.#hook(structuredClone(entry), { signal: aborts.signal }))(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Renews the lease where that is due; of a clock that jumped nobody knows whether it is. */
  async #hold(): Promise<void> {
    if (Math.abs(seconds(this.#clock()) - this.#heldAt) >= HOOK_RENEW) {
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    const now = this.#clock();
    if (!(await this.#store.renewLease(this.#lease, this.#holder, now, HOOK_LEASE))) {
      throw new Error("the lease of the hooks was lost");
    }
    this.#heldAt = seconds(now);
  }

  /** A lease that is not given back ends by itself. */
  async #release(): Promise<void> {
    try {
      await this.#store.releaseLease(this.#lease, this.#holder);
    } catch (error) {
      settings.quietly(() => this.#onError(error));
    }
  }

  /** Runs from now on, pausing so many milliseconds when there is nothing to do and before an event is tried again
   * (in whole seconds then), from 1 to 60000, and longer after failures. What is thrown goes to `onError`, the console
   * when left out; what that throws is left alone. Started again, it goes on with the new settings. */
  start(rest = HOOK_PAUSE, onError: (error: unknown) => unknown = (error) => console.error(error)): void {
    const rules = { rest: settings.count(1, 60_000), onError: settings.callback };
    settings.hold("HookRunner.start", { rest, onError }, rules, Object.keys(rules));
    this.#pause = rest;
    this.#onError = onError;
    this.#running = true;
    this.#ends = false;
    if (!this.#inRun) {
      clearTimeout(this.#timer);
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    this.#inRun = true;
    try {
      await this.runOnce();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      settings.quietly(() => this.#onError(error));
    }
    this.#inRun = false;
    if (this.#running) {
      const rest = call(op.hookRest, this.#pause, this.#failures);
      this.#timer = setTimeout(() => void this.#run(), rest);
      this.#timer.unref?.();
    }
  }

  /** Runs no more. A turn under way ends after the event that it is at. */
  stop(): void {
    this.#running = false;
    this.#ends = true;
    clearTimeout(this.#timer);
  }
}
