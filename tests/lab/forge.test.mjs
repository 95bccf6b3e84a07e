// A Forge app of a vendor's own in the lab: examples/forge-custom-ui and examples/forge-function as
// they are, driven through the customer's story in the console; then every call of the real
// `@forge/bridge`, and the story in a file.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { program, root, example, functions, data, load, ports, start, open, click, started, loaded, until } from "./forge-lab.mjs";

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

test("examples/forge-custom-ui behind Vite's development server", { timeout: 120_000 }, async () => {
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
    const errors = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    const sockets = [];
    let connected = 0;
    page.on("websocket", (socket) => {
      sockets.push(new URL(socket.url()).origin);
      connected += 1;
      socket.on("close", () => (connected -= 1));
    });
    await page.locator("#policy").getByText("relaxed for a development server").waitFor();
    for (const step of STORY) {
      await perform(page, step);
      await shows(page, step);
    }
    // the page's own socket is the lab's, which passes it on: what changes is seen at once
    while (connected === 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual([...new Set(sockets)], [lab.pages.replace("http", "ws")]);
    const frame = page.frameLocator("#forge").locator("body");
    await frame.evaluate(() => {
      globalThis.loaded = "before";
    });
    server.ws.send({ type: "full-reload" });
    await until("the page is loaded again", () => frame.evaluate(() => globalThis.loaded !== "before"));
    await shows(page, STORY.at(-1));
    assert.deepEqual(errors, []);
    await page.close();
    const silent = await start("--custom-ui", `http://127.0.0.1:${await ports()}/`);
    assert.match(silent.out().replace(/\s+/g, " "), /nothing listens at http:\/\/127\.0\.0\.1:\d+/);
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
    await until(`${step.clicks}: ${JSON.stringify(expected)}`, async () => {
      const found = await Promise.all([invoke({ rows: 5000 }), invoke({ rows: 5000, everything: true })]);
      return JSON.stringify(found) === JSON.stringify(expected);
    });
  }
  // beside the journal: what the function was given, and what that grants
  await page.locator("#journal [data-entry]", { hasText: "resolver/export" }).first().click();
  await page.locator("#entry").getByText("accepted").waitFor();
  await page.close();
});

test("every call of the real bridge is answered, or said to be not here", async () => {
  const { lab } = await started();
  const page = await open(lab);
  // else the page is loaded again at every change of the license, at whatever moment the console hears of it
  await page.getByLabel("and at every change").uncheck();
  await click(page, "Install");
  await click(page, "Buy Advanced");
  await page.locator("tr", { has: page.locator("[data-site=acme]") }).getByText("advanced").waitFor();
  const tab = (name) => loaded(page, () => page.getByRole("tab", { name }).click());
  let body = await tab("Panel");

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
    for (let tries = 0; heard.length === 0 && tries < 1500; tries++) {
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
  body = await tab("Admin");
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
  body = await tab("Macro");
  const macro = await body.evaluate(() => globalThis.bridge.view.getContext());
  assert.equal(macro.extension.content.type, "page");

  // an extension of somebody's own
  await page.getByText("The context's extension").click();
  await page.getByLabel("What a page of this module knows").fill('{"type":"macro","config":{"rows":9}}');
  body = await loaded(page, () => click(page, "Use it"));
  const given = await body.evaluate(() => globalThis.bridge.view.getContext());
  assert.equal(given.extension.config.rows, 9);

  // a modal of the app: its own context, and what it closes with
  body = await tab("Panel");
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
