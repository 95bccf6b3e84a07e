// The page of every bundler in a real Chromium, under the policy that Custom UI has by default.
import assert from "node:assert/strict";
import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { BUNDLERS, bundled, leftOver } from "./bundle.mjs";
import { BUILD, HERE, answered, customUiPolicy, launch, open, serve, shown } from "./harness.mjs";

let browser;
const servers = [];
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  servers.forEach((server) => server.close());
});
const served = async (...options) => {
  const { server, origin } = await serve(...options);
  servers.push(server);
  return origin;
};

const bridge = (license) =>
  `globalThis.bridge = { getContext: async () => (${JSON.stringify({ environmentType: "PRODUCTION", license })}) };`;
/** Writes down what stands where the gate is, after each change of the document. */
const WATCH = `
  globalThis.drawn = [];
  const draw = () => {
    const text = document.querySelector("#gate")?.textContent ?? (document.querySelector("#loading") && "loading");
    text && drawn.at(-1) !== text && drawn.push(text);
  };
  new MutationObserver(draw).observe(document, { childList: true, subtree: true, characterData: true });`;
const policy = (html) => ({ "content-security-policy": customUiPolicy(html) });

/** What docs/npm/runtimes.md calls them. */
const ROWS = { esbuild: "esbuild", webpack: "webpack 5", vite: "Vite 8" };

for (const name of Object.keys(BUNDLERS)) {
  test(`10, 16: ${name}: React and OpenFeature in Custom UI`, async () => {
    const origin = await served(await bundled(name), policy);
    const states = [
      [{ active: true, capabilitySet: "capabilityAdvanced" }, "active advanced 9007199254740991", "allowed", "true TARGETING_MATCH"],
      [{ active: true, capabilitySet: "capabilityStandard" }, "active standard 10", "capability_missing", "false TARGETING_MATCH"],
      [null, "absent null 1", "absent", "false DEFAULT"],
    ];
    for (const [license, line, gate, flag] of states) {
      const { page, problems, close } = await open(browser, `${origin}/`, { script: `${bridge(license)} ${WATCH}` });
      assert.equal(await shown(page, "#ready"), line);
      assert.equal(await shown(page, "#gate"), gate);
      assert.deepEqual(await page.evaluate(() => globalThis.drawn), ["loading", gate], "nothing is drawn in between");
      assert.equal(await shown(page, "#flag"), flag);
      assert.deepEqual(problems, []);
      await close();
    }
    const broken = "globalThis.bridge = { getContext: async () => { throw new Error('offline') } };";
    const { page, close } = await open(browser, `${origin}/`, { script: broken });
    assert.equal(await shown(page, "#gate"), "offline");
    assert.equal(await page.title(), "failed: offline");
    assert.equal(await shown(page, "#flag"), "false ERROR");
    await close();
  });

  test(`10: ${name} leaves out what is not used`, async () => {
    const code = readFileSync(await leftOver(name), "utf8");
    assert.ok(code.length < 400, `${code.length} bytes are left of nothing`);
  });
}

for (const name of Object.keys(BUNDLERS)) {
  test(`17: ${name}: the platform's own bridge in a page, with the fixtures at its other end`, async () => {
    const origin = await served(await bundled(name, "bridge.mjs"), policy);
    const { page, problems, close } = await open(browser, `${origin}/`);
    assert.deepEqual(JSON.parse(await shown(page, "pre")), {
      "trial-of-advanced": "active advanced hint",
      standard: "active standard hint",
      expired: "inactive  hint",
      absent: "absent  hint",
      uninstalled: "the fake bridge was taken away",
    });
    assert.deepEqual(problems, []);
    await close();
    answered(`${ROWS[name]}, in Chromium, the policy of Custom UI`, [".", "./openfeature", "./react", "./testing/browser"]);
  });
}

test("10: the core in a page, where its policy allows WebAssembly, and where it does not", async () => {
  const folder = await bundled("esbuild", "core.mjs");
  const allows = (html) => ({ "content-security-policy": customUiPolicy(html).replace("script-src ", "script-src 'wasm-unsafe-eval' ") });
  for (const [headers, expected] of [[allows, "granted"], [policy, "misuse"]]) {
    const { page, close } = await open(browser, `${await served(folder, headers)}/`);
    assert.equal(await shown(page, "pre"), expected);
    await close();
  }
  answered("Chromium, a policy with `wasm-unsafe-eval`", [".", "./wasm"]);
});

test("10: the policy is in force on these pages", async () => {
  const origin = await served(await bundled("esbuild"), policy);
  const { page, close } = await open(browser, `${origin}/`, { script: bridge(null) });
  const refused = await page.evaluate(async () => {
    const inline = document.createElement("script");
    inline.textContent = "globalThis.inlined = true";
    document.head.append(inline);
    const compiled = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(
      () => true,
      () => false,
    );
    return { inlined: Boolean(globalThis.inlined), compiled };
  });
  assert.deepEqual(refused, { inlined: false, compiled: false });
  await close();
});

test("5, 10: the vectors, through what was packed, under the policy", async () => {
  const [folder, vectors] = [`${BUILD}vectors/`, `${HERE}../vectors/`];
  const names = readdirSync(vectors).filter((name) => name.endsWith(".json"));
  cpSync(vectors, `${folder}files`, { recursive: true });
  writeFileSync(`${folder}files/index.json`, JSON.stringify(names));
  cpSync(`${BUILD}node_modules/@app-license/sdk/dist`, `${folder}dist`, { recursive: true });
  cpSync(`${HERE}../../wasm/js/test/vectors.mjs`, `${folder}vectors.mjs`);
  const origin = await served(folder, policy);
  const { page, problems, close } = await open(browser, `${origin}/`);
  const tallies = JSON.parse(await shown(page, "pre"));
  assert.deepEqual(tallies.flatMap(({ failures }) => failures), []);
  assert.ok(tallies.reduce((sum, { passed }) => sum + passed, 0) > 80);
  assert.deepEqual(problems, []);
  await close();
});

test("10, 16: a cross-origin iframe with the query of Connect", async () => {
  const app = await served(await bundled("esbuild"), () => ({ "content-security-policy": "default-src 'self'" }), "localhost");
  const host = await served(await bundled("vite"));
  const query = new URLSearchParams({
    xdm_e: "https://example.atlassian.net",
    xdm_c: "channel-com.example.app__panel",
    cp: "/wiki",
    xdm_deprecated_addon_key_do_not_use: "com.example.app",
    lic: "active",
    capSet: "capabilityAdvanced",
    cv: "1001.0.0",
    jwt: `${"a".repeat(60)}.${"b".repeat(900)}.${"c".repeat(43)}`,
  });
  const { page, close } = await open(browser, `${host}/`, { script: bridge(null) });
  const say = (search) =>
    page.evaluate(
      (url) =>
        new Promise((resolve) => {
          addEventListener("message", (event) => event.origin === new URL(url).origin && resolve(event.data));
          const frame = document.createElement("iframe");
          frame.src = url;
          document.body.append(frame);
        }),
      `${app}/?${search}`,
    );
  assert.equal(await say(query), "true TARGETING_MATCH");
  query.append("lic", "none");
  assert.equal(await say(query), "false TARGETING_MATCH");
  query.delete("lic");
  assert.equal(await say(query), "false DEFAULT");
  await close();
  answered("Chromium, a Connect iframe of another origin", [".", "./openfeature", "./react"]);
});
