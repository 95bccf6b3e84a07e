// Prints the size of every entry, raw and after gzip -9, and refuses what is over its budget.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { buildSync } from "esbuild";

const budget = JSON.parse(readFileSync("../budget.json", "utf8"));
let over = 0;
function show(name, bytes) {
  const packed = execFileSync("gzip", ["-9n"], { input: bytes, maxBuffer: 1 << 26 }).length;
  const limit = budget[name];
  const verdict = limit === undefined ? "" : packed <= limit ? `  within ${limit}` : `  OVER ${limit}`;
  over += limit !== undefined && packed > limit ? 1 : 0;
  const brotli = brotliCompressSync(bytes).length;
  console.log(`${name.padEnd(24)} ${`${bytes.length}`.padStart(7)} bytes ${`${packed}`.padStart(7)} gzip ${`${brotli}`.padStart(7)} brotli${verdict}`);
}

for (const name of readdirSync("dist").filter((file) => /\.(js|cjs)$/.test(file)).sort()) {
  show(`dist/${name}`, readFileSync(`dist/${name}`));
}
// what a bundler leaves of the entry where an app imports one thing
const imported = { "License alone": "License", "License and check": "License, check", "LicenseError alone": "LicenseError" };
for (const [name, names] of Object.entries(imported)) {
  const stdin = { contents: `import { ${names} } from "./dist/index.js"; console.log(${names});`, resolveDir: "." };
  const { outputFiles } = buildSync({ stdin, bundle: true, minify: true, format: "esm", target: "es2022", write: false });
  show(name, outputFiles[0].contents);
}
process.exitCode = over ? 1 : 0;
