// The lab with a vendor's own Forge app, and what its tests share. LAB is the built program, CHROMIUM the browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { firstPort } from "./ports.mjs";

export const program = process.env.LAB;
assert.ok(program, "LAB is the built program");
export const root = fileURLToPath(new URL("../../", import.meta.url));
export const example = join(root, "examples/forge-custom-ui");
export const functions = join(root, "examples/forge-function");
export const data = mkdtempSync(join(tmpdir(), "app-license-forge-"));
const its = createRequire(join(example, "package.json"));
export const load = (name) => import(pathToFileURL(its.resolve(name)));
let next = firstPort();
export let browser;
export const running = [];

before(async () => {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  browser = await chromium.launch({ executablePath, args });
});

after(async () => {
  await browser?.close();
  running.forEach((child) => child.kill("SIGKILL"));
  rmSync(data, { recursive: true, force: true });
});

/** Ten ports in a row that nobody listens at. */
export async function ports() {
  for (;;) {
    const first = (next += 10);
    const listening = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        new Promise((resolve) => {
          const server = createNetServer().once("error", () => resolve(true));
          server.listen(first + at, "127.0.0.1", () => server.close(() => resolve(false)));
        }),
      ),
    );
    if (!listening.includes(true)) {
      return first;
    }
  }
}

/** Starts the lab, and answers how to ask its API. */
export async function start(...args) {
  const port = await ports();
  const own = ["--port", `${port}`, "--data", join(data, `lab-${port}`), "--store", "memory"];
  const child = spawn(program, ["lab", ...own, ...args], { cwd: data });
  running.push(child);
  let out = "";
  await new Promise((resolve, reject) => {
    child.stderr.on("data", (text) => (out += text));
    child.stdout.on("data", (text) => {
      out += text;
      if (out.includes("Ctrl-C stops it")) {
        resolve();
      }
    });
    child.on("exit", (code) => reject(new Error(`the lab ended with ${code}: ${out}`)));
  });
  const address = `http://127.0.0.1:${port}/`;
  const call = async (path, body) => {
    const init = body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const answer = await fetch(`${address}api/${path}`, init);
    return { status: answer.status, ...(await answer.json()) };
  };
  const move = async (what) => assert.equal((await call("move", { site: "acme", move: what })).status, 200);
  return { child, address, out: () => out, call, move, pages: `http://127.0.0.1:${port + 8}` };
}

export async function open(lab) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.on("pageerror", (error) => assert.fail(error.message));
  await page.goto(lab.address);
  await page.locator("[data-site=acme]").waitFor();
  return page;
}

export const click = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** Asks again until it is true, for a minute; what throws meanwhile, as a document that goes away does, is not true. */
export async function until(what, asked) {
  let last;
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    try {
      if (await asked()) {
        return;
      }
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${what}: not within a minute${last ? ` (${last.message})` : ""}`);
}

/** Does what loads the app's page anew, and waits for the new one: the old one says "ready" until it is gone. */
export async function loaded(page, act) {
  const body = page.frameLocator("#forge").locator("body");
  await body.evaluate(() => {
    globalThis.old = true;
  });
  await act();
  await until("a new page is ready", () =>
    body.evaluate(() => !globalThis.old && document.getElementById("ready")?.textContent === "ready"),
  );
  return body;
}

/** The page of tests/lab/forge-bridge, with the real bridge in it. */
export async function bridgeApp() {
  const { rolldown } = await load("rolldown");
  const folder = join(data, "bridge-app");
  mkdirSync(join(folder, "build"), { recursive: true });
  mkdirSync(join(folder, "functions"), { recursive: true });
  for (const name of ["manifest.yml", "page.mjs"]) {
    cpSync(join(root, "tests/lab/forge-bridge", name), join(folder, name));
  }
  cpSync(join(root, "tests/lab/forge-bridge/function.cjs"), join(folder, "functions/function.cjs"));
  cpSync(join(root, "tests/lab/forge-bridge/index.html"), join(folder, "build/index.html"));
  symlinkSync(join(example, "node_modules"), join(folder, "node_modules"));
  const bundle = await rolldown({ input: join(folder, "page.mjs"), logLevel: "silent" });
  await bundle.write({ file: join(folder, "build/page.js"), format: "esm", codeSplitting: false });
  const input = join(root, "tests/lab/forge-bridge/store.mjs");
  const store = await rolldown({ input, platform: "node", logLevel: "silent" });
  await store.write({ file: join(folder, "functions/store.cjs"), format: "cjs", codeSplitting: false });
  return folder;
}

let app;
export const started = () =>
  (app ??= bridgeApp().then(async (folder) => {
    const manifest = ["--manifest", join(folder, "manifest.yml")];
    const lab = await start(...manifest, "--functions", join(folder, "functions"));
    return { folder, lab };
  }));
