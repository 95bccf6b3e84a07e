// The vendor's page: the whole circle, bought, runs, report, drift, as it changes; at both widths,
// light and dark. PROGRAMS names the folder of the built programs (or LAB the program), CHROMIUM the
// browser, PICTURES a folder for screenshots.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { firstPort } from "./ports.mjs";

const { PROGRAMS, LAB, PICTURES, CHROMIUM = "/usr/bin/chromium" } = process.env;
const program = LAB ?? join(PROGRAMS ?? "", "app-license");
const data = mkdtempSync(join(tmpdir(), "app-license-vendor-"));
const port = firstPort();
const address = `http://127.0.0.1:${port}/`;
let browser;
let lab;

before(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
  lab = spawn(program, ["lab", "--port", `${port}`, "--data", data]);
  let out = "";
  await new Promise((resolve, reject) => {
    for (const stream of [lab.stdout, lab.stderr]) {
      stream.on("data", (text) => {
        out += text;
        if (out.includes("Ctrl-C stops it")) {
          resolve();
        }
      });
    }
    lab.on("exit", (code) => reject(new Error(`it ended with ${code}: ${out}`)));
  });
});

after(async () => {
  await browser?.close();
  lab?.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
});

async function picture(page, name) {
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }
}

const step = (page, name) => page.locator(`[data-step="${name}"]`).click();
const verdict = (page, text) => page.locator("#verdict", { hasText: text }).waitFor();

test("bought, runs, report, drift: the circle", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("pageerror", (error) => assert.fail(error.message));
  await page.goto(address);
  await page.getByRole("link", { name: "Vendor" }).click();
  await verdict(page, "No drift");
  await step(page, "buy");
  await page.locator("#step", { hasText: "the report and the store agree" }).waitFor();
  await verdict(page, "No drift");
  await step(page, "lose");
  await verdict(page, "1 case of drift");
  const row = page.locator("tr.drift");
  const told = await row.innerText();
  for (const said of ["Advanced", "Standard", "runs less than was bought", "event lost"]) {
    assert.ok(told.includes(said), `${said}: ${told}`);
  }
  await picture(page, "vendor-1280-light");
  await step(page, "repair");
  await verdict(page, "No drift");
  await step(page, "unseen");
  await verdict(page, "1 case of drift");
  assert.match(await row.innerText(), /bought, not installed/);
  await page.close();
});

test("news of another page are shown without a reload", async () => {
  const page = await browser.newPage();
  await page.goto(`${address}vendor`);
  await verdict(page, "1 case of drift");
  const post = async (path, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${address}api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, path);
  };
  await post("sites", { site: "quiet" });
  await post("move", { site: "quiet", move: { buy: { edition: "advanced" } } });
  await verdict(page, "2 cases of drift");
  await post("move", { site: "quiet", move: "install" });
  await verdict(page, "1 case of drift");
  await page.close();
});

test("the command line finds the same in the report that the page offers", async () => {
  const report = join(data, "licenses.json");
  writeFileSync(report, await (await fetch(`${address}api/vendor/report`)).text());
  const state = await (await fetch(`${address}api/state`)).json();
  const view = await (await fetch(`${address}api/vendor`)).json();
  const shown = view.customers.flatMap(({ drift }) => (drift ? [drift.id] : []));
  const args = ["report", "reconcile", "--report", report, "--now", state.now, "--format", "json"];
  const store = ["--installations", `sqlite:${join(data, "installations.db")}`];
  const found = await new Promise((resolve) =>
    execFile(program, [...args, ...store], (error, out, err) => resolve({ code: error?.code ?? 0, out, err })),
  );
  assert.equal(found.code, 2, found.err);
  assert.deepEqual(JSON.parse(found.out).drift.map(({ id }) => id), shown);
});

for (const scheme of ["light", "dark"]) {
  test(`a narrow window, ${scheme}`, async () => {
    for (const width of [390, 1280]) {
      const viewport = { width, height: 850 };
      const page = await browser.newPage({ viewport, colorScheme: scheme });
      await page.goto(`${address}vendor`);
      await verdict(page, "1 case of drift");
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} px too wide at ${width}`);
      await picture(page, `vendor-${width}-${scheme}`);
      await page.close();
    }
  });
}
