// The core's machines: an object goes in, one comes out. They say what to do; the package does it.
import { call } from "./core.js";
import * as op from "./op.js";

/** Calls a machine by its name. Throws {@link VerifyError} for what it refuses. */
export const machine = <T>(name: string, input: object): T =>
  JSON.parse(call(op.machine, name, JSON.stringify(input))) as T;

let plans = 0;
let gone: FinalizationRegistry<number> | undefined;

/**
 * A plan that the core remembers what it has to: by a number, and by the settings that it is made of
 * anew where the core does not know it any more.
 */
export class Plan {
  readonly #machines: string;
  readonly #made: { readonly plan: number; readonly settings: object };

  constructor(machines: string, settings: object) {
    this.#machines = machines;
    this.#made = { plan: (plans += 1), settings };
    gone ??= new FinalizationRegistry((plan) => machine("forget", { plan }));
    gone.register(this, this.#made.plan);
  }

  /** Calls one of the plan's machines. */
  call<T>(name: string, input: object): T {
    return machine<T>(`${this.#machines}.${name}`, { ...this.#made, ...input });
  }
}
