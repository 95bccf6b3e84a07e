// Waiting for a turn to ask a key host. Which lane a question waits in, and how large the lanes are, the
// core says.
import { thrown } from "./get.js";
import type { Problem } from "./get.js";
import { machine } from "./machine.js";

/** `reserved`: for callers who asked for few unknown ids. `named`: for all others, where the request
 * names a tenant that few unknown ids came with. `shared`: for the rest. */
export type Lane = "reserved" | "named" | "shared";

interface Sizes {
  reserved: number;
  named: number;
  shared: number;
  waitingReserved: number;
  waitingOthers: number;
}

/** How large the lanes are. */
const sizes = () => machine<Sizes>("install_keys.sizes", {});

class Permits {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  tryTake(): boolean {
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    return false;
  }

  async take(): Promise<void> {
    if (!this.tryTake()) {
      await new Promise<void>((turn) => this.#waiting.push(turn));
    }
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#free += 1;
    }
  }
}

interface Queue {
  running: Permits;
  waiting: number;
  limit: number;
}

function made(): Record<Lane, Queue> {
  const { reserved, named, shared, waitingReserved, waitingOthers } = sizes();
  const permits = (count: number, otherwise: Permits) => (count ? new Permits(count) : otherwise);
  const queue = (running: Permits, limit: number) => ({ running, waiting: 0, limit });
  const forReserved = new Permits(reserved);
  const forAll = permits(shared, forReserved);
  return {
    reserved: queue(forReserved, waitingReserved),
    named: queue(permits(named, forAll), waitingOthers),
    shared: queue(forAll, waitingOthers),
  };
}

/** Queues, each with its own part of the fetches that may run at once. */
export class Lanes {
  #queues: Record<Lane, Queue> | undefined;

  /** Waits for a turn to ask; answers how it is given back. */
  async turn(lane: Lane): Promise<() => void> {
    const queues = (this.#queues ??= made());
    const queue = queues[lane];
    if (queue.waiting >= queue.limit) {
      throw thrown(machine<Problem>("install_keys.flood", { limit: queue.limit }));
    }
    const shared = queues.shared.running;
    if (lane !== "shared" && shared.tryTake()) {
      return () => shared.give();
    }
    queue.waiting += 1;
    try {
      await queue.running.take();
    } finally {
      queue.waiting -= 1;
    }
    return () => queue.running.give();
  }
}
