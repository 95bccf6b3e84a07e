// One file, two languages: what the package's SqliteStore writes, `app-license store` and a Rust backend read
// and change, and the reverse. PROGRAMS is the folder of the built programs; without it, cargo runs them.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import Database from "better-sqlite3";

import { ConnectApp, ForgeRemote, HookRunner, SqliteStore } from "@app-license/sdk/fetch";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW = Buffer.from("a new key, also thirty-two bytes").toString("base64");
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";

/** How a program of the workspace is started. */
function program(name, crate) {
  const { PROGRAMS } = process.env;
  return PROGRAMS ? [join(PROGRAMS, name), []] : ["cargo", ["run", "--quiet", "-p", crate, "--bin", name, "--"]];
}

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "app-license-store-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** `app-license store` on a file, with these keys. */
function cli(path, keys) {
  const [command, first] = program("app-license", "app-license-cli");
  return (...args) => {
    const env = { ...process.env, APP_LICENSE_KEYS: keys };
    const all = [...first, "store", "--store", `sqlite:${path}`, ...args];
    const { status, stdout, stderr } = spawnSync(command, all, { cwd: root, env, encoding: "utf8" });
    return { code: status, out: stdout, err: stderr, json: () => JSON.parse(stdout) };
  };
}

const done = (ran) => {
  assert.equal(ran.code, 0, ran.err);
  return ran;
};

/** An app of both halves over one sealed file, and what the platform sends it. */
function world(t) {
  const path = join(folder(t), "installations.db");
  const db = new Database(path);
  t.after(() => db.close());
  const store = new SqliteStore(db, { keys: KEY, refusePlainText: true });
  const clock = { now: Date.now() - 3_600_000 }; // before what the program takes for now
  const at = () => new Date(clock.now);
  const site = new FakeConnect({ appKey: "com.example.app", baseUrl: "https://app.example.com" }, "acme");
  const forge = new FakeForge({ appId });
  const more = { store, allowTestKeys: true, clock: at };
  const app = new ConnectApp({ ...site.app, ...more, fetch: site.keyServer });
  const remote = new ForgeRemote({ appId, ...more, fetch: forge.keyServer });
  app.route("/export", { requires: "capabilityAdvanced" }, () => new Response("served"));
  const send = async (event, fields) => {
    clock.now += 1000;
    const { fetchArguments } = site.lifecycle(event, { now: at(), fields });
    assert.equal((await app.handle(new Request(...fetchArguments))).status, 204, event);
  };
  const page = (scenario = "advanced") => site.page("/export", scenario, at());
  const open = async ({ url } = page()) => {
    const answer = await app.handle(new Request(url));
    return answer.status === 200 ? 200 : [answer.status, (await answer.json()).error.code];
  };
  const install = async () => {
    const id = forge.installationId.split("/")[1];
    const authorization = forge.authorization("advanced", { now: at(), claims: { principal: undefined } });
    const body = JSON.stringify({ id, eventType: "avi:forge:installed:app", app: { id: appId, version: "1.0.0" } });
    const sent = new Request("https://app.example.com/forge/lifecycle", { method: "POST", body, headers: { authorization } });
    assert.equal((await remote.handle(sent)).status, 204);
  };
  return { path, store, site, forge, clock, app, send, open, page, install, run: cli(path, KEY) };
}

