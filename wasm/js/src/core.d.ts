// The core as WebAssembly, its bytes inlined: made by scripts/core.mjs.
declare module "#core" {
  /** Made at the first call; `again` makes it anew. */
  export function core(again?: boolean): {
    memory: { buffer: ArrayBuffer };
    room(length: number): number;
    ask(): number;
    answer(): number;
  };
}
