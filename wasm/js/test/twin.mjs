// The rules in TypeScript as one file of JavaScript: what test/equality.mjs holds to the core.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const resolveDir = fileURLToPath(new URL("../src", import.meta.url));
const contents = `
import * as gate from "./gate.js";
export { License } from "./license.js";
export { FeatureMap } from "./feature.js";
export { check } from "./check.js";
export { licenses } from "./registry.js";
export const rules = { decide: gate.decide, includes: gate.includes, age: gate.age };`;

/** The file; with a text of the sources replaced, to see that the difference is found. */
export async function twinSource(from, to) {
  let replaced = from === undefined;
  const mutate = {
    name: "mutate",
    setup(plugin) {
      plugin.onLoad({ filter: /src\/(gate|license|check|feature)\.ts$/ }, ({ path }) => {
        let text = readFileSync(path, "utf8");
        if (from !== undefined && text.includes(from)) {
          text = text.replace(from, () => to);
          replaced = true;
        }
        return { contents: text, loader: "ts" };
      });
    },
  };
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    plugins: [mutate],
  });
  if (!replaced) {
    throw new Error(`the sources no longer have ${from}`);
  }
  return outputFiles[0].text;
}

/** The same, loaded. */
export const loadTwin = async (from, to) => import(`data:text/javascript,${encodeURIComponent(await twinSource(from, to))}`);
