// Bundles the page with each bundler, with the settings it comes with.
import { createRequire } from "node:module";
import { build as esbuild } from "esbuild";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { build as vite } from "vite";

import { BUILD } from "./harness.mjs";

const page = `${BUILD}page/`;

/** Bundles `entry` of the page's folder; answers the folder of the result. */
export const BUNDLERS = {
  async esbuild(entry, out) {
    await esbuild({
      entryPoints: [`${page}${entry}`],
      outfile: `${out}/main.mjs`,
      bundle: true,
      format: "esm",
      minify: true,
      define: { "process.env.NODE_ENV": '"production"' },
      logLevel: "warning",
    });
  },
  async webpack(entry, out) {
    const webpack = createRequire(import.meta.url)("webpack");
    const stats = await new Promise((resolve, reject) =>
      webpack(
        {
          mode: "production",
          target: "web",
          context: page,
          entry: `./${entry}`,
          output: { path: out, filename: "main.mjs" },
          performance: false,
        },
        (error, stats) => (error ? reject(error) : resolve(stats)),
      ),
    );
    if (stats.hasErrors() || stats.hasWarnings()) {
      throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
    }
  },
  async vite(entry, out) {
    await vite({
      root: page,
      configFile: false,
      logLevel: "error",
      build: {
        outDir: out,
        emptyOutDir: true,
        rolldownOptions: { input: `${page}${entry}`, output: { entryFileNames: "main.mjs" }, treeshake: true },
      },
    });
  },
};

/** The page of one bundler, ready to be served. */
export async function bundled(name, entry = "main.mjs") {
  const out = `${BUILD}bundled-${name}-${entry.replace(/\.mjs$/, "")}`;
  mkdirSync(out, { recursive: true });
  await BUNDLERS[name](entry, out);
  cpSync(`${page}index.html`, `${out}/index.html`);
  return out;
}

/** What is left of a program that imports from the package and uses nothing of it. */
export async function leftOver(name) {
  const [out, entry] = [`${BUILD}left-${name}`, `left-${name}.mjs`];
  const entries = ["@app-license/sdk", "@app-license/sdk/react", "@app-license/sdk/openfeature"];
  const imports = entries.map((from, n) => `import * as unused${n} from "${from}";\n`);
  writeFileSync(`${page}${entry}`, `${imports.join("")}console.log("end");\n`);
  mkdirSync(out, { recursive: true });
  await BUNDLERS[name](entry, out);
  return `${out}/main.mjs`;
}