describe("what the package wrote, `app-license store` reads and changes", () => {
  test("list, show, history, why", async (t) => {
    const { store, site, forge, send, open, install, run } = world(t);
    await send("installed", { capabilitySet: "capabilityStandard", entitlementNumber: "E-1" });
    await send("enabled");
    assert.equal(await open(), 200);
    await install();
    const fetchedAt = new Date("2026-11-01T00:00:00Z");
    store.putLicense(site.clientKey, "connect_license_api", { document: '{"active":true}', fetchedAt });

    const { installations } = done(run("list", "--format", "json")).json();
    assert.deepEqual(installations.map(({ tenant, state }) => [tenant, state]).sort(), [
      [`connect:${site.clientKey}`, "enabled"],
      [`forge:${forge.installationId}`, "installed"],
    ]);
    const shown = done(run("show", "acme", "--format", "json")).json();
    assert.deepEqual(shown.record, store.load(site.clientKey).record);
    assert.deepEqual(shown.license_api, { source: "connect_license_api", fetched_at: "2026-11-01T00:00:00Z", document: '{"active":true}' });
    const history = done(run("history", "acme", "--format", "json")).json();
    assert.deepEqual(
      history.map(({ sequence, at, event, changes }) => ({ sequence, key: site.clientKey, at: new Date(at), event, changes })),
      store.history(site.clientKey),
    );
    assert.deepEqual(history.map(({ sequence }) => sequence), [1, 2, 3]);
    assert.equal(done(run("why", "acme", "advanced")).code, 0);
    assert.ok(!JSON.stringify([shown, history]).includes(site.secret));
  });

  test("block and unblock are seen by the running app when its copy is five seconds old", async (t) => {
    const { site, clock, store, open, send, run } = world(t);
    await send("installed");
    assert.equal(await open(), 200, "the edition is news");
    assert.equal(await open(), 200);
    done(run("block", "acme"));
    assert.equal(await open(), 200, "kept in memory");
    clock.now += 5000;
    assert.deepEqual(await open(), [403, "tenant_blocked"]);
    assert.equal(store.history(site.clientKey).at(-1).event, "block");
    done(run("unblock", "acme"));
    assert.deepEqual(await open(), [403, "tenant_blocked"], "kept in memory");
    clock.now += 5000;
    assert.equal(await open(), 200);
  });

  test("a block of the app is seen by the program", async (t) => {
    const { app, site, send, run } = world(t);
    await send("installed");
    await app.block(site.clientKey);
    assert.equal(done(run("list", "--format", "json")).json().installations[0].state, "blocked");
    const why = run("why", "acme", "advanced", "--format", "json");
    assert.deepEqual([why.code, why.json().code, why.err], [2, "tenant_blocked", ""]);
  });

  test("revoke: tokens of the replaced secret are good for nothing", async (t) => {
    const { site, store, clock, page, open, send, run } = world(t);
    await send("installed");
    const before = page();
    site.rotateSecret();
    await send("installed");
    assert.equal(await open(before), 200);
    assert.notEqual(store.load(site.clientKey).secrets.previous, null);
    done(run("revoke", "acme"));
    clock.now += 5000;
    assert.equal((await open(before))[0], 401);
    assert.equal(store.load(site.clientKey).secrets.previous, null);
    assert.equal(await open(), 200);
  });

  test("rotate-keys: the app opens its secrets with the new key alone", async (t) => {
    const { path, site, store, send, open } = world(t);
    await send("installed");
    site.rotateSecret();
    await send("installed");
    assert.equal(done(cli(path, `${NEW},${KEY}`)("rotate-keys", "--format", "json")).json().sealed, 1);
    assert.throws(() => store.load(site.clientKey), { code: "unknown_encryption_key" });
    assert.deepEqual(await open(), [503, "unknown_encryption_key"]);
    const again = new SqliteStore(new Database(path), { keys: NEW });
    assert.equal(again.load(site.clientKey).secrets.current, site.secret);
    // and the reverse: sealed anew here, changed there
    const back = new SqliteStore(new Database(path), { keys: [KEY, NEW] });
    assert.equal(back.reencryptAll(), 1);
    done(cli(path, KEY)("block", "acme"));
    const without = cli(path, NEW)("unblock", "acme");
    assert.notEqual(without.code, 0);
    assert.match(without.err, /unknown_encryption_key/);
  });

  test("a tenant that hooks of the package stopped at is listed and retried by the command line", async (t) => {
    const { site, store, send, run } = world(t);
    await send("installed");
    let fails = true;
    const calls = [];
    const hooks = new HookRunner(store, "mail", ({ sequence }) => {
      calls.push(sequence);
      if (fails) {
        throw new Error("not now");
      }
    });
    await assert.rejects(hooks.runOnce(), /not now/);
    const stopped = run("stopped", "--consumer", "mail");
    assert.equal(stopped.code, 2);
    assert.ok(stopped.out.includes(site.clientKey), stopped.out);
    done(run("retry", "--consumer", "mail", "acme"));
    fails = false;
    assert.equal(await hooks.runOnce(), 1);
    assert.deepEqual(calls, [1, 1]);
    assert.equal(done(run("stopped", "--consumer", "mail")).code, 0);
  });

  test("export and erase: nothing is left, and numbers and hooks go on", async (t) => {
    const { path, site, store, send, install, forge, run } = world(t);
    await send("installed", { description: "what-a-customer-said" });
    await send("enabled");
    await install();
    const calls = [];
    const hooks = new HookRunner(store, "mail", ({ sequence }) => calls.push(sequence));
    await hooks.runOnce();
    assert.deepEqual(calls, [1, 2, 3]);
    const exported = done(run("export", "acme"));
    assert.match(exported.out, /what-a-customer-said/);
    assert.ok(!exported.out.includes(site.secret));
    assert.equal(done(run("stopped", "--consumer", "mail")).code, 0);
    done(run("erase", "acme", "--yes"));
    assert.equal(store.load(site.clientKey), null);
    assert.notEqual(store.load(forge.installationId), null);
    for (const end of ["", "-wal"]) {
      const bytes = readFileSync(`${path}${end}`, "latin1");
      assert.ok(!bytes.includes(site.clientKey) && !bytes.includes("what-a-customer-said"), `in the file${end}`);
    }
    await send("installed");
    await hooks.runOnce();
    assert.deepEqual(calls, [1, 2, 3, 4]);
  });
});

