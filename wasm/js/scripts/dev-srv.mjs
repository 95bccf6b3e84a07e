import { buildSync } from "esbuild";
import { gzipSync, brotliCompressSync } from "node:zlib";
const t=(name,contents)=>{
const stdin = { contents, resolveDir: "." };
const { outputFiles } = buildSync({ stdin, bundle: true, minify: true, format: "esm", platform:"node", target: "es2022", write: false, external:["react","@forge/api","@forge/kvs","@openfeature/core"] });
const b = outputFiles[0].contents;
console.log(name, b.length, gzipSync(b, {level:9}).length, brotliCompressSync(b).length);
}
t("all", `export * from "./dist/index.js"`);
t("all+react", `export * from "./dist/index.js"; export * from "./dist/react.js"`);
t("fromFunctionContext", `export {fromFunctionContext} from "./dist/server.js"`);
t("fromFunctionContext+check+map", `export {fromFunctionContext,FeatureMap,License} from "./dist/server.js"; export {check} from "./dist/index.js"`);
t("server check", `export {fromFunctionContext,check} from "./dist/server.js"`);
t("VerifyError", `export {VerifyError} from "./dist/server.js"`);
t("DeniedError", `export {DeniedError} from "./dist/server.js"`);
t("forge getLicense", `export {getLicense,requires} from "./dist/forge.js"`);
t("testing", `export {functionContext} from "./dist/testing.js"`);
t("fetch MemoryStore", `export {MemoryStore} from "./dist/fetch.js"`);
t("express", `export {lifecycle} from "./dist/express.js"`);
