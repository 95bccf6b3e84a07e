// What a bundler leaves of the package where an app imports from it, in bytes.
import { gzipSync, brotliCompressSync, constants } from "node:zlib";
import { buildSync } from "esbuild";

/** What an app imports, by the name that wasm/budget.json and docs/npm/sizes.md have for it. */
export const IMPORTS = {
  "License alone": { "": "License" },
  "License and check": { "": "License, check" },
  "LicenseError alone": { "": "LicenseError" },
  "everything of the first entry": { "": "*" },
  "everything browser-side": { "": "*", "/react": "*" },
  "the core for pages": { "/wasm": "loadCore" },
  "server without verification": { "": "check", "/server": "FeatureMap, License, fromFunctionContext" },
  "VerifyError alone": { "/server": "VerifyError" },
  "everything of the server": { "/server": "*" },
  "getLicense and requires": { "/forge": "getLicense, requires" },
};

const EXTERNAL = ["react", "@forge/*", "@openfeature/*", "node:*"];

/** Bytes of one import: minified, and what of it travels. */
export function measure(name, resolveDir) {
  const contents = Object.entries(IMPORTS[name])
    .map(([entry, names]) => `export ${names === "*" ? "*" : `{ ${names} }`} from "@app-license/sdk${entry}";`)
    .join("\n");
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir },
    external: EXTERNAL,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return packed(outputFiles[0].contents);
}

/** Bytes as they are, after `gzip -9`, after brotli. */
export const packed = (bytes) => ({
  minified: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length,
});

const kilobytes = (bytes) => (bytes / 1024).toFixed(1);

/** The table of docs/npm/sizes.md. */
export const table = (resolveDir) =>
  [
    "| imported | minified | gzip | brotli |",
    "|---|--:|--:|--:|",
    ...Object.keys(IMPORTS).map((name) => {
      const { minified, gzip, brotli } = measure(name, resolveDir);
      return `| ${name} | ${kilobytes(minified)} | ${kilobytes(gzip)} | ${kilobytes(brotli)} |`;
    }),
  ].join("\n");
