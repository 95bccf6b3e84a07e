// The same vectors in a real Chromium: on a page with the policy that Forge Custom UI has by default, on
// one whose policy allows WebAssembly, by the core itself, and in a cross-origin iframe with a Connect
// query. What the two pages answer to all that test/equality.mjs asks is compared. CHROMIUM names the program.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { SECTIONS } from "./equality.mjs";
import { twinSource } from "./twin.mjs";

const root = new URL("../", import.meta.url);
const vectors = new URL("../../../tests/vectors/", import.meta.url);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const csp = (scripts) => [
  "default-src 'self'",
  `script-src 'self'${scripts} https://forge.cdn.prod.atlassian-dev.net https://tdp-os.services.atlassian.com/fos-eap/download/ https://tdp-os.services.atlassian.com/fos/app/download/ https://tdp-os.services.atlassian.com/fos/cdn/download/ https://object-store.atlassian.com/os/ecosystem/installation/`,
  "connect-src 'self'",
  "frame-src *",
].join("; ");

/** What Custom UI has by default, and what Connect iframes and Custom UI with that permission have. */
const CUSTOM_UI = csp("");
const WITH_WASM = csp(" 'wasm-unsafe-eval'");

const PAGE = `<!doctype html><script type="module" src="/page.mjs"></script>`;
const SCRIPT = `

const lib = await import("/dist/index.js");
const first = lib.License.fromForgeContext({ license: { active: true, capabilitySet: "capabilityAdvanced" } }).hasCapability("capabilityAdvanced");
globalThis.first = { first, ms: performance.now() - globalThis.started };
globalThis.lib = lib;
const { run } = await import("/test/vectors.mjs");
globalThis.tallies = [];
for (const name of await (await fetch("/vectors/")).json()) {
  globalThis.tallies.push(run(lib, name, await (await fetch("/vectors/" + name)).json()));
}
try { await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); globalThis.wasm = true; } catch { globalThis.wasm = false; }
globalThis.done = true;`;
/** The vectors by the core's readers, and what it decides on the licenses that they answer. */
const WASM_SCRIPT = `
import * as lib from "/dist/index.js";
import { loadCore } from "/dist/wasm.js";
import { run } from "/test/vectors.mjs";
const start = performance.now();
const core = await loadCore();
const first = core.fromForgeContext({ license: { active: true, capabilitySet: "capabilityAdvanced" } }).hasCapability("capabilityAdvanced");
globalThis.first = { first, ms: performance.now() - start };
const License = Object.assign(Object.create(lib.License), core);
globalThis.tallies = [];
for (const name of await (await fetch("/vectors/")).json()) {
  globalThis.tallies.push(run({ ...lib, License }, name, await (await fetch("/vectors/" + name)).json()));
}
globalThis.done = true;`;
/** A side of the comparison, and its digests. */
const SIDES = {
  "/twin-side.mjs": `
import * as twin from "/build/twin.js";
import { digests, twin as side, SECTIONS } from "/test/equality.mjs";
globalThis.digests = Object.keys(SECTIONS).map((section) => digests(section, side(twin)));`,
  "/core-side.mjs": `
import * as page from "/build/page.js";
import module from "/build/page-module.js";
import { digests, core as side, SECTIONS } from "/test/equality.mjs";
page.initSync({ module: await module() });
globalThis.digests = Object.keys(SECTIONS).map((section) => digests(section, side(page)));`,
};
const FRAME = `
import { License } from "/dist/index.js";
const license = License.fromConnectQuery(location.search);
document.title = license.state + " " + license.edition;
parent.postMessage(document.title, "*");`;

