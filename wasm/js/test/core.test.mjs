// How the core's module is called: what it throws, what a trap does, what it keeps.
import assert from "node:assert/strict";
import { test } from "node:test";

import { VerifyError, checkUnprovedInstall, internal, queryHash, tenantOf } from "../dist/server.js";
import { verifyContext, verifyInstall, verifyInvocation, verifyRequest } from "../dist/server.js";
import { ConnectApp, MemoryStore } from "../dist/fetch.js";
import { FakeConnect, FakeForge } from "../dist/testing.js";

const { call, instance, op, read } = internal;
const baseUrl = "https://app.example.com";
const now = new Date();
const site = new FakeConnect({ appKey: "com.example.app", baseUrl });
const page = site.page("/panel?issue=ABC-1", "advanced", now);

const thrown = (run) => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
};
const hash = (more) => read(op.queryHash, { method: "GET", target: "/a", form: undefined, baseUrl, ...more });

test("a refusal is an error of this package, with its class and status", () => {
  const error = thrown(() => tenantOf({ ...page, authorization: "JWT x" }));
  assert.ok(error instanceof VerifyError);
  assert.deepEqual([error.code, error.class, error.status], ["token_conflict", "refused", 401]);
});

test("a value of another type is as good as none: it is refused by its field's name, and is not shown", () => {
  const missing = thrown(() => hash({ baseUrl: undefined }));
  assert.deepEqual([missing.code, missing.message], ["field_missing", "the call lacks `baseUrl`"]);
  assert.equal(thrown(() => queryHash({ method: "GET", target: "/a" })).code, "field_missing");
  const mistyped = thrown(() => hash({ target: { a: "a secret" } }));
  assert.equal(mistyped.code, "field_missing");
  assert.ok(!mistyped.message.includes("secret"), mistyped.message);
});

test("a call larger than any honest one is refused before it has memory", () => {
  const before = instance().memory.buffer.byteLength;
  for (const run of [() => hash({ target: `/${"a".repeat(2_000_000)}` }), () => tenantOf({ target: "x".repeat(2_000_000) })]) {
    const error = thrown(run);
    assert.deepEqual([error.code, error.status], ["too_large", 413]);
  }
  assert.equal(instance().memory.buffer.byteLength, before);
});

test("after a trap the module is made anew, and the next call works", () => {
  const expected = { baseUrl, now };
  const works = () => verifyRequest(page, site.tenant, expected).license.edition;
  const forge = new FakeForge({ appId: "35559c21-6120-406b-b7cd-d87f468f6d32" });
  const invocation = () =>
    verifyInvocation(`Bearer ${forge.invocationToken("standard", { now })}`, forge.jwks, { appId: forge.appId, now }).license.edition;
  assert.equal(works(), "advanced");

  const first = instance();
  const trap = thrown(() => call(() => first.__wbindgen_malloc(0x7fff_ffff, 3)));
  assert.ok(trap instanceof WebAssembly.RuntimeError, `${trap}`);
  assert.equal(works(), "advanced");
  assert.notEqual(instance(), first);
  assert.equal(invocation(), "standard", "the host's RS256 is handed in again");
});

/** Calls that are refused, each in its own way. */
const MALFORMED = [
  (i) => tenantOf({ method: "GET", target: `/a?jwt=${"x".repeat(i % 700)}` }),
  (i) => tenantOf({ method: "GET", target: "/", authorization: `JWT a.${i}.\u{1f600}\ud800` }),
  (i) => verifyRequest({ ...page, target: `${page.target}&a=${i}` }, site.tenant, { baseUrl, now }),
  (i) => verifyRequest(page, { clientKey: site.tenant.clientKey, secrets: [`${i}`] }, { baseUrl, now }),
  (i) => verifyInvocation(`Bearer a.b.${i}`, `{"keys":[${i}`, { appId: "x", now }),
  (i) => queryHash({ method: "GET", target: `/${i}` }, `ftp://${i}`),
  (i) => hash({ target: i }),
  (i) => hash({ baseUrl: [`${i}`] }),
  (i) => call(op.queryHash, `${i}`),
  (i) => call(op.sign, { secret: `${i}` }),
  (i) => read(op.deliver, { key: "k", framework: "connect", on: `${i}`, now: i }),
  (i) => read(op.apply, { stored: { record: `{"${i}"` }, on: "connect", event: "installed", body: "{}", now: i }),
  (i) => read(op.verifyInstall, { authorization: `${i}`, baseUrl, now: i, pem: "" }),
  (i) => call(op.readLifecycleBody, `{"key":"${i}"`),
  (i) => call(op.machine, `${i}`, "{}"),
  (i) => call(op.machine, "answer", `{"${i}"`),
  (i) => call(op.currentLicense, `${i}\n\n${i}`),
];

