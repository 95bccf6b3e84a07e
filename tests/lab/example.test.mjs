// The same apps, examples/connect-backend and examples/express-backend, driven by `trigger` and by
// the console alike. PROGRAMS names the folder of the built programs.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { firstPort } from "./ports.mjs";

const folder = process.env.PROGRAMS;
assert.ok(folder, "PROGRAMS names the folder of app-license and connect-backend");
const program = (name) => join(folder, name);
const example = (path) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
const features = example("connect-backend/editions.toml");
const data = mkdtempSync(join(tmpdir(), "app-license-example-"));
const running = [];
let next = firstPort();

after(() => {
  running.forEach((child) => child.kill("SIGKILL"));
  rmSync(data, { recursive: true, force: true });
});

/** Starts a program and waits until it says a word. */
async function start(file, args, word, env = {}) {
  const child = spawn(file, args, { env: { ...process.env, ...env }, cwd: data });
  running.push(child);
  let out = "";
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        out += text;
        if (out.includes(word)) {
          resolve();
        }
      });
    }
    child.on("exit", (code) => reject(new Error(`${file} ended with ${code}: ${out}`)));
  });
}

const apps = [
  {
    name: "connect-backend",
    key: "com.example.reports",
    panel: "/reports",
    refused: /Export is part of the Advanced edition/,
    call: ["context-call", "--path", "/api/export"],
    async start(port, { gateway }) {
      const env = { PORT: port, MOCK_HOST: `127.0.0.1:${gateway}`, DATABASE: join(data, `${port}.db`) };
      await start(program("connect-backend"), [], "serving", env);
    },
  },
  {
    name: "express-backend",
    key: "com.example.exports",
    panel: "/panel",
    refused: /Part of Advanced/,
    call: ["page", "--path", "/export"],
    async start(port, { installKeys }) {
      const env = {
        PORT: port,
        BASE_URL: `http://127.0.0.1:${port}`,
        MOCK_INSTALL_KEYS: `http://127.0.0.1:${installKeys}`,
        DATABASE: join(data, `${port}.db`),
      };
      await start(process.execPath, [example("express-backend/src/main.mjs")], "listens", env);
    },
  },
];

for (const app of apps) {
  test(`${app.name} by trigger`, async () => {
    const keys = (next += 16);
    const port = keys + 10;
    await app.start(port, { installKeys: keys, gateway: keys + 5 });
    const trigger = (...args) =>
      new Promise((resolve) => {
        const to = `http://127.0.0.1:${port}`;
        const common = ["--to", to, "--app-key", app.key, "--connect-only", "--features", features];
        const own = ["--port", `${keys}`, "--keys", join(data, `keys-${app.name}`)];
        const all = ["trigger", ...args, ...common, ...own, "--format", "json"];
        execFile(program("app-license"), all, (error, out) =>
          resolve({ code: error?.code ?? 0, ...JSON.parse(out) }),
        );
      });
    for (const [args, code, status] of [
      [["installed"], 0, 204],
      [["enabled"], 0, 204],
      [["page", "--path", app.panel, "--edition", "standard"], 0, 200],
      [[...app.call, "--edition", "standard"], 2, 402],
      [[...app.call, "--edition", "advanced"], 0, 200],
      [[...app.call, "--edition", "advanced", "--license", "trial"], 0, 200],
      [[...app.call, "--edition", "advanced", "--license", "trial-ended"], 2, 402],
      [["secret-rotated"], 0, 204],
    ]) {
      const said = await trigger(...args);
      assert.deepEqual([said.code, said.status], [code, status], args.join(" "));
    }

    // the vendor's side: what the customer bought against what the store of either backend holds
    const drift = (appEdition) => {
      const report = join(data, `${port}.json`);
      const lastUpdated = new Date().toISOString().slice(0, 10);
      const bought = { addonKey: app.key, cloudSiteHostname: "acme.atlassian.net", hosting: "Cloud" };
      const paid = { appEdition, licenseType: "COMMERCIAL", status: "active", lastUpdated };
      writeFileSync(report, JSON.stringify([{ ...bought, ...paid }]));
      const store = `sqlite:${join(data, `${port}.db`)}`;
      const all = ["report", "reconcile", "--report", report, "--installations", store];
      return new Promise((resolve) =>
        execFile(program("app-license"), [...all, "--format", "json"], (error, out) => {
          const cases = JSON.parse(out).drift.map(({ kind, cause, runs }) => [kind, cause, runs.host]);
          resolve([error?.code ?? 0, ...cases]);
        }),
      );
    };
    const site = "acme.atlassian.net";
    // what the store heard last was the end of the trial: the customer is active again
    const again = await trigger("page", "--path", app.panel, "--edition", "standard");
    assert.equal(again.status, 200);
    assert.deepEqual(await drift("Standard"), [0]);
    assert.deepEqual(await drift("Advanced"), [2, ["runs_below_bought", "event_lost", site]]);
    assert.equal((await trigger("uninstalled")).status, 204);
    const churn = ["not_installed", "uninstalled_not_cancelled", site];
    assert.deepEqual(await drift("Standard"), [2, churn]);
  });

  test(`${app.name} by the console`, async () => {
    const port = (next += 16);
    const own = port + 10;
    await app.start(own, { installKeys: port + 2, gateway: port + 7 });
    const its = ["--app", `http://127.0.0.1:${own}`, "--app-key", app.key, "--kind", "connect"];
    const args = ["--port", `${port}`, "--data", join(data, `lab-${app.name}`), "--store", "memory"];
    const shown = ["--panel", app.panel, "--features", features];
    await start(program("app-license"), ["lab", ...its, ...args, ...shown], "Ctrl-C stops it");
    const post = async (path, body) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      assert.equal(answer.status, 200, path);
      return answer.json();
    };
    const make = (move) => post("move", { site: "acme", move });
    const page = async () => {
      const { url } = await post("panel", { site: "acme" });
      const answer = await fetch(url);
      assert.equal(answer.status, 200);
      return answer.text();
    };
    assert.deepEqual(await make("install"), { answers: [204, 204] });
    await make({ buy: { edition: "standard" } });
    assert.match(await page(), app.refused);
    await make({ change_edition: { edition: "advanced" } });
    assert.doesNotMatch(await page(), app.refused);
    assert.deepEqual(await make("uninstall"), { answers: [204, 204] });
  });
}