/** A Rust backend on a file, and the platform, which is this process. */
async function rust(t, path, site, port) {
  const gateway = createServer((_, response) => response.end(site.pem));
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const [command, args] = program("connect-backend", "connect-backend");
  const env = { ...process.env, PORT: `${port}`, DATABASE: path, ENCRYPTION_KEY: KEY, MOCK_HOST: `127.0.0.1:${gateway.address().port}` };
  const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const lines = [];
  const ready = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (line.includes("serving")) {
          resolve();
        }
      });
    }
    child.once("exit", () => reject(new Error(lines.join("\n"))));
  });
  const stop = async () => {
    gateway.close();
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  };
  t.after(stop);
  await ready;
  return { stop, lines };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("what a Rust backend wrote, the package serves and goes on with, and the reverse, side by side", async (t) => {
  const path = join(folder(t), "installations.db");
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const site = new FakeConnect({ appKey: "com.example.reports", baseUrl }, "acme");
  const backend = await rust(t, path, site, port);
  const send = async (event, fields) => {
    const { fetchArguments } = site.lifecycle(event, { fields });
    return (await fetch(...fetchArguments)).status;
  };
  assert.equal(await send("installed", { capabilitySet: "capabilityStandard" }), 204, backend.lines.join("\n"));
  const later = (seconds) => new Date(Date.now() + seconds * 1000);
  const first = site.page("/reports", "advanced");
  assert.equal((await fetch(first.url)).status, 200, backend.lines.join("\n"));
  const installed = site.secret;

  const store = new SqliteStore(new Database(path), { keys: KEY, refusePlainText: true });
  const app = new ConnectApp({ ...site.app, store, allowTestKeys: true, fetch: site.keyServer, licenseApi: false });
  app.route("/reports", { requires: "capabilityStandard" }, () => new Response("served"));
  assert.equal(store.load(site.clientKey).secrets.current, installed);
  assert.equal((await app.handle(new Request(first.url))).status, 200);
  const before = store.historyAfter(0, 99);
  assert.deepEqual(before.map(({ sequence }) => sequence), before.map((_, number) => number + 1));
  assert.equal(before[0].event, "installed");
  const [{ kid }] = store.installKeys(1);
  assert.equal(kid, site.kid, "the platform's key is known");

  // the package takes a new secret; the Rust backend serves by it
  site.rotateSecret();
  const { fetchArguments } = site.lifecycle("installed", { now: later(1) });
  assert.equal((await app.handle(new Request(...fetchArguments))).status, 204);
  assert.equal((await fetch(site.page("/reports", "advanced").url)).status, 200);
  const last = store.historyAfter(0, 99).at(-1);
  assert.equal(last.sequence, before.length + 1);
  assert.deepEqual(last.changes, [{ change: "secret_rotated" }]);
  // a token is good for one body, whichever of the two was asked
  const again = site.lifecycle("installed", { now: later(2), fields: { description: "another" } }).fetchArguments;
  assert.equal((await fetch(...again)).status, 204);
  const [url, init] = again;
  const changed = new Request(url, { ...init, body: init.body.replace("another", "changed") });
  assert.deepEqual([(await app.handle(changed)).status, (await app.handle(new Request(...again))).status], [401, 204]);

  // the Rust hooks stop before the package's go on at their cursor
  await backend.stop();
  const cursor = store.cursor("provision");
  const calls = [];
  await new HookRunner(store, "provision", ({ sequence }) => calls.push(sequence)).runOnce();
  const numbers = store.historyAfter(cursor, 99).map(({ sequence }) => sequence);
  assert.deepEqual(calls, numbers);
  assert.equal(store.cursor("provision"), store.historyAfter(0, 99).length);
});