async function serve(policy = CUSTOM_UI) {
  const twin = await twinSource();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const send = (type, body) => {
      response.writeHead(200, { "content-type": type, "content-security-policy": policy });
      response.end(body);
    };
    if (pathname === "/") send("text/html", PAGE);
    else if (pathname === "/wasm") send("text/html", PAGE.replace("/page.mjs", "/wasm.mjs"));
    else if (pathname === "/wasm.mjs") send("text/javascript", WASM_SCRIPT);
    else if (/^\/\w+-side$/.test(pathname)) send("text/html", PAGE.replace("/page.mjs", `${pathname}.mjs`));
    else if (SIDES[pathname]) send("text/javascript", SIDES[pathname]);
    else if (pathname === "/build/twin.js") send("text/javascript", twin);
    else if (pathname === "/page.mjs") send("text/javascript", SCRIPT);
    else if (pathname === "/frame") send("text/html", `<!doctype html><script type="module" src="/frame.mjs"></script>`);
    else if (pathname === "/frame.mjs") send("text/javascript", FRAME);
    else if (pathname === "/vectors/") send("application/json", JSON.stringify(readdirSync(vectors).filter((n) => n.endsWith(".json"))));
    else if (pathname.startsWith("/vectors/")) send("application/json", readFileSync(new URL(pathname.slice(9), vectors)));
    else if (pathname === "/dist/index.js") send("text/javascript", `globalThis.started = performance.now();${readFileSync(new URL("dist/index.js", root))}`);
    else if (/^\/(dist|test|build)\/[\w.-]+$/.test(pathname)) send("text/javascript", readFileSync(new URL(`.${pathname}`, root)));
    else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

test("Chromium", { skip: existsSync(executablePath) ? false : "no Chromium" }, async (t) => {
  const [server, other, withWasm] = [await serve(), await serve(), await serve(WITH_WASM)];
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  t.after(async () => {
    await browser.close();
    server.close();
    other.close();
    withWasm.close();
  });
  const problems = [];
  /** A page, once it has set `ready`. */
  const open = async ({ port }, path, ready) => {
    const page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`http://127.0.0.1:${port}${path}`);
    // waiting in the page would need eval, which the policy forbids
    for (let tries = 0; tries < 1200 && !problems.length && !(await page.evaluate(`globalThis.${ready}`)); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(problems, []);
    return page;
  };
  const page = await open(server.address(), "/", "done");
  const { tallies, wasm, first } = await page.evaluate("({ tallies, wasm, first })");
  assert.equal(wasm, false, "the policy forbids WebAssembly");
  assert.ok(first.first);
  t.diagnostic(`first answer ${first.ms.toFixed(1)} ms after the script starts`);
  assert.deepEqual(tallies.flatMap((tally) => tally.failures), []);
  assert.ok(tallies.reduce((sum, tally) => sum + tally.passed, 0) > 80);
  t.diagnostic(`${tallies.reduce((sum, tally) => sum + tally.passed, 0)} vectors passed`);

  const wasmPage = await open(withWasm.address(), "/wasm", "done");
  const by = await wasmPage.evaluate("({ tallies, first })");
  assert.ok(by.first.first);
  t.diagnostic(`the core's first answer ${by.first.ms.toFixed(1)} ms after its entry is asked for`);
  assert.deepEqual(by.tallies.flatMap((tally) => tally.failures), []);
  assert.deepEqual(by.tallies.map(({ passed }) => passed), tallies.map(({ passed }) => passed));

  const refused = await page.evaluate(
    `import("/dist/wasm.js").then(({ loadCore }) => loadCore()).then(() => null, ({ name, code }) => ({ name, code }))`,
  );
  assert.deepEqual(refused, { name: "LicenseError", code: "misuse" }, "a page that may not run it is told so");

  const sides = await Promise.all([
    open(server.address(), "/twin-side", "digests"),
    open(withWasm.address(), "/core-side", "digests"),
  ]);
  const [typescript, rust] = await Promise.all(sides.map((side) => side.evaluate("globalThis.digests")));
  for (const [n, section] of Object.keys(SECTIONS).entries()) {
    assert.ok(typescript[n].cases > 15_000);
    assert.deepEqual(typescript[n], rust[n], `${section}: the twin and the module answer alike`);
  }
  t.diagnostic(`${typescript.reduce((sum, { cases }) => sum + cases, 0)} cases are answered alike`);

  const said = await page.evaluate(
    (origin) =>
      new Promise((resolve) => {
        addEventListener("message", (event) => resolve(event.data));
        const frame = document.createElement("iframe");
        frame.src = `${origin}/frame?cp=%2Fwiki&lic=active&capSet=capabilityAdvanced&jwt=a.b.c`;
        document.body.append(frame);
      }),
    `http://localhost:${other.address().port}`,
  );
  assert.equal(said, "active advanced");
});
