// Builds dist/: node scripts/build.mjs FOLDER, where wasm-glue wrote the core and what pages have of it
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

import { makeCore, makeForTests, makePage } from "./core.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [glue] = process.argv.slice(2);
if (!glue) {
  throw new Error("which folder? `cargo xtask wasm` builds them and calls this");
}
process.chdir(root);
rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  copyFileSync(`../../${name}`, name);
}
makeCore(glue);
makePage(glue);
makeForTests(glue);
const CORE = {
  "#core/module": `${root}build/core-module.js`,
  "#core": `${root}build/core.js`,
  "#page/module": `${root}build/page-module.js`,
  "#page": `${root}build/page.js`,
};

/**
 * Objects that hold a module's exports are made by a call, which bundlers keep with all that it
 * names, the core too: says that nothing is lost with it.
 */
function droppable(code) {
  const helper = /(var __export = \(target, all\) => \{[\s\S]*?enumerable: (?:true|!0) \}\);\n)(\};)/;
  if (code.includes("__export(") && !helper.test(code)) {
    throw new Error("esbuild writes __export in another way");
  }
  // no line moves: the source map stays true
  return code
    .replace(helper, (_, start, end) => `${start.trimEnd()} return target;\n${end}`)
    .replace(/var (\w+) = \{\};\n__export\(\1, /g, "var $1 =\n/* @__PURE__ */ __export({}, ");
}

/** Classes keep their names in what is minified: in logs a license is a `License`. */
function named(code) {
  const classes = { LicenseOf: "License", LicenseError: "LicenseError", FeatureMap: "FeatureMap" };
  for (const [variable, name] of Object.entries(classes)) {
    const declared = new RegExp(`(var ${variable} = class)(?: _?${variable}\\b)?`);
    if (!declared.test(code)) {
      throw new Error(`esbuild writes ${variable} in another way`);
    }
    code = code.replace(declared, `$1 ${name}`);
  }
  return code;
}

/**
 * One entry in one format; `small` is minified as far as it goes, `flat` loses its indentation alone: its lines
 * and names are those of errors. `worker`: workers make no module of bytes, so theirs is imported.
 */
async function entry(name, format, { small = false, flat = false, worker = false, platform = "neutral", ...more } = {}) {
  const end = format === "esm" ? "js" : "cjs";
  const folder = worker ? "dist/workerd" : "dist";
  // entries share the first one, so that a license is one class
  const shared = {
    name: "shared",
    setup(plugin) {
      plugin.onResolve({ filter: /^\.\.?\/(index|server|fetch)\.js$/ }, ({ path }) => {
        const [, shared] = /(\w+)\.js$/.exec(path);
        return { path: `${worker && shared === "index" ? ".." : "."}/${shared}.${end}`, external: true };
      });
      if (name === "wasm") {
        // so is an error
        plugin.onResolve({ filter: /^\.\/error\.js$/ }, () => ({ path: `./index.${end}`, external: true }));
      }
      if (worker) {
        plugin.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }));
      }
    },
  };
  const result = await build({
    entryPoints: [`src/${name}.ts`],
    outfile: `${folder}/${name}.${end}`,
    bundle: true,
    write: false,
    sourcemap: "external",
    sourcesContent: false, // src/ is in the package
    format,
    platform,
    target: "es2022",
    plugins: [shared],
    alias: CORE,
    logLevel: "warning",
    treeShaking: true,
    ...(worker && WORKER),
    ...more,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  });
  const file = (end) => result.outputFiles.find(({ path }) => path.endsWith(end)).text;
  let [code, map] = [file(end), file(".map")];
  // which file it is from, says the map; no line moves
  code = code.replace(/^\/\/ (src|build)\/\S+$/gm, "");
  code = format === "esm" ? droppable(code) : code;
  if (small) {
    const options = {
      module: format === "esm",
      toplevel: true,
      ecma: 2020,
      compress: {
        passes: 5,
        unsafe: true,
        unsafe_arrows: true,
        unsafe_methods: true,
        pure_getters: true,
        keep_fargs: false,
        reduce_funcs: false,
      },
      mangle: { toplevel: true },
      keep_classnames: true,
      format: { comments: false },
      sourceMap: { content: map },
    };
    ({ code, map } = await minify(named(code), options));
  }
  if (flat) {
    ({ code, map } = await minify(code, {
      module: format === "esm",
      compress: false,
      mangle: false,
      format: { comments: false, preserve_annotations: true, beautify: true, indent_level: 0 },
      sourceMap: { content: map },
    }));
  }
  writeFileSync(`${folder}/${name}.${end}`, `${code.trimEnd()}\n//# sourceMappingURL=${name}.${end}.map\n`);
  writeFileSync(`${folder}/${name}.${end}.map`, map);
}

// In workers the module comes from a file beside the code, and not from the bytes in it.
writeFileSync("build/worker-module.js", 'import core from "./core.wasm";\nexport default () => core;\n');
mkdirSync("dist/workerd");
copyFileSync("build/core.wasm", "dist/workerd/core.wasm");
const WORKER = { alias: { ...CORE, "#core/module": `${root}build/worker-module.js` } };
for (const name of ["server", "fetch", "express", "testing"]) {
  await entry(name, "esm", { platform: "node", worker: true, minifySyntax: true });
}

for (const format of ["esm", "cjs"]) {
  await entry("index", format, { small: true });
  for (const name of ["server", "fetch", "express", "testing"]) {
    await entry(name, format, { platform: "node", minifySyntax: true, flat: name === "server" });
  }
  await entry("forge", format, { platform: "node", external: ["@forge/api", "@forge/kvs"] });
  await entry("testing-browser", format);
  await entry("wasm", format, { minify: true });
  await entry("react", format, { external: ["react"] });
  await entry("openfeature", format, { external: ["@openfeature/core"] });
}

// types: one file an entry and format, for `nodenext` resolution
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."], { stdio: "inherit" });
for (const file of readdirSync("dist", { recursive: true }).filter((name) => name.endsWith(".d.ts"))) {
  const types = readFileSync(`dist/${file}`, "utf8");
  writeFileSync(
    `dist/${file.replace(/\.d\.ts$/, ".d.cts")}`,
    types.replaceAll(/(from "\.[^"]*)\.js"/g, '$1.cjs"'),
  );
}