test("memory is flat over malformed calls", () => {
  const calls = Number(process.env["MALFORMED_CALLS"] ?? 30_000);
  const size = () => [instance().memory.buffer.byteLength, instance().__wbindgen_externrefs.length];
  const first = instance();
  let warm;
  for (let i = 0; i < calls; i += 1) {
    const error = thrown(() => MALFORMED[i % MALFORMED.length](i));
    assert.ok(error instanceof VerifyError, `${error.stack}`);
    if (i === calls / 10) {
      warm = size();
    }
  }
  assert.deepEqual(size(), warm);
  assert.equal(instance(), first, "no call ended the module");
  console.log(`# ${calls} malformed calls: ${size()[0] / 1024} KiB of memory and ${size()[1]} references, as after ${calls / 10}`);
});

test("what was parsed is of its own texts, proves nothing, and is used up", () => {
  const expected = { baseUrl, now };
  const code = (run) => thrown(run).code;
  const other = new FakeConnect({ appKey: "com.example.app", baseUrl });
  const [one, two] = ["advanced", "standard"].map((scenario) => site.page("/panel?issue=ABC-1", scenario, now));
  const foreign = other.page("/panel?issue=ABC-1", "advanced", now);
  for (const page of [one, two, foreign]) {
    tenantOf(page);
  }
  // the same length, another signature; and the same token for another target
  const forged = { ...one, target: one.target.replace(/.$/, (last) => (last === "A" ? "E" : "A")) };
  const moved = { ...one, target: one.target.replace("ABC-1", "ABC-2") };
  assert.equal(tenantOf(forged), site.clientKey);
  assert.equal(code(() => verifyRequest(foreign, site.tenant, expected)), "issuer");
  for (let times = 0; times < 3; times += 1) {
    assert.equal(code(() => verifyRequest(forged, site.tenant, expected)), "signature");
    assert.equal(code(() => verifyRequest(moved, site.tenant, expected)), "qsh_mismatch");
    assert.equal(code(() => verifyRequest(one, { ...site.tenant, secrets: [other.secret] }, expected)), "signature");
    assert.equal(verifyRequest(two, site.tenant, expected).license.edition, "standard");
    assert.equal(verifyRequest(one, site.tenant, expected).license.edition, "advanced");
  }
  // of a request, of a page's own token, and of the header alone
  const authorization = `JWT ${site.contextToken("advanced", now)}`;
  const own = { method: "GET", target: "/panel", authorization };
  assert.equal(tenantOf(own, "context"), site.clientKey);
  assert.equal(code(() => verifyRequest(own, site.tenant, expected)), "context_token");
  assert.equal(tenantOf(one), site.clientKey);
  assert.equal(code(() => verifyContext(one, site.tenant, expected)), "not_context_token");
  assert.equal(code(() => verifyRequest({ ...one, target: "/panel" }, site.tenant, expected)), "token_missing");
});

