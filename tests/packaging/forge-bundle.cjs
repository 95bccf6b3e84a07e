// Bundles a Forge app's functions with the platform's own bundler: node forge-bundle.cjs OUT, in
// the app's folder. What its compiler says fails the build, as `forge deploy` does. Its scripts around the bundle come from the platform's network: left out.
const { cpSync, existsSync } = require("node:fs");
const { getEntryPoints, getNodeBundler } = require("@forge/bundler");

const log = () => {};
const logger = { debug: log, error: console.error, info: log, trace: log, warn: console.error };
const nothing = async () => ({ script: "", source: "", version: "none" });
const scripts = { getNodeRuntimeLoader: nothing, getNodeRuntimeWrapper: nothing };
const config = { readConfig: async () => ({ app: {} }) };

async function main([out]) {
  const module = existsSync("src/index.ts") ? "index.ts" : "index.js";
  const { outputDir } = await getNodeBundler(logger, scripts, config).bundle({
    appDirectory: process.cwd(),
    entryPoints: getEntryPoints([{ module }]),
  });
  cpSync(outputDir, out, { recursive: true });
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
