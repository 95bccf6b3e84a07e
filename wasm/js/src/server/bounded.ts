/** A map that forgets what was used longest ago, and asks once for what is asked twice at a time. */
export class Bounded<V> {
  readonly #kept = new Map<string, V>();
  readonly #flights = new Map<string, Promise<V>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    const value = this.#kept.get(key);
    if (value !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.#kept.delete(key);
    if (this.#kept.size >= this.#limit) {
      this.#kept.delete(this.#kept.keys().next().value!);
    }
    this.#kept.set(key, value);
  }

  /** How many questions are under way. */
  get underWay(): number {
    return this.#flights.size;
  }

  /** The answer to a question that is under way, or a new one. */
  once(key: string, ask: () => Promise<V>): Promise<V> {
    let flight = this.#flights.get(key);
    if (!flight) {
      flight = ask().finally(() => this.#flights.delete(key));
      this.#flights.set(key, flight);
    }
    return flight;
  }
}
