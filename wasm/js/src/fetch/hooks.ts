import { internal } from "../server.js";
import type { HistoryEntry, InstallationStore } from "./store.js";

const { settings } = internal;
const RULES = {
  store: settings.having(["cursor", "historyAfter", "advance"], "a store"),
  name: settings.text,
  hook: settings.callback,
};

/**
 * Feeds a hook from the history of a store, at least once for every entry: not while the platform
 * waits, and again after a restart or a failure, before any later entry. A hook may be called twice
 * for one entry and must not mind. Run one of a name at a time.
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
  readonly #hook: (entry: HistoryEntry) => unknown;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rest = 0;
  #onError: (error: unknown) => unknown = () => {};
  #failures = 0;
  /** Whether to go on, and whether a run is under way: there is never more than one. */
  #running = false;
  #inRun = false;

  /** `name`: by which the store remembers how far it came. Throws `misuse` where one is missing. */
  constructor(store: InstallationStore, name: string, hook: (entry: HistoryEntry) => unknown) {
    settings.hold("HookRunner", { store, name, hook }, RULES, Object.keys(RULES));
    this.#store = store;
    this.#name = name;
    this.#hook = hook;
  }

  /** Calls the hook for all that is due; answers for how many entries. Throws what the hook throws:
   * the next run begins there. */
  async runOnce(): Promise<number> {
    let at = await this.#store.cursor(this.#name);
    for (let handled = 0; ; ) {
      const entries = await this.#store.historyAfter(at, 100);
      if (!entries.length) {
        return handled;
      }
      for (const entry of entries) {
        await this.#hook(entry);
        at = entry.sequence;
        await this.#store.advance(this.#name, at);
        handled += 1;
      }
    }
  }

  /** Runs from now on, pausing so many milliseconds when there is nothing to do, from 1 to 60000, and
   * longer after failures. What is thrown goes to `onError`; what that throws is left alone. Started
   * again, it goes on with the new settings. */
  start(rest = 1000, onError: (error: unknown) => unknown = () => {}): void {
    const rules = { rest: settings.count(1, 60_000), onError: settings.callback };
    settings.hold("HookRunner.start", { rest, onError }, rules, Object.keys(rules));
    this.#rest = rest;
    this.#onError = onError;
    this.#running = true;
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
      const wait = Math.min(this.#rest * 2 ** Math.min(this.#failures, 6), 60_000);
      this.#timer = setTimeout(() => void this.#run(), wait);
      this.#timer.unref?.();
    }
  }

  /** Runs no more. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }
}
