// The OpenFeature providers under the real SDKs.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { OpenFeature as Server, ProviderEvents as ServerEvents } from "@openfeature/server-sdk";
import { OpenFeature as Web, ProviderEvents as WebEvents, ProviderStatus } from "@openfeature/web-sdk";

import { build } from "esbuild";

import { FeatureMap, License, isUnlimited } from "@app-license/sdk";
import { LicenseServerProvider, LicenseWebProvider } from "@app-license/sdk/openfeature";
import { fromConnectApi, fromFunctionContext } from "@app-license/sdk/server";
import { answered, cases, now } from "./openfeature-flags.mjs";

const features = new FeatureMap({
  features: { export: "standard", "bulk-export": "advanced", beta: "capabilityUltra" },
  limits: { projects: { none: 3, standard: 10, advanced: "unlimited" }, export: { standard: 5 } },
  "service-levels": { support: { advanced: "4 h" } },
});
const license = (fields, options) =>
  License.fromForgeContext({ environmentType: "PRODUCTION", license: fields }, options);
const advanced = license({ active: true, capabilitySet: "capabilityAdvanced" });
const standard = license({ active: true });
const inactive = license({ active: false, capabilitySet: "capabilityAdvanced" });
const absent = license(null);
let domains = 0;

async function web(options, context) {
  const domain = `web-${domains++}`;
  const provider = new LicenseWebProvider({ features, ...options });
  await Web.setProviderAndWait(domain, provider, context);
  return { client: Web.getClient(domain), provider, domain };
}

test("web: features are booleans, limits numbers, service levels strings", async () => {
  const { client } = await web({ license: advanced });
  assert.equal(client.getBooleanValue("bulk-export", false), true);
  assert.equal(client.getBooleanValue("beta", true), false);
  assert.equal(client.getNumberValue("projects", 0), Number.MAX_SAFE_INTEGER);
  assert.equal(client.getNumberValue("export", 0), 5);
  assert.equal(client.getStringValue("support", ""), "4 h");
  const { client: other } = await web({ license: standard });
  assert.equal(other.getBooleanValue("bulk-export", true), false);
  assert.equal(other.getNumberValue("projects", 0), 10);
  assert.equal(other.getStringValue("support", "?"), "");
});

test("web: reasons, and the decision beside them", async () => {
  const details = async (options) => (await web(options)).client.getBooleanDetails("bulk-export", true);
  const of = async (options) => {
    const { value, reason, flagMetadata } = await details(options);
    return [value, reason, flagMetadata.reason];
  };
  assert.deepEqual(await of({ license: advanced }), [true, "TARGETING_MATCH", "granted"]);
  assert.deepEqual(await of({ license: standard }), [false, "TARGETING_MATCH", "capability_missing"]);
  assert.deepEqual(await of({ license: inactive }), [false, "TARGETING_MATCH", "inactive"]);
  assert.deepEqual(await of({ license: absent }), [false, "DEFAULT", "absent"]);
  assert.deepEqual(await of({ license: absent, policy: { whenAbsent: "advanced" } }), [true, "DEFAULT", "granted"]);
  assert.deepEqual(await of({ license: advanced, policy: { maxAge: 5 } }), [false, "STALE", "stale"]);
  assert.deepEqual(await of({ license: advanced, policy: { confirmedOnly: true } }), [false, "TARGETING_MATCH", "unconfirmed"]);
  assert.deepEqual((await details({ license: standard })).flagMetadata, {
    reason: "capability_missing",
    needs: "capabilityAdvanced",
    has: "capabilityStandard",
    state: "active",
    source: "forge_ui_context",
    trust: "hint",
  });
  const { client } = await web({ license: absent });
  assert.deepEqual(
    [client.getNumberDetails("projects", 7)].map(({ value, reason }) => [value, reason]),
    [[3, "DEFAULT"]],
  );
});

