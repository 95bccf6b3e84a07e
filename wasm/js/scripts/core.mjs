// Makes build/core.js: the core's WebAssembly module, its bytes compressed and inlined. One file,
// nothing to fetch: the Forge bundler and Lambda take it as it is.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));

const EXPORTS = ["memory", "room", "ask", "answer"];

export function makeCore(wasm) {
  mkdirSync(`${root}build`, { recursive: true });
  const [lean, small] = [`${root}build/core.lean.wasm`, `${root}build/core.wasm`];
  const run = (tool, ...options) =>
    execFileSync(process.execPath, [`${root}node_modules/binaryen/bin/${tool}`, ...options]);
  // what rustc's default baseline uses, and Node 20 has
  const features = ["bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int", "multivalue"];
  const enable = [...features, "reference-types"].map((name) => `--enable-${name}`);
  // a dependency links the bindings of all of JavaScript: keep what is reached from here alone
  const graph = `${root}build/core.graph.json`;
  const keep = EXPORTS.map((name) => ({ name, export: name, root: true }));
  writeFileSync(graph, JSON.stringify(keep));
  run("wasm-metadce", ...enable, wasm, "--graph-file", graph, "-o", lean);
  run("wasm-opt", ...enable, "-Oz", lean, "-o", small);
  const bytes = readFileSync(small);
  const wants = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  const bindings = wants.filter(({ module }) => module.startsWith("__wbindgen_"));
  if (wants.length > bindings.length) {
    throw new Error(`the core imports ${JSON.stringify(wants)}`);
  }
  const imports = {};
  for (const { module, name } of bindings) {
    (imports[module] ??= {})[name] = 0;
  }
  const packed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  writeFileSync(
    `${root}build/core.js`,
    `import { brotliDecompressSync } from "node:zlib";
const PACKED = "${packed.toString("base64")}";
let exports;
export function core(again) {
  if (!exports || again) {
    const module = new WebAssembly.Module(brotliDecompressSync(Buffer.from(PACKED, "base64")));
    // the random numbers and promises of a dependency: nothing that is called here needs them
    const unused = () => { throw new Error("not for use"); };
    const imports = ${JSON.stringify(imports)};
    for (const group of Object.values(imports)) {
      for (const name of Object.keys(group)) group[name] = unused;
    }
    exports = new WebAssembly.Instance(module, imports).exports;
  }
  return exports;
}
`,
  );
}
