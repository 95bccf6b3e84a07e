// The same app, examples/connect-backend, driven by `trigger` and by the console alike. PROGRAMS
// names the folder of the built programs.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const folder = process.env.PROGRAMS;
assert.ok(folder, "PROGRAMS names the folder of app-license and connect-backend");
const program = (name) => join(folder, name);
const features = fileURLToPath(
  new URL("../../examples/connect-backend/editions.toml", import.meta.url),
);
const data = mkdtempSync(join(tmpdir(), "app-license-example-"));
const first = 40_100 + (process.pid % 400) * 16;
const running = [];

after(() => {
  running.forEach((child) => child.kill("SIGKILL"));
  rmSync(data, { recursive: true, force: true });
});

/** Starts a program and waits until it says a word. */
async function start(name, args, word, env = {}) {
  const child = spawn(program(name), args, { env: { ...process.env, ...env }, cwd: data });
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
    child.on("exit", (code) => reject(new Error(`${name} ended with ${code}: ${out}`)));
  });
}

async function example(port, gateway) {
  const env = {
    PORT: `${port}`,
    MOCK_HOST: `127.0.0.1:${gateway}`,
    DATABASE: join(data, `${port}.db`),
  };
  await start("connect-backend", [], "serving", env);
  return `http://127.0.0.1:${port}`;
}

test("by trigger", async () => {
  const keys = first;
  const app = await example(first + 7, keys + 5);
  const trigger = (...args) =>
    new Promise((resolve) => {
      const common = ["--to", app, "--app-key", "com.example.reports", "--connect-only"];
      const more = ["--port", `${keys}`, "--keys", join(data, "keys"), "--features", features];
      const all = ["trigger", ...args, ...common, ...more, "--format", "json"];
      execFile(program("app-license"), all, (error, out) =>
        resolve({ code: error?.code ?? 0, ...JSON.parse(out) }),
      );
    });
  const call = ["context-call", "--path", "/api/export"];
  for (const [args, code, status] of [
    [["installed"], 0, 204],
    [["enabled"], 0, 204],
    [["page", "--path", "/reports", "--edition", "standard"], 0, 200],
    [[...call, "--edition", "standard"], 2, 402],
    [[...call, "--edition", "advanced"], 0, 200],
    [[...call, "--edition", "advanced", "--license", "trial"], 0, 200],
    [[...call, "--edition", "advanced", "--license", "trial-ended"], 2, 402],
    [["secret-rotated"], 0, 204],
    [["uninstalled"], 0, 204],
  ]) {
    const said = await trigger(...args);
    assert.deepEqual([said.code, said.status], [code, status], args.join(" "));
  }
});

test("by the console", async () => {
  const port = first + 8;
  const app = await example(first + 6, port + 7);
  const own = ["--app", app, "--app-key", "com.example.reports", "--kind", "connect"];
  const args = ["--port", `${port}`, "--data", join(data, "lab"), "--store", "memory"];
  const shown = ["--panel", "/reports", "--features", features];
  await start("app-license", ["lab", ...own, ...args, ...shown], "Ctrl-C stops it");
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
  assert.match(await page(), /Export is part of the Advanced edition/);
  await make({ change_edition: { edition: "advanced" } });
  assert.doesNotMatch(await page(), /Export is part of the Advanced edition/);
  assert.deepEqual(await make("uninstall"), { answers: [204, 204] });
});