test("an event that was checked is held to its own body, endpoint and time", () => {
  const of = { appKey: "com.example.app", baseUrl, event: "installed", now };
  const sent = site.lifecycle("installed", { now });
  const body = sent.body.replace(site.siteUrl, "https://other.atlassian.net");
  assert.notEqual(body, sent.body);
  const code = (run) => thrown(run).code;
  checkUnprovedInstall(sent, of);
  const later = new Date(+now + 3_600_000);
  assert.equal(code(() => verifyInstall(sent, site.pem, { ...of, now: later })), "expired");
  assert.equal(code(() => verifyInstall(sent, site.pem, { ...of, event: "uninstalled" })), "field_value");
  assert.equal(code(() => verifyInstall(sent, site.pem, { ...of, appKey: "com.example.other" })), "field_value");
  const strange = new FakeConnect({ appKey: "com.example.app", baseUrl });
  assert.equal(code(() => verifyInstall(sent, strange.pem, of)), "signature");
  assert.equal(code(() => verifyInstall(sent, strange.pem, of)), "signature");
  assert.equal(verifyInstall({ ...sent, body }, site.pem, of).baseUrl, "https://other.atlassian.net");
  assert.equal(verifyInstall(sent, site.pem, of).baseUrl, site.siteUrl);
});

const appKey = "com.example.app";
const memory = () => instance().memory.buffer;
const deliver = (app, { fetchArguments }) => app.handle(new Request(...fetchArguments)).then(({ status }) => status);

test("forged installs with large bodies do not grow the module while they wait", async () => {
  const unknown = async () => new Response("no", { status: 404 });
  const app = new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), fetch: unknown, allowTestKeys: true, clock: () => now });
  const forge = (name) => deliver(app, site.lifecycle("installed", { now, fields: { description: name.padEnd(250_000, "x") } }));
  for (let place = 0; place < 8; place += 1) {
    assert.equal(await forge(`a ${place}`), 401);
  }
  const before = memory().byteLength;
  for (let place = 0; place < 64; place += 1) {
    assert.equal(await forge(`b ${place}`), 401);
  }
  assert.ok(memory().byteLength - before <= 1 << 20, `${before} bytes before, ${memory().byteLength} after`);
});

test("invocation tokens that are too long to wait do not grow the module", () => {
  const long = (place) => {
    const token = [{ alg: "RS256", kid: "abc", typ: "JWT" }, { pad: `${place}`.padEnd(300_000, "x") }];
    const parts = token.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    return `Bearer ${parts.join(".")}.AA`;
  };
  const parse = (place) => {
    try {
      call(op.invocationKeyOf, long(place));
    } catch (error) {
      assert.ok(error instanceof VerifyError);
    }
  };
  for (let place = 0; place < 8; place += 1) {
    parse(place);
  }
  const before = memory().byteLength;
  for (let place = 8; place < 72; place += 1) {
    parse(place);
  }
  assert.ok(memory().byteLength - before <= 1 << 20, `${before} bytes before, ${memory().byteLength} after`);
});

test("an install that comes no further does not wait in the module, nor does its secret", async () => {
  const copies = (text) => Buffer.from(memory()).toString("latin1").split(text).length - 1;
  const failing = new MemoryStore();
  failing.deliver = () => {
    throw new Error("the disk is full");
  };
  const faults = {
    "no key": [401, () => ({ fetch: async () => new Response("no", { status: 404 }) })],
    "no key host": [503, () => ({ fetch: () => Promise.reject(new TypeError("no network")) })],
    "another's key": [401, (_, other) => ({ keys: { pemOf: async () => other.pem, refresh: async () => other.pem, proved: async () => {} } })],
    "no store": [503, (of) => ({ fetch: of.keyServer, store: failing })],
    nothing: [204, (of) => ({ fetch: of.keyServer })],
  };
  for (const [name, [status, more]] of Object.entries(faults)) {
    const [of, other] = [1, 2].map(() => new FakeConnect({ appKey, baseUrl }));
    const app = new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), allowTestKeys: true, clock: () => now, ...more(of, other) });
    const sent = of.lifecycle("installed", { now });
    assert.equal(await deliver(app, sent), status, name);
    assert.equal(copies(sent.body), 0, name);
    // what was verified was handed out, by a buffer that is free
    assert.ok(copies(of.secret) === 0 || name === "no store" || name === "nothing", name);
  }
});
