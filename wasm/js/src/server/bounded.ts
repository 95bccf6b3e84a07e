/** A map that forgets what was used longest ago. */
export class Bounded<V> {
  readonly #kept = new Map<string, V>();
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

  delete(key: string): void {
    this.#kept.delete(key);
  }

  set(key: string, value: V): void {
    this.#kept.delete(key);
    if (this.#kept.size >= this.#limit) {
      this.#kept.delete(this.#kept.keys().next().value!);
    }
    this.#kept.set(key, value);
  }
}
