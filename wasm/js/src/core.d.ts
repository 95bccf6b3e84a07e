// The core as WebAssembly, packed: made by scripts/core.mjs.
declare module "#core" {
  const packed: string;
  export default packed;
}