test("web: error codes, and the default value with them", async () => {
  const { client } = await web({ license: advanced });
  const of = ({ value, reason, errorCode }) => [value, reason, errorCode];
  assert.deepEqual(of(client.getBooleanDetails("Export", true)), [true, "ERROR", "FLAG_NOT_FOUND"]);
  assert.deepEqual(of(client.getBooleanDetails("constructor", false)), [false, "ERROR", "FLAG_NOT_FOUND"]);
  assert.deepEqual(of(client.getNumberDetails("bulk-export", 7)), [7, "ERROR", "TYPE_MISMATCH"]);
  assert.deepEqual(of(client.getBooleanDetails("projects", false)), [false, "ERROR", "TYPE_MISMATCH"]);
  assert.deepEqual(of(client.getObjectDetails("projects", {})), [{}, "ERROR", "TYPE_MISMATCH"]);
  assert.deepEqual(of(client.getObjectDetails("nothing", {})), [{}, "ERROR", "FLAG_NOT_FOUND"]);
  const bare = new LicenseWebProvider({ features, license: advanced });
  assert.throws(() => bare.resolveBooleanEvaluation("export"), { code: "PROVIDER_NOT_READY" });
});

test("web: a license that cannot be read puts the provider into error", async () => {
  const broken = () => License.fromForgeContext({ license: true });
  await assert.rejects(web({ license: broken }), { code: "PARSE_ERROR", message: /^field_type: / });
  const client = Web.getClient(`web-${domains - 1}`);
  assert.equal(client.providerStatus, ProviderStatus.ERROR);
  assert.equal(client.getBooleanValue("export", false), false);
  assert.equal(client.getBooleanDetails("export", false).errorCode, "PROVIDER_NOT_READY");
});

test("web: a new context is read, and tells which flags changed", async () => {
  const of = { a: standard, b: advanced };
  const { client, domain } = await web({ license: async ({ site }) => of[site] }, { site: "a" });
  const seen = new EventEmitter();
  client.addHandler(WebEvents.ConfigurationChanged, (event) => seen.emit("changed", event.flagsChanged));
  client.addHandler(WebEvents.ContextChanged, () => seen.emit("context"));
  assert.equal(client.getBooleanValue("bulk-export", false), false);
  const events = Promise.all([once(seen, "changed"), once(seen, "context")]);
  await Web.setContext(domain, { site: "b" });
  assert.equal(client.getBooleanValue("bulk-export", false), true);
  const [[flags]] = await events;
  assert.deepEqual(flags.sort(), ["bulk-export", "projects", "support"]);
});

test("web: of two contexts on their way the later one counts; a failed one leaves no license", async () => {
  const waiting = {};
  const load = ({ site }) => new Promise((resolve, reject) => (waiting[site] = { resolve, reject }));
  const provider = new LicenseWebProvider({ features, license: load });
  const start = provider.initialize({ site: "a" });
  waiting.a.resolve(standard);
  await start;
  const [b, c] = [provider.onContextChange({}, { site: "b" }), provider.onContextChange({}, { site: "c" })];
  waiting.c.resolve(standard);
  waiting.b.resolve(advanced);
  await Promise.all([b, c]);
  assert.equal(provider.resolveBooleanEvaluation("bulk-export").value, false);
  const d = provider.onContextChange({}, { site: "d" });
  assert.equal(provider.resolveBooleanEvaluation("export").value, true);
  waiting.d.reject(new Error("offline"));
  await assert.rejects(d, /offline/);
  assert.throws(() => provider.resolveBooleanEvaluation("export"), { code: "PROVIDER_NOT_READY" });
});

test("web: another license is told once, and only where it changes something", async () => {
  const { client, provider } = await web({ license: standard });
  const seen = [];
  client.addHandler(WebEvents.ConfigurationChanged, (event) => void seen.push(event.flagsChanged));
  provider.setLicense(license({ active: true, isEvaluation: true }));
  provider.setLicense(absent);
  await new Promise(setImmediate);
  assert.deepEqual(seen, [["export", "projects"]]);
  assert.equal(client.getBooleanValue("export", true), false);
});

