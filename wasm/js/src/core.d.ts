// The core's WebAssembly modules: for servers: made of its bytes (scripts/core.mjs), or in workers what the host has
// compiled. The types of `#core` are generated: see `paths` of tsconfig.json.
declare module "#core/module" {
  export default function module(): WebAssembly.Module;
}
// for pages
declare module "#page/module" {
  export default function module(): Promise<WebAssembly.Module>;
}
