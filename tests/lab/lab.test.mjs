// A stranger's first minute: the README's first command, the page, install, flip to Advanced, and
// the feature appears in both panels. Then the keyboard, both widths, light and dark, a thousand
// sites, and a second start. CHROMIUM names the browser, PICTURES a folder for screenshots, LAB a
// built program to start in place of the README's command.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { firstPort } from "./ports.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pictures = process.env.PICTURES;
const data = mkdtempSync(join(tmpdir(), "app-license-lab-"));
const port = firstPort();
const address = `http://127.0.0.1:${port}/`;
let browser;
let lab;

/** The first command of the README. */
function command() {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, first] = /```sh\n(.*)\n/.exec(readme) ?? [];
  assert.match(first ?? "", /^cargo run --bin app-license -- lab$/);
  return first.split(" ");
}

function program() {
  const [name, ...args] = command();
  const own = process.env.LAB;
  return own ? [own, ["lab"]] : [name, args];
}

/** Starts the lab and waits until it says where it is. */
async function start() {
  const [name, args] = program();
  const child = spawn(name, [...args, "--port", `${port}`, "--data", data], { cwd: root });
  let out = "";
  let err = "";
  child.stderr.on("data", (text) => (err += text));
  await new Promise((resolve, reject) => {
    child.stdout.on("data", (text) => {
      out += text;
      if (out.includes("Ctrl-C stops it")) {
        resolve();
      }
    });
    child.on("exit", (code) => reject(new Error(`it ended with ${code}: ${out}${err}`)));
  });
  assert.ok(out.includes(address), out);
  return child;
}

/** Ctrl-C, to the program itself where cargo runs it. */
async function stop(child) {
  const ended = new Promise((resolve) => child.on("exit", resolve));
  child.removeAllListeners("exit");
  const done = new Promise((resolve) => child.on("exit", resolve));
  for (const pid of children(child.pid)) {
    process.kill(pid, "SIGINT");
  }
  const code = await Promise.race([ended, done]);
  assert.equal(code, 0);
}

function children(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  const found = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  return found ? found.split(" ").map(Number) : [pid];
}

before(async () => {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  browser = await chromium.launch({ executablePath, args });
  lab = await start();
});

after(async () => {
  await browser?.close();
  lab?.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
});

async function open(options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.on("pageerror", (error) => assert.fail(error.message));
  await page.goto(address);
  await page.locator("[data-site=acme]").waitFor();
  return page;
}

const feature = (page, frame, name) =>
  page.frameLocator(frame).locator(`[data-feature="${name}"]`);

async function says(page, frame, name, decision) {
  await feature(page, frame, name).and(page.frameLocator(frame).locator(`[data-decision="${decision}"]`)).waitFor();
}

async function picture(page, name) {
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  }
}

const click = (page, name) => page.getByRole("button", { name, exact: true }).click();

test("install, flip to Advanced, and the feature appears in both panels", async () => {
  const page = await open();
  await page.evaluate(() => (globalThis.same = true));
  await click(page, "Install");
  await click(page, "Buy Standard");
  for (const frame of ["#connect", "#forge"]) {
    await says(page, frame, "export", "granted");
    await says(page, frame, "bulk-export", "denied");
  }
  await picture(page, "standard");
  await click(page, "Change to Advanced");
  for (const frame of ["#connect", "#forge"]) {
    await says(page, frame, "bulk-export", "granted");
  }
  assert.equal(await page.evaluate(() => globalThis.same), true, "the console was not reloaded");
  await page.locator("#journal [data-entry]:not(:disabled)").first().click();
  await page.locator("#entry").getByText("accepted").waitFor();
  await picture(page, "advanced");
  await page.close();
});

test("the clock ends the subscription, and the plot shows it", async () => {
  const page = await open();
  await click(page, "Cancel");
  await click(page, "+30 days");
  await click(page, "+1 day");
  for (const frame of ["#connect", "#forge"]) {
    await says(page, frame, "bulk-export", "denied");
  }
  const plot = page.locator("#plot svg");
  assert.match(await plot.getAttribute("aria-label"), /advanced.* none$/);
  await click(page, "Trial of Advanced");
  await says(page, "#forge", "bulk-export", "granted");
  await click(page, "+30 days");
  await says(page, "#forge", "bulk-export", "denied");
  await feature(page, "#forge", "bulk-export").getByText("trial_ended").waitFor();
  await click(page, "Buy Advanced");
  await says(page, "#connect", "bulk-export", "granted");
  await page.close();
});

test("a fault of the License API is seen by the app, and healed", async () => {
  const page = await open();
  const asked = page.frameLocator("#connect").locator(".asked");
  await asked.getByText("says active").waitFor();
  await page.getByText("Faults").click();
  await page.getByLabel("License APIs").selectOption("server_error");
  await asked.getByText("could not be asked").waitFor();
  await page.getByLabel("License APIs").selectOption("none");
  await asked.getByText("says active").waitFor();
  await page.close();
});

test("everything by keyboard", async () => {
  const page = await open();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.getByLabel("New site").focus();
  await page.keyboard.type("keyboard-only");
  await page.keyboard.press("Enter");
  await page.locator("#site h3", { hasText: "keyboard-only" }).waitFor();
  await page.locator("[data-site=acme]").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator('[data-site="keyboard-only"][aria-pressed=true]').waitFor();
  // on through the page to the first move that can be made
  for (let at = 0; at < 40; at++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.dataset?.move === "install")) {
      break;
    }
  }
  await page.keyboard.press("Space");
  await page.locator("#site [data-move=install]:disabled").waitFor();
  const outline = await page.evaluate(() => {
    document.querySelector("#find").focus();
    return getComputedStyle(document.activeElement).outlineStyle;
  });
  assert.equal(outline, "solid");
  await page.close();
});

/** WCAG contrast of the text of every element that has some. */
const contrasts = () => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (value) => {
      const v = value / 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) {
        return color;
      }
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some((it) => it.nodeType === 3 && it.data.trim());
    if (!text || element.matches(":disabled, option, .skip") || !element.checkVisibility()) {
      continue;
    }
    const [a, b] = [channels(getComputedStyle(element).color), ground(element)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) {
      poor.push(`${element.localName} "${element.textContent.slice(0, 30)}": ${ratio.toFixed(2)}`);
    }
  }
  return poor;
};

for (const [width, height] of [
  [1280, 900],
  [390, 844],
]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`readable at ${width} pixels, ${colorScheme}`, async () => {
      const page = await open({ viewport: { width, height }, colorScheme });
      await page.locator("#journal [data-entry]:not(:disabled)").first().click();
      await page.locator("#entry h3").waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} pixels wide`);
      assert.deepEqual(await page.evaluate(contrasts), []);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button, select, input:not([type=checkbox])")]
          .filter((it) => it.checkVisibility() && it.getBoundingClientRect().height < 24)
          .map((it) => it.outerHTML.slice(0, 60)),
      );
      assert.deepEqual(small, [], "large enough to hit");
      await page.evaluate(() => window.scrollTo(0, 0));
      await picture(page, `${width}-${colorScheme}`);
      await page.close();
    });
  }
}

