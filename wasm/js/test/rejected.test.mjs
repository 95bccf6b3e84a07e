// Why a request was not let through is said to the app's log, in Express and over the Fetch API.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ConnectApp, ForgeRemote, MemoryStore, requireCapability } from "@app-license/sdk/express";
import { FakeConnect } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const requires = "capabilityAdvanced";

/** An app that is installed, and what its log and its callback were told. */
async function installed(more = {}) {
  const site = new FakeConnect({ appKey, baseUrl });
  const told = { lines: [], rejected: [] };
  const logger = { warn: (line) => told.lines.push(["warn", line]), error: (line) => told.lines.push(["error", line]) };
  const onRejected = (error, request) => told.rejected.push([error.code, request]);
  const app = new ConnectApp({
    appKey,
    baseUrl,
    store: new MemoryStore(),
    fetch: site.keyServer,
    allowTestKeys: true,
    descriptor: { enableLicensing: true, editionsEnabled: true },
    logger,
    onRejected,
    ...more,
  });
  app.route("/export", { requires }, () => new Response("served"));
  assert.equal((await app.handle(new Request(...site.lifecycle("installed").fetchArguments))).status, 204);
  return { app, site, told };
}

const EXPECTED = {
  standard: ["capability_missing", "warn", "app-license: GET /export from 192.0.2.7 was not let through (capability_missing): denied: needs capabilityAdvanced, has capabilityStandard (verified from the Connect iframe query, N s old)"],
  expired: ["inactive", "warn", "app-license: GET /export from 192.0.2.7 was not let through (inactive): denied: the license is not active (verified from the Connect iframe query, N s old)"],
};

for (const [scenario, [code, level, line]] of Object.entries(EXPECTED)) {
  test(`12: \`logger\` and \`onRejected\` say why: ${code}`, async () => {
    const { app, site, told } = await installed();
    const response = await app.handle(new Request(site.page("/export", scenario).url), { address: "192.0.2.7" });
    assert.equal(response.status, 402);
    assert.deepEqual(told.lines.map(([at, said]) => [at, said.replace(/\d+ s old/, "N s old")]), [[level, line]]);
    assert.deepEqual(told.rejected, [[code, { method: "GET", path: "/export", address: "192.0.2.7" }]]);
  });
}

test("12: what proves nothing, an outage and a mistake of the app", async () => {
  const { app, site, told } = await installed();
  const { url } = site.page("/export", "advanced");
  await app.handle(new Request(`${baseUrl}/export`));
  await app.handle(new Request(`${url}x`));
  await app.handle(new Request(...new FakeConnect({ appKey, baseUrl }).lifecycle("installed").fetchArguments));
  assert.deepEqual(told.rejected.map(([code]) => code).slice(0, 2), ["token_missing", "signature"]);
  const broken = { load: () => Promise.reject(new Error("disk full")) };
  const store = Object.assign(new MemoryStore(), broken);
  const other = new ConnectApp({ appKey, baseUrl, store, logger: { warn: assert.fail, error: (line) => told.lines.push(line) } });
  other.route("/export", { requires }, assert.fail);
  const answer = await other.handle(new Request(url));
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).error.message, "could not check: the store does not answer");
  assert.match(told.lines.at(-1), /^app-license: GET \/export was not let through \(store_unavailable\): /);
});

test("12: no token and no second line is in a log", async () => {
  const { app, site, told } = await installed();
  const url = new URL(site.page("/export", "standard").url);
  const token = url.searchParams.get("jwt");
  await app.handle(new Request(url), { address: "1.2.3.4\nforged line" });
  await app.handle(new Request(url), { address: "\u2028\u001b[31m" });
  await app.handle(new Request(`${baseUrl}/export?jwt=${token}`));
  assert.equal(told.lines.length, 3);
  for (const [, line] of told.lines) {
    assert.doesNotMatch(line, /[\n\r\u2028\u001b]/);
    assert.ok(!line.includes(token) && !line.includes("jwt"));
  }
  assert.ok(!JSON.stringify(told.rejected).includes("eyJ"));
});

test("12: in Express too, and a log that fails changes no answer", async () => {
  for (const failing of [false, true]) {
    const { app, site, told } = await installed();
    const { target } = site.page("/export", "standard");
    const fail = () => {
      throw new Error("it failed");
    };
    const gate = requireCapability(failing ? (await installed({ logger: { warn: fail, error: fail }, onRejected: fail })).app : app, requires);
    const answer = await new Promise((resolve) => {
      const response = {
        locals: {},
        status(code) {
          this.code = code;
          return this;
        },
        setHeader() {},
        end: () => resolve(response.code),
      };
      const request = { method: "GET", originalUrl: target, path: "/export", headers: {}, rawHeaders: [], socket: { remoteAddress: "192.0.2.7" } };
      gate(request, response, resolve);
    });
    assert.equal(answer, failing ? 401 : 402); // the other app knows nothing of the site
    assert.equal(told.lines.length, failing ? 0 : 1);
  }
});

test("12: a remote has both", async () => {
  const lines = [];
  const remote = new ForgeRemote({ appId: "35559c21-6120-406b-b7cd-d87f468f6d32", logger: { warn: (line) => lines.push(line), error: assert.fail } });
  remote.route("/export", { requires }, assert.fail);
  assert.equal((await remote.handle(new Request(`${baseUrl}/export`))).status, 401);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^app-license: GET \/export was not let through \(token_missing\): the request carries no token/);
});