test("server: every evaluation is about the tenant its context names", async () => {
  const of = (capabilitySet) => fromFunctionContext({ license: { active: true, capabilitySet } });
  const verified = { a: of("capabilityAdvanced"), b: of("capabilityStandard") };
  const lookUp = async ({ targetingKey, fault }) => {
    if (fault) License.fromConnectApi({});
    return targetingKey === "hint" ? advanced : (verified[targetingKey] ?? null);
  };
  const provider = new LicenseServerProvider({ features, license: lookUp });
  await Server.setProviderAndWait(provider);
  const client = Server.getClient();
  assert.equal(await client.getBooleanValue("bulk-export", false, { targetingKey: "a" }), true);
  assert.equal(await client.getBooleanValue("bulk-export", true, { targetingKey: "b" }), false);
  assert.equal(await client.getNumberValue("projects", 0, { targetingKey: "b" }), 10);
  assert.equal(await client.getStringValue("support", "", { targetingKey: "a" }), "4 h");
  const code = async (name, context) => {
    const { value, errorCode, reason } = await client.getBooleanDetails(name, false, context);
    return [value, reason, errorCode];
  };
  assert.deepEqual(await code("export", { targetingKey: "nobody" }), [false, "ERROR", "INVALID_CONTEXT"]);
  assert.deepEqual(await code("export", { targetingKey: "hint" }), [false, "ERROR", "INVALID_CONTEXT"]);
  assert.deepEqual(await code("export", { fault: true }), [false, "ERROR", "PARSE_ERROR"]);
  assert.deepEqual(await code("nothing", { targetingKey: "a" }), [false, "ERROR", "FLAG_NOT_FOUND"]);
  assert.deepEqual(await code("projects", { targetingKey: "a" }), [false, "ERROR", "TYPE_MISMATCH"]);
  const { flagMetadata } = await client.getBooleanDetails("export", false, { targetingKey: "a" });
  assert.equal(flagMetadata.trust, "verified");

  const seen = [];
  client.addHandler(ServerEvents.ConfigurationChanged, (event) => void seen.push(event.flagsChanged));
  provider.notify(verified.b, verified.a);
  provider.notify(verified.a, verified.a);
  provider.notify();
  await new Promise(setImmediate);
  assert.deepEqual(seen, [
    ["bulk-export", "projects", "support"],
    ["export", "bulk-export", "beta", "projects", "support"],
  ]);
});

test("an SDK refuses the provider made for the other", async () => {
  await assert.rejects(async () => Web.setProviderAndWait("x", new LicenseServerProvider({ features, license: () => null })));
  await assert.rejects(async () => Server.setProviderAndWait("x", new LicenseWebProvider({ features, license: advanced })));
});

test("a policy that cannot be meant is refused when a provider is made", () => {
  for (const policy of [{ maxAge: Infinity }, { whenAbsnt: "standard" }, { whenAbsent: "premium" }]) {
    assert.throws(() => new LicenseWebProvider({ features, license: null, policy }), { code: "misuse" });
    assert.throws(() => new LicenseServerProvider({ features, license: () => null, policy }), { code: "misuse" });
  }
});

describe("flags are answered as by the Rust provider", () => {
  const lib = { FeatureMap, LicenseServerProvider, fromConnectApi, isUnlimited };
  /** The first case that is answered otherwise. */
  async function difference(t, provider) {
    t.mock.timers.enable({ apis: ["Date"], now: now * 1000 });
    for (const { expect, ...asked } of cases) {
      const found = await answered({ ...lib, LicenseServerProvider: provider }, asked);
      try {
        assert.deepEqual(found, expect);
      } catch (error) {
        return `${JSON.stringify(asked)}: ${error.message}`;
      }
    }
    return undefined;
  }

  test("every case", async (t) => {
    assert.ok(cases.length > 150, `${cases.length}`);
    assert.equal(await difference(t, LicenseServerProvider), undefined);
  });

  /** A text of the sources, and what it is made. */
  for (const [from, to] of [
    ['known.state === "absent"', "false"],
    ['reason === "stale"', 'reason === "inactive"'],
    ['["boolean", "features"', '["string", "features"'],
    ['kind === "boolean" ? needs : null', "needs"],
    ['?? ""', '?? "none"'],
    ['? "unlimited"', '? "Infinity"'],
    ["FlagNotFoundError(`the", "TypeMismatchError(`the"],
  ]) {
    test(`a planted difference is found: ${from}`, async (t) => {
      const sources = new URL("../src/", import.meta.url);
      const plugin = {
        name: "mutate",
        setup(plugin) {
          plugin.onLoad({ filter: /src\/openfeature_flags\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, "utf8");
            assert.ok(text.includes(from), `the sources no longer have ${from}`);
            return { contents: text.replace(from, () => to), loader: "ts" };
          });
        },
      };
      const entryPoints = [fileURLToPath(new URL("openfeature.ts", sources))];
      const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: "esm", target: "es2022", plugins: [plugin] });
      const planted = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
      assert.notEqual(await difference(t, planted.LicenseServerProvider), undefined);
    });
  }
});
