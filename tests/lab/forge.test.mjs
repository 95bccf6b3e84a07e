// A Forge app of a vendor's own in the lab: examples/forge-custom-ui and examples/forge-function as
// they are, driven through the customer's story in the console; then every call of the real
// `@forge/bridge`, the triggers, and who may read what. LAB is the built program, CHROMIUM the browser.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const program = process.env.LAB;
assert.ok(program, "LAB is the built program");
const root = fileURLToPath(new URL("../../", import.meta.url));
const example = join(root, "examples/forge-custom-ui");
const functions = join(root, "examples/forge-function");
const data = mkdtempSync(join(tmpdir(), "app-license-forge-"));
const its = createRequire(join(example, "package.json"));
const load = (name) => import(pathToFileURL(its.resolve(name)));
let next = 12_000 + (process.pid % 700) * 12;
let browser;
const running = [];

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
async function ports() {
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
async function start(...args) {
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

async function open(lab) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.on("pageerror", (error) => assert.fail(error.message));
  await page.goto(lab.address);
  await page.locator("[data-site=acme]").waitFor();
  return page;
}

const click = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** The story of one customer, and what a page and a function say to it. */
const STORY = [
  { clicks: ["Install", "Buy Standard"], badge: "Standard", bulk: "Part of Advanced", list: true, exported: 1000, everything: "capability_missing" },
  { clicks: ["Trial of Advanced"], badge: "Advanced trial", bulk: null, list: true, exported: 5000, everything: null },
  { clicks: ["+30 days", "+1 day"], badge: "Standard", bulk: "Part of Advanced", list: true, exported: 1000, everything: "capability_missing" },
  { clicks: ["Expire now"], badge: "Ended", bulk: "The subscription has ended", list: false, exported: null, everything: "inactive" },
  { clicks: ["Buy Advanced"], access: "denied", badge: "Advanced", bulk: "could not be read", list: false, exported: null, everything: "no_user_access" },
  { clicks: [], access: "granted", badge: "Advanced", bulk: null, list: true, exported: 5000, everything: null },
];

async function perform(page, { clicks, access }) {
  for (const name of clicks) {
    await click(page, name);
  }
  if (access) {
    await page.locator("#access").selectOption(access);
  }
}

async function shows(page, { badge, bulk, list }) {
  const frame = page.frameLocator("#forge");
  await frame.locator(".badge").getByText(badge, { exact: true }).waitFor();
  const card = (title) => frame.locator(".card", { hasText: title });
  await card("Bulk export").getByRole("button", { name: "Set up" }).waitFor({ state: bulk ? "hidden" : "visible" });
  if (bulk) {
    await card("Bulk export").getByText(bulk).waitFor();
  }
  await card("Export a list").getByRole("button", { name: "Export" }).waitFor({ state: list ? "visible" : "hidden" });
}

test("examples/forge-custom-ui, built, through the story of a customer", async () => {
  const { build } = await load("vite");
  const outDir = join(data, "custom-ui");
  await build({ root: example, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const lab = await start("--custom-ui", outDir, "--manifest", join(example, "manifest.yml"));
  assert.match(lab.out(), /your pages: .*the platform's default policy/);
  const page = await open(lab);
  for (const step of STORY) {
    await perform(page, step);
    await shows(page, step);
  }
  // the platform has no such page as its own origin: scripts of others and inline ones stay out
  const { headers } = await fetch(`${lab.pages}/0/`);
  assert.match(headers.get("content-security-policy"), /script-src 'self';/);
  await page.close();
});

test("examples/forge-custom-ui behind Vite's development server", async () => {
  const { createServer } = await load("vite");
  const server = await createServer({
    root: example,
    logLevel: "error",
    cacheDir: join(data, "vite"),
    server: { port: await ports(), host: "127.0.0.1", strictPort: true },
  });
  await server.listen();
  try {
    const { port } = server.httpServer.address();
    const url = `http://127.0.0.1:${port}/`;
    const lab = await start("--custom-ui", url, "--manifest", join(example, "manifest.yml"));
    assert.match(lab.out(), /relaxed for a development server/);
    const page = await open(lab);
    await page.locator("#policy").getByText("relaxed for a development server").waitFor();
    for (const step of STORY) {
      await perform(page, step);
      await shows(page, step);
    }
    await page.close();
  } finally {
    await server.close();
  }
});

test("examples/forge-function, bundled, through the same story", async () => {
  const { rolldown } = await load("rolldown");
  const bundle = await rolldown({ input: join(functions, "src/index.js"), platform: "node", logLevel: "silent" });
  const file = join(data, "function/index.cjs");
  await bundle.write({ file, format: "cjs" });
  const manifest = ["--manifest", join(functions, "manifest.yml")];
  const lab = await start(...manifest, "--functions", join(data, "function"));
  const page = await open(lab);
  const frame = page.frameLocator("#forge").locator("body");
  const invoke = (payload) =>
    frame.evaluate((_, given) => globalThis.__bridge.callBridge("invoke", { functionKey: "export", payload: given }), payload);
  for (const step of STORY) {
    await perform(page, step);
    // the page is loaded again at every change; the function is asked until it has seen it
    const expected = [
      step.exported === null ? { refused: step.everything } : { exported: step.exported },
      step.everything === null ? { exported: 5000 } : { refused: step.everything },
    ];
    for (let tries = 0; ; tries++) {
      const found = await Promise.all([invoke({ rows: 5000 }), invoke({ rows: 5000, everything: true })]).catch((error) => error);
      if (JSON.stringify(found) === JSON.stringify(expected)) {
        break;
      }
      assert.ok(tries < 50, `${step.clicks}: ${JSON.stringify(found)} ${found.message ?? ""}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  // beside the journal: what the function was given, and what that grants
  await page.locator("#journal [data-entry]", { hasText: "resolver/export" }).first().click();
  await page.locator("#entry").getByText("accepted").waitFor();
  await page.close();
});

/** The page of tests/lab/forge-bridge, with the real bridge in it. */
async function bridgeApp() {
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
const started = () =>
  (app ??= bridgeApp().then(async (folder) => {
    const manifest = ["--manifest", join(folder, "manifest.yml")];
    const lab = await start(...manifest, "--functions", join(folder, "functions"));
    return { folder, lab };
  }));

test("every call of the real bridge is answered, or said to be not here", async () => {
  const { lab } = await started();
  const page = await open(lab);
  await click(page, "Install");
  await click(page, "Buy Advanced");
  const frame = page.frameLocator("#forge");
  const ready = async () => {
    await frame.getByText("ready", { exact: true }).waitFor();
    return frame.locator("body");
  };
  // the page is loaded again at every change of the license
  await page.getByLabel("and at every change").uncheck();
  await page.getByRole("tab", { name: "Panel" }).click();
  let body = await ready();

  const context = await body.evaluate(() => globalThis.bridge.view.getContext());
  assert.equal(context.moduleKey, "panel");
  assert.equal(context.license.active, true);
  assert.equal(context.extension.issue.key, "LAB-1");

  const invoked = await body.evaluate(() => globalThis.bridge.invoke("echo", { rows: 3 }));
  assert.deepEqual(invoked.payload, { rows: 3 });
  assert.equal(invoked.extension.type, "jira:issuePanel");
  const failed = await body.evaluate(() => globalThis.bridge.invoke("fail").catch((error) => error.message));
  assert.equal(failed, "the function says no");

  const remote = await body.evaluate(() => globalThis.bridge.invokeRemote({ path: "/forge/decisions", method: "POST" }));
  assert.deepEqual([remote.status, remote.body.state], [200, "active"]);
  const fetched = await body.evaluate(async () => {
    const answer = await globalThis.bridge.requestRemote("backend", { path: "/forge/decisions", method: "POST" });
    return [answer.status, (await answer.json()).state];
  });
  assert.deepEqual(fetched, [200, "active"]);
  const ask = (product, path, init) =>
    body.evaluate(
      async (_, [name, target, options]) => {
        const answer = await globalThis.bridge[name](target, options);
        return [answer.status, await answer.json()];
      },
      [product, path, init],
    );
  const [there, me] = await ask("requestJira", "/rest/api/3/myself");
  assert.deepEqual([there, me.accountId], [200, context.accountId]);
  assert.equal((await ask("requestJira", "/rest/api/3/serverInfo"))[1].baseUrl, context.siteUrl);
  assert.equal((await ask("requestJira", "/rest/api/3/issue/LAB-1?fields=summary"))[1].id, "10001");
  assert.equal((await ask("requestJira", "/rest/api/3/issue/LAB-2"))[0], 404);
  const jql = { method: "POST", body: JSON.stringify({ jql: "project = LAB" }) };
  assert.deepEqual((await ask("requestJira", "/rest/api/3/search/jql", jql))[1].issues, []);
  const put = await ask("requestJira", "/rest/api/3/issue/LAB-1", { method: "PUT", body: "{}" });
  assert.equal(put[0], 501);
  assert.match(put[1].message, /jira: PUT .*LAB-1 is not here/);
  assert.equal((await ask("requestConfluence", "/wiki/rest/api/user/current"))[1].accountId, context.accountId);
  const [status] = await ask("requestConfluence", "/wiki/api/v2/pages");
  assert.equal(status, 501);

  const events = await body.evaluate(async () => {
    const heard = [];
    const { unsubscribe } = await globalThis.bridge.events.on("saved", (payload) => heard.push(payload));
    await globalThis.bridge.events.emit("saved", { rows: 1 });
    for (let tries = 0; heard.length === 0 && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    unsubscribe();
    return heard;
  });
  assert.deepEqual(events, [{ rows: 1 }]);

  await body.evaluate(() => {
    globalThis.pressed = 0;
    const actions = [{ text: "Undo", onClick: () => globalThis.pressed++ }];
    globalThis.bridge.showFlag({ id: "done", title: "Exported", type: "success", actions });
  });
  await page.locator("#flags").getByText("Exported").waitFor();
  await page.locator("#flags").getByRole("button", { name: "Undo" }).click();
  await body.evaluate(async () => {
    while (globalThis.pressed === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  await body.evaluate(() => globalThis.bridge.view.theme.enable());
  assert.match(await body.evaluate(() => document.documentElement.dataset.colorMode), /light|dark/);
  await body.evaluate(() => globalThis.bridge.router.navigate("/browse/LAB-1"));
  await page.locator("#place").getByText("/browse/LAB-1").waitFor();
  const url = await body.evaluate(() => globalThis.bridge.router.getUrl({ target: "issue", issueKey: "LAB-7" }).then(String));
  assert.match(url, /^https:\/\/acme\.atlassian\.net\/browse\/LAB-7$/);
  const noHistory = await body.evaluate(() => globalThis.bridge.view.createHistory().catch((error) => error.message));
  assert.match(noHistory, /pages alone/);
  const unknown = await body.evaluate(() => globalThis.bridge.requestTeamworkGraph("{ me }").catch((error) => error.message));
  assert.match(unknown, /the lab has no `requestTeamworkGraph`/);
  await page.locator("#missing-count", { hasText: "(3)" }).waitFor();

  // a page of another kind: its own context, and a history
  await page.getByRole("tab", { name: "Admin" }).click();
  body = await ready();
  const other = await body.evaluate(() => globalThis.bridge.view.getContext());
  assert.deepEqual([other.moduleKey, other.extension.type], ["admin", "jira:adminPage"]);
  const place = await body.evaluate(async () => {
    const history = await globalThis.bridge.view.createHistory();
    history.push("/settings?tab=2");
    return history.location.pathname + history.location.search;
  });
  assert.equal(place, "/settings?tab=2");
  // UI Kit is not rendered: what its page would get, and its resolver
  await page.getByRole("tab", { name: "Kit" }).click();
  await page.locator("#kit").getByText("and the lab cannot").waitFor();
  await page.locator("#kit-decisions").getByText("granted").first().waitFor();
  assert.match(await page.locator("#kit-context").textContent(), /"moduleKey": "kit"/);
  await page.getByLabel("Call its resolver").fill("echo");
  await page.getByLabel("with a payload, as JSON").fill('{"rows": 8}');
  await click(page, "Call");
  await page.locator("#kit-answer").getByText('"rows": 8').waitFor();
  await page.locator("#forge").waitFor({ state: "hidden" });
  await page.getByRole("tab", { name: "Macro" }).click();
  body = await ready();
  const macro = await body.evaluate(() => globalThis.bridge.view.getContext());
  assert.equal(macro.extension.content.type, "page");

  // an extension of somebody's own
  await page.getByText("The context's extension").click();
  await page.getByLabel("What a page of this module knows").fill('{"type":"macro","config":{"rows":9}}');
  await click(page, "Use it");
  body = await ready();
  for (let tries = 0; ; tries++) {
    const { extension } = await body.evaluate(() => globalThis.bridge.view.getContext());
    if (extension.config?.rows === 9) {
      break;
    }
    assert.ok(tries < 50);
  }

  // a modal of the app: its own context, and what it closes with
  await page.getByRole("tab", { name: "Panel" }).click();
  body = await ready();
  await body.evaluate(() => {
    globalThis.modalClosed = new Promise((resolve) => {
      new globalThis.bridge.Modal({ context: { row: 4 }, title: "Row", onClose: resolve }).open();
    });
  });
  const modal = page.frameLocator("#modal-frame");
  await modal.getByText("ready", { exact: true }).waitFor();
  const inside = await modal.locator("body").evaluate(() => globalThis.bridge.view.getContext());
  assert.deepEqual(inside.extension.modal, { row: 4 });
  await modal.locator("body").evaluate(() => globalThis.bridge.view.close({ saved: true }));
  assert.deepEqual(await body.evaluate(() => globalThis.modalClosed), { saved: true });
  await page.close();
});

test("functions get what the platform gives, and no more", async () => {
  const { lab, folder } = await started();
  const invoke = (functionKey, module = "panel") => lab.call("forge/invoke", { site: "acme", module, functionKey });
  const { result: context } = await invoke("app-context");
  assert.equal(context.appId, "11111111-1111-4111-8111-111111111111");
  assert.deepEqual([context.moduleKey, context.left], ["panel", true]);
  assert.deepEqual((await invoke("remote")).result, { status: 200, state: "active" });
  assert.equal((await invoke("license-api")).result.results[0].data.active, true);
  const product = (await invoke("product")).result;
  assert.equal(product.displayName, "Lab User");
  assert.match((await invoke("old-product")).error.message, /old @forge\/api .*not here/);
  assert.equal((await invoke("forge-a-line")).result, "genuine");
  const { names, marked } = (await invoke("environment")).result;
  assert.deepEqual(marked, [], "what the lab knows the runner's lines by is in no argument and no variable");
  assert.ok(!names.includes("HOME") && !names.includes("LAB"), `${names}`);
  // it takes no more than its time, and the next call has a process of its own
  const long = await invoke("loop");
  assert.match(long.error.message, /the function resolver\/loop took more than 3 s: it was ended with all that it started/);
  assert.equal((await invoke("echo")).status, 200);
  // one that does not read what it is sent holds nobody up for longer either
  const large = { site: "acme", module: "panel", functionKey: "echo", payload: "x".repeat(1_500_000) };
  const [stuck, next] = await Promise.all([invoke("loop"), lab.call("forge/invoke", large)]);
  assert.match(stuck.error.message, /took more than 3 s/);
  assert.ok(next.result || /took more|ended/.test(next.error.message), JSON.stringify(next).slice(0, 200));
  // a new bundle is taken at the next call
  const file = join(folder, "functions/function.cjs");
  writeFileSync(file, readFileSync(file, "utf8").replace('return "genuine"', 'return "built again"'));
  assert.equal((await invoke("forge-a-line")).result, "built again");
  assert.match((await invoke("echo", "macro")).error.message, /no `resolver.function`/);
});

test("schedules, events, web requests, queues and the lifecycle reach functions", async () => {
  const { lab } = await started();
  const press = (key, more = {}) => lab.call("forge/trigger", { site: "acme", key, ...more });
  const scheduled = await press("daily");
  assert.equal(scheduled.result.licensed, null, "a schedule's context names no license");
  const created = await press("created", { payload: { issue: { key: "LAB-5" } } });
  assert.equal(created.result.first.eventType, "avi:jira:created:issue");
  assert.equal(created.result.first.issue.key, "LAB-5");
  assert.equal(created.result.licensed, true);
  assert.equal((await press("hook", { payload: { method: "POST", body: "x" } })).result.first.method, "POST");
  const job = await press("jobs", { payload: { row: 1 } });
  assert.deepEqual([job.result.first.queueName, job.result.first.body], ["jobs", { row: 1 }]);
  for (const documented of [false, true]) {
    const remote = await press("remote-event", { documented });
    assert.deepEqual([remote.status, JSON.parse(remote.body).state], [200, "active"]);
  }
  assert.equal((await press("for-customers")).result.licensed, null);
  await lab.move("expire");
  assert.match((await press("for-customers")).skipped, /appIsLicensed/);
  assert.match((await press("nothing")).error.message, /no trigger/);
  // by the test clock, and by the customer's own moves
  const printed = async () => {
    const answer = await fetch(`${lab.address}api/forge/log`);
    return (await answer.json()).map(({ function: name, text }) => `${name}: ${text}`);
  };
  const count = async (line) => (await printed()).filter((text) => text === line).length;
  const before = await count("event by daily: event schedule");
  await lab.call("clock", { advance_days: 2 });
  assert.equal(await count("event by daily: event schedule"), before + 2, "once a day");
  await lab.move("uninstall");
  assert.equal(await count("event by goodbye: event schedule"), 1);
  await lab.move("install");
  assert.ok((await count("event by lifecycle: event avi:forge:installed:app")) >= 1);
});

test("a schedule runs at each time that the clock passes, with the license of that time", async () => {
  const { folder } = await started();
  const lab = await start("--manifest", join(folder, "manifest.yml"), "--functions", join(folder, "functions"));
  await lab.move("install");
  await lab.move({ start_trial: { edition: "advanced", days: 30 } });
  const { now } = await lab.call("state");
  await lab.call("clock", { advance_days: 31 });
  const { entries } = await lab.call("journal");
  const runs = entries.filter(({ title }) => title === "the function event by hourly is called");
  assert.equal(runs.length, 50);
  const hours = runs.map(({ at }) => (Date.parse(at) - Date.parse(now)) / 3_600_000).reverse();
  assert.deepEqual(hours, Array.from({ length: 50 }, (_, at) => 31 * 24 - 49 + at));
  const left = 31 * 24 - 50;
  assert.ok(entries.some(({ title }) => title.startsWith(`hourly: ${left} further runs left out`)));
  const daily = entries.filter(({ title }) => title === "the function event by daily is called");
  assert.equal(daily.length, 31);
  // a week's filter is asked at each of its times: the trial ends after the fourth
  const weekly = entries.filter(({ title }) => title === "the function event by for-customers is called");
  assert.equal(weekly.length, 4);
  // in the console, what says the same is one row, and the keys lead through the others
  const page = await open(lab);
  const rows = page.locator("#journal li");
  const folded = page.getByRole("button", { name: /^2\d more of the same, since/ }).first();
  await folded.waitFor();
  const before = await rows.count();
  await folded.click();
  assert.ok((await rows.count()) > before + 15);
  await page.locator("#journal [data-entry]:enabled").first().focus();
  const focused = () => page.evaluate(() => document.activeElement.dataset.entry ?? document.activeElement.id);
  const first = await focused();
  await page.keyboard.press("ArrowDown");
  const second = await focused();
  assert.notEqual(second, first);
  await page.keyboard.press("Enter");
  await page.locator("#entry").getByText("Verified and decided").waitFor();
  await page.waitForFunction(() => document.activeElement.id === "entry");
  assert.equal(await page.getByRole("button", { name: "Copy as curl" }).count(), 0, "a function has no address");
  await page.keyboard.press("Escape");
  assert.equal(await focused(), second);
  await page.close();
});

test("functions store and queue by the real packages", async () => {
  const { folder } = await started();
  const lab = await start("--manifest", join(folder, "manifest.yml"), "--functions", join(folder, "functions"));
  await lab.move("install");
  const invoke = async (functionKey, payload = {}) => {
    const answer = await lab.call("forge/invoke", { site: "acme", module: "store", functionKey, payload });
    assert.equal(answer.status, 200, JSON.stringify(answer));
    return answer.result;
  };
  assert.deepEqual(await invoke("plain"), {
    before: null,
    value: { rows: 1 },
    created: "number",
    previous: { rows: 1 },
    taken: "KEY_ALREADY_EXISTS",
    wrong: ["INVALID_KEY", 400],
    secret: "s",
  });
  assert.deepEqual(await invoke("query"), { keys: ["row:1", "row:2", "row:3"], end: null });
  assert.deepEqual(await invoke("entities"), ["t1", "t2"]);
  assert.deepEqual(await invoke("old"), { same: "x", list: [{ key: "old:1", value: "x" }], tasks: 4, missing: null });
  assert.equal((await invoke("jira", { path: "myself" })).status, 200);
  assert.equal((await invoke("jira", { path: "issuetype" })).body[0].name, "Task");
  assert.equal((await invoke("jira", { path: "dashboard" })).status, 501);

  const settled = async (jobId) => {
    for (let tries = 0; tries < 200; tries++) {
      const stats = await invoke("stats", { jobId });
      if (stats.inProgress === 0) {
        return stats;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return assert.fail("the queue does not end");
  };
  const { jobId } = await invoke("push", { events: [{ body: { row: 1 } }, { body: { row: 2 } }, { body: { fail: true } }] });
  assert.deepEqual(await settled(jobId), { success: 2, inProgress: 0, failed: 1 });
  assert.deepEqual(await invoke("last"), { row: 2, queueName: "rows", jobId });
  // a delay is by the test clock
  const late = await invoke("push", { events: { body: { row: 3 }, delayInSeconds: 600 } });
  assert.equal((await invoke("stats", { jobId: late.jobId })).inProgress, 1);
  await lab.call("clock", { advance_seconds: 600 });
  assert.equal((await settled(late.jobId)).success, 1);
  assert.equal((await invoke("last")).row, 3);
  assert.equal(await invoke("stats", { jobId: "none" }), "JobDoesNotExistError");
  assert.match(await invoke("nowhere"), /no consumer of the queue `none`/);
  // queues that feed themselves come to an end
  await invoke("push", { events: { body: { row: 4, again: true } } });
  for (let tries = 0, titles = []; !titles.some((it) => /cyclic invocation/.test(it)); tries++) {
    assert.ok(tries < 200, "it goes on and on");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { entries } = await lab.call("journal");
    const failed = await Promise.all(entries.slice(0, 3).map(({ id }) => lab.call(`journal/${id}`)));
    titles = failed.map(({ answer }) => answer?.text ?? "");
  }
  // another installation begins with an empty store
  await lab.move("uninstall");
  await lab.move("install");
  assert.equal(await invoke("last"), null);
});

test("pages and functions are for this machine alone, and nothing leaves the folder", async () => {
  const { lab } = await started();
  const page = `${lab.pages}/0/`;
  assert.equal((await fetch(page)).status, 200);
  for (const path of ["..%2fmanifest.yml", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/manifest.yml", ".env", "no-such-file"]) {
    assert.equal((await fetch(`${page}${path}`)).status, 404, path);
  }
  assert.equal((await fetch(page, { method: "POST", body: "x" })).status, 405);
  assert.equal((await fetch(page, { headers: { origin: "http://evil.example" } })).status, 403);
  const foreign = await fetch(`${lab.address}api/forge/invoke`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: lab.pages },
    body: JSON.stringify({ site: "acme", module: "panel", functionKey: "echo" }),
  });
  assert.equal(foreign.status, 403, "the page itself goes through the console");
  const bodies = { site: "acme", module: "panel", path: "http://evil.example/", method: "GET" };
  assert.notEqual((await lab.call("forge/remote", { ...bodies, path: "//evil.example/" })).status, 200);
});

/** Those of these processes that still run. */
const alive = (pids) =>
  pids.filter((pid) => {
    try {
      return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  });

async function gone(pids) {
  for (let tries = 0; alive(pids).length > 0 && tries < 250; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return alive(pids);
}

/** Calls the function that loops beside two processes of its own; their ids, and the call. */
async function busy({ address, call }) {
  const answer = call("forge/invoke", { site: "acme", module: "panel", functionKey: "busy" });
  // a lab that is killed does not answer
  answer.catch(() => undefined);
  for (let tries = 0; tries < 250; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const lines = await (await fetch(`${address}api/forge/log`)).json();
    const pids = lines.findLast(({ text }) => text.startsWith("running "))?.text.split(" ").slice(1).map(Number);
    if (pids && alive(pids).length === pids.length) {
      return { pids, answer };
    }
  }
  return assert.fail("the function has not started its processes");
}

test("a function that takes too long is ended with all that it started", async () => {
  const { lab } = await started();
  const { pids, answer } = await busy(lab);
  assert.equal(pids.length, 3);
  const other = lab.call("forge/invoke", { site: "acme", module: "panel", functionKey: "echo" });
  for (const { error } of await Promise.all([answer, other])) {
    assert.match(error.message, /resolver\/busy took more than 3 s/, "who shares its process is told why");
  }
  assert.deepEqual(await gone(pids), []);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"]) {
  test(`a function in a tight loop ends with the lab at ${signal}, and so does what it started`, async () => {
    const { folder } = await started();
    const manifest = ["--manifest", join(folder, "manifest.yml")];
    const lab = await start(...manifest, "--functions", join(folder, "functions"));
    await lab.move("install");
    const { pids } = await busy(lab);
    assert.equal(pids.length, 3);
    lab.child.removeAllListeners("exit");
    const ended = new Promise((resolve) => lab.child.on("exit", resolve));
    lab.child.kill(signal);
    await ended;
    assert.deepEqual(await gone(pids), []);
  });
}

let stories = 0;

/** A story in a file, played with the vendor's own app; what it says. */
function scenario(text, args, env = {}) {
  const file = join(data, `story-${(stories += 1)}.toml`);
  writeFileSync(file, text);
  const all = ["lab", "scenario", file, "--format", "json", ...args];
  return new Promise((resolve) =>
    execFile(program, all, { cwd: data, env: { ...process.env, ...env } }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, err, ...(out ? JSON.parse(out) : {}) }),
    ),
  );
}

const STORY_FILE = `
title = "page and function say the same"
[[step]]
move = "install"
[[step]]
move.buy = { edition = "standard" }
expect.page.".badge" = "visible"
expect.page.".card:nth-child(1) button" = "visible"
expect.page.".card:nth-child(2) button" = "hidden"
expect.invoke = [
  { function = "export", payload = { rows = 5000 }, result = { exported = 1000 } },
  { function = "export", payload = { everything = true }, result = { refused = "capability_missing" } },
]
[[step]]
move.start_trial = { edition = "advanced", days = 30 }
expect.page.".card:nth-child(2) button" = "visible"
[[step]]
clock.advance_days = 31
expect.page.".card:nth-child(2) button" = "hidden"
[[step]]
move.buy = { edition = "advanced" }
access = "denied"
expect.page.".card:nth-child(2) button" = "hidden"
expect.invoke = [{ function = "export", result = { refused = "no_user_access" } }]
expect.decision.bulk-export = "denied: no_user_access"
`;

const WRONG = `
title = "the page shows what the story says it hides"
[[step]]
move = "install"
[[step]]
move.buy = { edition = "standard" }
expect.page.".card:nth-child(1) button" = "hidden"
expect.page.".card:nth-child(2) button" = "hidden"
`;

test("a story looks at the page and calls the function", async () => {
  // the page of one example, the function of the other
  const built = ["--custom-ui", join(data, "custom-ui"), "--functions", join(data, "function")];
  const own = ["--manifest", join(functions, "manifest.yml"), ...built];
  const browser = { CHROMIUM: process.env.CHROMIUM ?? "/usr/bin/chromium" };
  const held = await scenario(STORY_FILE, own, browser);
  const failed = (held.scenarios?.[0].checks ?? []).filter(({ passed }) => !passed);
  assert.equal(held.code, 0, `${held.err} ${JSON.stringify(failed)}`);
  assert.deepEqual(held.scenarios[0].notes, []);
  const wrong = await scenario(WRONG, own, browser);
  assert.equal(wrong.code, 1);
  const found = wrong.scenarios[0].checks.filter(({ passed }) => !passed).map(({ what, found }) => [what, found]);
  assert.deepEqual(found, [["page .card:nth-child(1) button", "visible"]]);
  // without a browser: functions and decisions alone, and it says so
  const blind = await scenario(WRONG, own, { CHROMIUM: "/no/such/browser" });
  assert.equal(blind.code, 0, blind.err);
  assert.match(blind.scenarios[0].notes.join(), /no Chromium is installed/);
  assert.ok(blind.scenarios[0].checks.every(({ what }) => !what.startsWith("page ")));
});

test("what cannot be started says why", async () => {
  for (const [args, why] of [
    [["--custom-ui", "https://example.com/"], /no development server of this machine/],
    [["--custom-ui", join(data, "no-such-folder")], /cannot open the folder/],
    [["--manifest", join(root, "Cargo.toml")], /YAML|modules/],
    [["--functions", join(data, "no-such-folder")], /cannot open the folder/],
  ]) {
    await assert.rejects(start(...args), why);
  }
  const path = process.env.PATH;
  try {
    process.env.PATH = data;
    const somewhere = mkdtempSync(join(data, "functions-"));
    await assert.rejects(start("--functions", somewhere), /cannot start `node`.*Node 20/s);
  } finally {
    process.env.PATH = path;
  }
});
