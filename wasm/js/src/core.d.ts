// The core's WebAssembly module: made of its bytes (scripts/core.mjs), or in workers what the host has
// compiled. The types of `#core` are generated: see `paths` of tsconfig.json.
declare module "#core/module" {
  export default function module(): WebAssembly.Module;
}
