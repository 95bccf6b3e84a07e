// The gate, as JavaScript: made from Rust by scripts/gate.mjs.
declare module "#gate" {
  export const buffer: ArrayBuffer;
  export function input(): number;
  export function judge(fields: number, setLength: number, placeLength: number): number;
  export function query(length: number): number;
  export function query_set(length: number): number;
  export function decide(
    license: number,
    hasLength: number,
    needsLength: number,
    policy: number,
    maxAge: number,
    age: number,
  ): number;
}
