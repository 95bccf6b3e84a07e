// What the packaging tests share: folders, commands, a browser, the headers of the platform.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

export const HERE = fileURLToPath(new URL(".", import.meta.url));
export const BUILD = `${HERE}build/`;
const require = createRequire(import.meta.url);

export function npm(cwd, ...options) {
  return execFileSync("npm", options, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** Runs Node in a folder of build/; answers what it prints. */
export function node(folder, ...options) {
  const { status, stdout, stderr } = spawnSync(process.execPath, options, {
    cwd: `${BUILD}${folder}`,
    encoding: "utf8",
    timeout: 300_000, // for machines that are busy
    // programs that are tests themselves report as if nobody ran them
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  assert.equal(status, 0, `${options.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** Runs files of tests, which count with those of here; answers how many passed. */
export function testsOf(folder, ...files) {
  const names = files[0].replace(/^.*\/|\.test\.m?js$/g, "");
  const reporters = [["tap", "stdout"], [`${HERE}names.mjs`, `${BUILD}names/${names}.txt`]].flatMap(([reporter, destination]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const lines = node(folder, "--test", ...reporters, ...files);
  assert.match(lines, /^# fail 0$/m);
  return Number(/^# pass (\d+)$/m.exec(lines)[1]);
}

/**
 * Writes down which entries answered in a row of docs/npm/runtimes.md, which is held to it: their names, or
 * what entries.mjs says of each.
 */
export function answered(row, said) {
  const entries = Array.isArray(said) ? said : Object.keys(said);
  if (!Array.isArray(said)) {
    assert.deepEqual(said, Object.fromEntries(entries.map((name) => [name, "ok"])));
  }
  writeFileSync(`${BUILD}answered/${row.replace(/\W+/g, "-")}.json`, JSON.stringify({ row, entries }));
}

/** The path of an installed tool's program. */
export const program = (path) => `${HERE}node_modules/${path}`;

/**
 * The policy that Custom UI serves a page with when the manifest declares no permissions: what the
 * platform's own package makes of the page.
 */
export function customUiPolicy(html) {
  const { CSPInjectionService, CSPProcessingService } = require("@forge/csp");
  const { load } = require("cheerio/slim");
  const existingCSPDetails = new CSPProcessingService({ info() {} }, load).getCspDetails(html, {});
  const policy = new CSPInjectionService()
    .getInjectableCSP({ existingCSPDetails, microsEnv: "prod", hostname: "https://example.atlassian.net" })
    .join("; ");
  assert.match(policy, /script-src 'self' https:/);
  assert.doesNotMatch(policy, /script-src[^;]*unsafe/);
  return policy;
}

const TYPES = { html: "text/html", js: "text/javascript", mjs: "text/javascript", css: "text/css", svg: "image/svg+xml" };

/** Serves a folder on loopback. `headers` are made of the page's text. */
export async function serve(folder, headers = () => ({}), host = "127.0.0.1") {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = `${folder}${pathname.endsWith("/") ? `${pathname}index.html` : pathname}`;
    if (pathname.includes("..") || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const body = readFileSync(file);
    const type = TYPES[file.split(".").at(-1)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, ...(type === TYPES.html ? headers(`${body}`) : {}) });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://${host}:${server.address().port}` };
}

/** A real Chromium; CHROMIUM names the program. */
export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  assert.ok(existsSync(executablePath), `no ${executablePath}: install chromium, or name one in CHROMIUM`);
  return chromium.launch({
    executablePath,
    // no name resolves: a violation's report stays here
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** Opens a page and collects what it complains of. */
export async function open(browser, url, { script, ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  if (script) {
    await page.addInitScript(script);
  }
  await page.goto(url);
  return { page, problems, close: () => context.close() };
}

/** Waits until a selector shows; by polling, for the policy forbids eval in the page. */
export async function shown(page, selector) {
  await page.locator(selector).first().waitFor({ state: "attached", timeout: 20_000 });
  return page.locator(selector).first().textContent();
}

/** Bundles the worker as its bundlers do: the core's module stays a file of its own. */
export async function worker(outfile) {
  const folder = `${BUILD}workerd/`;
  const modules = {
    name: "modules",
    setup(plugin) {
      plugin.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }));
    },
  };
  await build({
    entryPoints: [`${folder}worker.mjs`],
    outfile,
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker"],
    external: ["node:*"],
    alias: {
      "@app-license/sdk/forge": `${folder}no-forge.mjs`, // Forge functions run on the platform's own Node
      ...Object.fromEntries(["async_hooks", "crypto", "stream", "util"].map((name) => [name, `node:${name}`])),
    },
    plugins: [modules],
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
}

/**
 * Puts packages of the registry where a folder of build/ finds them, without what they depend on, which
 * is hundreds of packages: those of `unpacked.json`, byte for byte.
 */
export function unpack(folder) {
  const packages = JSON.parse(readFileSync(`${HERE}unpacked.json`, "utf8"));
  const tarballs = `${BUILD}${folder}/tarballs`;
  mkdirSync(tarballs, { recursive: true });
  for (const { name, integrity, filename } of JSON.parse(npm(tarballs, "pack", "--json", "--prefer-offline", ...Object.keys(packages)))) {
    const [spec] = Object.keys(packages).filter((spec) => spec.startsWith(`${name}@`));
    assert.equal(integrity, packages[spec], spec);
    const to = `${BUILD}${folder}/node_modules/${name}`;
    mkdirSync(to, { recursive: true });
    execFileSync("tar", ["xzf", filename, "--strip-components=1", "-C", to], { cwd: tarballs });
  }
}
