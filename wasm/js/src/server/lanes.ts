// Who may ask a key host next, when many ask for keys that nobody has. The rules are those of the
// Rust client's lanes.
import { Bounded } from "./bounded.js";
import { PlatformFault, passed } from "./get.js";

/** `reserved`: for callers who asked for few unknown ids. `named`: for all others, where the request
 * names a tenant that few unknown ids came with. `shared`: for the rest. */
export type Lane = "reserved" | "named" | "shared";

/** How many callers, and how many tenants, are remembered for what was asked. */
const CALLERS = 8192;

interface Count {
  since: number;
  count: number;
}

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

/** Queues, each with its own part of the fetches that may run at once. */
export class Lanes {
  readonly #queues: Record<Lane, Queue>;
  readonly #callers = new Bounded<Count>(CALLERS);
  readonly #tenants = new Bounded<Count>(CALLERS);
  readonly #perCaller: number;

  constructor(running = 16, waiting = 384, perCaller = 5) {
    const forReserved = Math.ceil(running / 2);
    const rest = running - forReserved;
    const forNamed = Math.floor(rest / 2);
    const permits = (count: number, otherwise: Permits) => (count ? new Permits(count) : otherwise);
    const reserved = new Permits(forReserved);
    const shared = permits(rest - forNamed, reserved);
    const named = permits(forNamed, shared);
    const queue = (queued: Permits, limit: number) => ({ running: queued, waiting: 0, limit: Math.max(limit, 1) });
    const quarter = Math.ceil(waiting / 4);
    this.#queues = { reserved: queue(reserved, waiting), named: queue(named, quarter), shared: queue(shared, quarter) };
    this.#perCaller = perCaller;
  }

  /** The lane of a question by this caller, in a request that names this tenant: it counts as one for
   * nothing until it turns out otherwise. `now` in seconds. */
  of(caller: string, tenant: string | undefined, now: number): Lane {
    const byTenant = tenant !== undefined && this.#counts(this.#tenants, tenant, now);
    if (this.#counts(this.#callers, caller, now)) {
      return "reserved";
    }
    return byTenant ? "named" : "shared";
  }

  /** Who asks for what there is has spent nothing. */
  refund(caller: string, tenant: string | undefined): void {
    for (const entry of [this.#callers.get(caller), tenant === undefined ? undefined : this.#tenants.get(tenant)]) {
      if (entry) {
        entry.count = Math.max(entry.count - 1, 0);
      }
    }
  }

  /** Waits for a turn to ask; answers how it is given back. */
  async turn(lane: Lane): Promise<() => void> {
    const queue = this.#queues[lane];
    if (queue.waiting >= queue.limit) {
      const message = `${queue.limit} unknown key ids wait to be asked about`;
      throw new PlatformFault("unknown_key_flood", message);
    }
    const shared = this.#queues.shared.running;
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

  #counts(spent: Bounded<Count>, key: string, now: number): boolean {
    const known = spent.get(key);
    const entry = known && !passed(now, known.since, 60) ? known : { since: now, count: 0 };
    if (entry.count >= this.#perCaller) {
      return false;
    }
    entry.count += 1;
    spent.set(key, entry);
    return true;
  }
}
