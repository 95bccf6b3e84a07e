import { buildSync } from "esbuild";
import { gzipSync, brotliCompressSync } from "node:zlib";
for (const names of ["License", "License, check"]) {
const stdin = { contents: `import { ${names} } from "./dist/index.js"; console.log(${names});`, resolveDir: "." };
const { outputFiles } = buildSync({ stdin, bundle: true, minify: true, format: "esm", target: "es2022", write: false });
const b = outputFiles[0].contents;
console.log(names, b.length, gzipSync(b, {level:9}).length, brotliCompressSync(b).length);
}
