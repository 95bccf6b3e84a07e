// Makes build/core.js: the core's WebAssembly module, its bytes compressed and inlined. One file,
// nothing to fetch: the Forge bundler and Lambda take it as it is.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));

export function makeCore(wasm) {
  mkdirSync(`${root}build`, { recursive: true });
  const small = `${root}build/core.wasm`;
  // what rustc's default baseline uses, and Node 20 has
  const features = ["bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int", "multivalue"];
  const enable = [...features, "reference-types"].map((name) => `--enable-${name}`);
  const passes = ["--low-memory-unused", "--merge-similar-functions", "-Oz", "-Oz"];
  execFileSync(process.execPath, [`${root}node_modules/binaryen/bin/wasm-opt`, ...enable, wasm, ...passes, "-o", small]);
  const bytes = readFileSync(small);
  const wants = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  if (wants.some(({ module, name }) => `${module}.${name}` !== "host.rs256_verify")) {
    throw new Error(`the core imports ${JSON.stringify(wants)}`);
  }
  const packed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  writeFileSync(`${root}build/core.js`, `export default "${packed.toString("base64")}";\n`);
}
