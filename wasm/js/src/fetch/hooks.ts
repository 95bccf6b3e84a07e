import type { HistoryEntry, InstallationStore } from "./store.js";

/**
 * Feeds a hook from the history of a store, at least once for every entry: not while the platform
 * waits, and again after a restart or a failure, before any later entry. A hook may be called twice
 * for one entry and must not mind. Run one of a name at a time.
 *
 * ```ts
 * const hooks = new HookRunner(store, "billing", async ({ key, changes }) => tell(key, changes));
 * hooks.start();
 * ```
 */
export class HookRunner {
  readonly #store: InstallationStore;
  readonly #name: string;
  readonly #hook: (entry: HistoryEntry) => unknown;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;

  /** `name`: by which the store remembers how far it came. */
  constructor(store: InstallationStore, name: string, hook: (entry: HistoryEntry) => unknown) {
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

  /** Runs from now on, resting so many milliseconds when there is nothing to do, and longer after
   * failures. What is thrown goes to `onError`. */
  start(rest = 1000, onError: (error: unknown) => void = () => {}): void {
    this.#running = true;
    let failures = 0;
    const run = async () => {
      try {
        await this.runOnce();
        failures = 0;
      } catch (error) {
        failures += 1;
        onError(error);
      }
      if (this.#running) {
        this.#timer = setTimeout(run, Math.min(rest * 2 ** Math.min(failures, 6), 60_000));
        this.#timer.unref?.();
      }
    };
    void run();
  }

  /** Runs no more. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }
}
