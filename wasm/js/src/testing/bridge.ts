// The other end of the Forge bridge, for vitest, jest and pages in a browser.
import { uiContext } from "./contexts.js";
import type { FixtureOptions } from "./contexts.js";
import { snapshotOf } from "./license.js";
import type { Scenario } from "./license.js";
import { FIXTURE, hold } from "./options.js";

/** What the fake product answers besides. */
export interface FakeBridgeOptions extends FixtureOptions {
  /** The functions of the resolver: what `invoke(name, payload)` answers. */
  invoke?: { [name: string]: (payload: unknown) => unknown } | undefined;
}

/** A bridge that was installed. */
export interface FakeBridge {
  /** The customer changes: what the next `view.getContext()` answers, and of `options` what they name. */
  set(scenario: Scenario, options?: FakeBridgeOptions): void;
  /** Takes the bridge away, and leaves what was there before. */
  uninstall(): void;
}

interface Installed {
  scenario: Scenario;
  options: FakeBridgeOptions;
}

let current: Installed | null = null;

/** One function for good: `@forge/bridge` takes it when it is imported, and keeps it. */
function callBridge(command: string, payload?: { functionKey?: string; payload?: unknown }): Promise<unknown> {
  if (!current) {
    return Promise.reject(new Error("the fake bridge was taken away"));
  }
  const { scenario, options } = current;
  if (command === "getContext") {
    const { invoke: _, ...context } = options;
    return Promise.resolve(uiContext(scenario, context));
  }
  if (command === "invoke") {
    const name = payload?.functionKey ?? "";
    const handler = Object.hasOwn(options.invoke ?? {}, name) && options.invoke?.[name];
    return handler
      ? Promise.resolve(payload?.payload).then(handler)
      : Promise.reject(new Error(`the fake bridge has no function \`${name}\``));
  }
  return Promise.resolve(undefined);
}

/** Throws for a scenario that is none, and for a misspelled option. */
function held(scenario: Scenario, options: FakeBridgeOptions): Installed {
  hold("installFakeBridge", options, [...FIXTURE, "invoke"]);
  snapshotOf(scenario, options.now ?? new Date());
  return { scenario, options };
}

/**
 * Makes `view.getContext()` of `@forge/bridge` answer as in a page of a customer, in vitest, jest and
 * browsers. Call it before the bridge is imported: in a setup file, or a script before the page's.
 *
 * @example
 * ```ts
 * const bridge = installFakeBridge("trial-of-advanced");
 * const { view } = await import("@forge/bridge");
 * License.fromForgeContext(await view.getContext()).isEvaluation; // true
 * bridge.set("expired");
 * ```
 */
export function installFakeBridge(scenario: Scenario, options: FakeBridgeOptions = {}): FakeBridge {
  const place = globalThis as { __bridge?: unknown };
  const before = Object.getOwnPropertyDescriptor(place, "__bridge");
  current = held(scenario, options);
  Object.defineProperty(place, "__bridge", { value: { callBridge }, configurable: true, writable: true });
  return {
    set: (next, more) => {
      current = held(next, { ...options, ...more });
    },
    uninstall: () => {
      current = null;
      delete place.__bridge;
      before && Object.defineProperty(place, "__bridge", before);
    },
  };
}
