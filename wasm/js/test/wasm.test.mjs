// The core for pages, in Node: what its readers are handed, and how it is loaded.
import assert from "node:assert/strict";
import { test } from "node:test";

import { License, LicenseError, check } from "@app-license/sdk";
import * as server from "@app-license/sdk/server";

const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";

test("a page that could not load it may try again", async (t) => {
  const { loadCore } = await import("@app-license/sdk/wasm");
  const { Instance } = WebAssembly;
  let tries = 0;
  t.mock.method(WebAssembly, "Instance", function (...all) {
    tries += 1;
    if (tries === 1) {
      throw new RangeError("out of memory");
    }
    return new Instance(...all);
  });
  await assert.rejects(loadCore(), (error) => {
    assert.ok(error instanceof LicenseError);
    assert.deepEqual([error.code, /out of memory/.test(error.message)], ["misuse", true]);
    return true;
  });
  const core = await loadCore();
  assert.equal(core.fromConnectQuery("?lic=active").state, "active");
  assert.equal(await loadCore(), core);
  assert.equal(tries, 2);
});

test("results that are none are refused by a code, not by a TypeError", async () => {
  const { loadCore } = await import("@app-license/sdk/wasm");
  const core = await loadCore();
  const advanced = { appId, data: { isActive: true, capabilitySet: "capabilityAdvanced" } };
  for (const results of [[null], [undefined], [1], [null, advanced], null, {}]) {
    for (const options of [{}, { appId }]) {
      const read = () => core.fromForgeApi({ results }, options);
      assert.throws(read, (error) => error instanceof LicenseError && /^field_/.test(error.code), JSON.stringify(results));
    }
  }
  for (const id of [appId, appId.toUpperCase(), `ari:cloud:ecosystem::app/${appId}`]) {
    const license = core.fromForgeApi({ results: [{ appId: "other", data: null }, advanced] }, { appId: id });
    assert.deepEqual([license.edition, license.raw], ["advanced", advanced.data]);
  }
});

test("a query is held to the rules of the first entry, a license to those of the core", async () => {
  const { loadCore } = await import("@app-license/sdk/wasm");
  const core = await loadCore();
  for (const query of ["https://a.example.com/?lic=active", "{}", 1, null, { lic: "active" }, Promise.resolve("")]) {
    const codes = [License, core].map((reader) => {
      try {
        return reader.fromConnectQuery(query).state;
      } catch (error) {
        return `${error.code}: ${error.message}`;
      }
    });
    assert.equal(codes[0], codes[1]);
    assert.match(codes[0], /^misuse: /);
  }
  const query = "?lic=active&capSet=capabilityAdvanced";
  for (const said of [query, new URLSearchParams(query)]) {
    const license = core.fromConnectQuery(said, { asOf: new Date(0) });
    assert.equal(check(license, { requires: "capabilityAdvanced", maxAge: 60, now: new Date(60_000) }).allowed, true);
    assert.equal(check(license, { requires: "capabilityAdvanced", maxAge: 60, now: new Date(61_000) }).reason, "stale");
  }
});

test("what docs/errors.md says of `license_api`", () => {
  const code = (read) => {
    try {
      read();
      return undefined;
    } catch (error) {
      return error.code;
    }
  };
  const one = (id) => ({ appId: id, data: { isActive: true } });
  const two = { results: [one(appId), one("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")] };
  const onServer = (status, body, options) => code(() => server.fromForgeApi({ status, body: JSON.stringify(body) }, options));
  for (const [status, body] of [[401, {}], [429, {}], [500, {}], [200, {}], [200, { results: [null] }]]) {
    assert.equal(onServer(status, body), "license_api", `${status} ${JSON.stringify(body)}`);
  }
  assert.equal(code(() => License.fromForgeApi(two)), "license_api");
  assert.equal(onServer(200, two), "field_value");
  assert.equal(onServer(200, { results: [] }, { appId }), "not_checked");
  assert.equal(onServer(200, two, { appId }), undefined);
});

test("what is no plain JSON reads alike in both", async () => {
  const { loadCore } = await import("@app-license/sdk/wasm");
  const core = await loadCore();
  const deep = (levels) => Array.from({ length: levels }).reduce((inner) => ({ inner }), {});
  const license = { active: true, capabilitySet: "capabilityAdvanced" };
  const itself = { license };
  itself.self = itself;
  const advanced = "capabilityAdvanced";
  const sets = [
    ["a boxed text", new String(advanced)],
    ["one by toJSON", { toJSON: () => advanced }],
    ["nothing by toJSON", { toJSON: () => undefined }],
    ["a function", () => advanced],
    ["a symbol", Symbol(advanced)],
    ["a BigInt", 1n],
    ["a cycle", itself],
    ["a list", [advanced]],
    ["an object", { a: 1 }],
    ["a number", 1],
    ["no number", NaN],
    ["a boolean", true],
    ["empty", ""],
    ["NULL", "NULL"],
    ["of a higher name", "capabilityUltra"],
    ["too long", "c".repeat(70_000)],
  ];
  const written = { toJSON: () => license };
  const contexts = {
    "a license that writes another": { license: written },
    "a context that writes another": { toJSON: () => ({ license }) },
    "a field that writes another": { license: { active: { toJSON: () => true } } },
    "a boxed boolean": { license: { active: new Boolean(true) } },
    "a boxed environment": { environmentType: new String("PRODUCTION"), license },
    "5,000 levels beside the license": { license, extension: deep(5000) },
    "5,000 levels in the license": { license: { ...license, extra: deep(5000) } },
    "a context that holds itself": itself,
    "no number": { license: { active: NaN } },
    "an inherited license": Object.create({ license }),
    "inherited fields": { license: Object.create(license) },
    "hidden fields": { license: Object.defineProperty({}, "active", { value: true }) },
    "a list": { license: [true] },
    "a number": { license: 1 },
    "no access, inherited": { license, userAccess: Object.create({ hasAccess: true }) },
    "no access, of no number": { license, userAccess: NaN },
    ...Object.fromEntries(sets.map(([what, capabilitySet]) => [`a capability set that is ${what}`, { license: { active: true, capabilitySet } }])),
    plain: { license, environmentType: "STAGING", userAccess: { enabled: true, hasAccess: true } },
  };
  const said = (reader, name, context) => {
    try {
      const { state, edition, isEvaluation, environment, capabilitySet } = reader[name](context);
      const reasons = ["capabilityFree", "capabilityStandard", advanced].map((requires) => check(reader[name](context), { requires }).reason);
      return { state, edition, isEvaluation, environment, capabilitySet, decided: reasons[0], reasons };
    } catch (error) {
      assert.ok(error instanceof LicenseError, `${error?.stack}`);
      return error.code;
    }
  };
  for (const [what, context] of Object.entries(contexts)) {
    for (const name of ["fromForgeContext", "fromFunctionContext", "fromConnectContext"]) {
      assert.deepEqual(said(core, name, context), said(License, name, context), `${what}, ${name}`.slice(0, 200));
    }
    const api = { results: [{ appId, data: context.license, error: null }], context };
    if (Object.hasOwn(context, "license")) {
      assert.deepEqual(said(core, "fromForgeApi", api), said(License, "fromForgeApi", api), `${what}, fromForgeApi`);
    }
  }
  assert.equal(said(License, "fromForgeContext", contexts["inherited fields"]), "misuse");
  assert.equal(said(License, "fromForgeContext", contexts.plain).decided, "granted");
});