const post = (path, body, headers = {}) =>
  fetch(`${address}api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

test("a thousand sites stay within one page of rows", async () => {
  const made = await post("sites", { site: "many", count: 1000 });
  assert.equal(made.status, 200);
  const page = await open();
  await page.getByText("1 to 100 of 1002 sites").waitFor();
  assert.equal(await page.locator("#rows tr").count(), 100);
  await page.getByLabel("Find").fill("many-0777");
  await page.locator('[data-site="many-0777"]').click();
  await page.locator("#site h3", { hasText: "many-0777" }).waitFor();
  await click(page, "Install");
  await page.locator("#site [data-move=install]:disabled").waitFor();
  await page.close();
});

test("another origin is refused", async () => {
  const own = await fetch(`${address}api/state`);
  assert.equal(own.status, 200);
  const foreign = { origin: "http://evil.example" };
  assert.equal((await post("clock", { advance_days: 1 }, foreign)).status, 403);
  const page = await browser.newPage();
  await page.goto("about:blank");
  const blocked = await page.evaluate(
    (url) => fetch(url, { method: "POST", body: "{}" }).then(() => false, () => true),
    `${address}api/clock`,
  );
  assert.ok(blocked);
  await page.close();
});

test("Ctrl-C leaves everything, and a second start continues", async () => {
  await stop(lab);
  lab = await start();
  const page = await open();
  await page.getByLabel("Find").fill("acme");
  await page.locator("[data-site=acme]").click();
  await says(page, "#connect", "bulk-export", "granted");
  await page.locator("#plot svg").waitFor();
  await page.close();
});
