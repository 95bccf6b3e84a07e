// The same vectors in a real Chromium, on a page with the policy that Forge Custom UI has by
// default, and in a cross-origin iframe with a Connect query. CHROMIUM names the program.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { chromium } from "playwright-core";

const root = new URL("../", import.meta.url);
const vectors = new URL("../../../tests/vectors/", import.meta.url);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const CSP = [
  "default-src 'self'",
  "script-src 'self' https://forge.cdn.prod.atlassian-dev.net https://tdp-os.services.atlassian.com/fos-eap/download/ https://tdp-os.services.atlassian.com/fos/app/download/ https://tdp-os.services.atlassian.com/fos/cdn/download/ https://object-store.atlassian.com/os/ecosystem/installation/",
  "connect-src 'self'",
  "frame-src *",
].join("; ");

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
const FRAME = `
import { License } from "/dist/index.js";
const license = License.fromConnectQuery(location.search);
document.title = license.state + " " + license.edition;
parent.postMessage(document.title, "*");`;

function serve() {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const send = (type, body) => {
      response.writeHead(200, { "content-type": type, "content-security-policy": CSP });
      response.end(body);
    };
    if (pathname === "/") send("text/html", PAGE);
    else if (pathname === "/page.mjs") send("text/javascript", SCRIPT);
    else if (pathname === "/frame") send("text/html", `<!doctype html><script type="module" src="/frame.mjs"></script>`);
    else if (pathname === "/frame.mjs") send("text/javascript", FRAME);
    else if (pathname === "/vectors/") send("application/json", JSON.stringify(readdirSync(vectors).filter((n) => n.endsWith(".json"))));
    else if (pathname.startsWith("/vectors/")) send("application/json", readFileSync(new URL(pathname.slice(9), vectors)));
    else if (pathname === "/dist/index.js") send("text/javascript", `globalThis.started = performance.now();${readFileSync(new URL("dist/index.js", root))}`);
    else if (/^\/(dist|test)\/[\w.]+$/.test(pathname)) send("text/javascript", readFileSync(new URL(`.${pathname}`, root)));
    else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

test("Chromium", { skip: existsSync(executablePath) ? false : "no Chromium" }, async (t) => {
  const [server, other] = [await serve(), await serve()];
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  t.after(async () => {
    await browser.close();
    server.close();
    other.close();
  });
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  // waiting in the page would need eval, which the policy forbids
  for (let tries = 0; tries < 200 && !(await page.evaluate("globalThis.done")); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { tallies, wasm, first } = await page.evaluate("({ tallies, wasm, first })");
  assert.deepEqual(problems, []);
  assert.equal(wasm, false, "the policy forbids WebAssembly");
  assert.ok(first.first);
  t.diagnostic(`first answer ${first.ms.toFixed(1)} ms after the script starts`);
  assert.deepEqual(tallies.flatMap((tally) => tally.failures), []);
  assert.ok(tallies.reduce((sum, tally) => sum + tally.passed, 0) > 80);
  t.diagnostic(`${tallies.reduce((sum, tally) => sum + tally.passed, 0)} vectors passed`);

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
