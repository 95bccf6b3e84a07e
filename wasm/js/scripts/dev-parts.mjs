import { buildSync } from "esbuild";
import { gzipSync } from "node:zlib";
const stdin = { contents: `import { License } from "./dist/index.js"; console.log(License);`, resolveDir: "." };
const { outputFiles } = buildSync({ stdin, bundle: true, minify: true, format: "esm", target: "es2022", write: false });
const text = outputFiles[0].text; const size=(t)=>gzipSync(t,{level:9}).length;
console.log(text); const all=size(text);
// cost of each statement-ish chunk
const parts=text.split(/(?<=[;}])(?=var |function |class |static |hasCap|toJSON|constructor|[a-zA-Z]+=)/);
for(const p of parts){ if(p.length>60) console.log(String(all-size(text.replace(p,""))).padStart(5), p.length, p.slice(0,90)); }
const strs=[...text.matchAll(/"[^"]{12,}"|`[^`]{12,}`/g)].map(m=>m[0]);
for(const p of strs) console.log(String(all-size(text.replace(p,'""'))).padStart(5), p);
