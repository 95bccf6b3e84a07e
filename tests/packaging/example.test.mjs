// The Custom UI example as the platform serves it: built, under the default policy, with the real
// bridge. SCREENSHOTS=keep writes its pictures where the README shows them.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { BUILD, HERE, customUiPolicy, launch, open, serve, shown } from "./harness.mjs";
import { contrasts, overflow } from "./looks.mjs";

const EXAMPLE = `${HERE}../../examples/forge-custom-ui/`;
const PICTURES = process.env.SCREENSHOTS === "keep" ? `${EXAMPLE}screenshots/` : `${BUILD}screenshots/`;

const trial = { isEvaluation: true, trialEndDate: "2026-12-08T00:00:00.000Z" };
const active = (capabilitySet, more) => ({ active: true, type: "commercial", capabilitySet, ...more });
const STATES = {
  standard: {
    license: active("capabilityStandard"),
    badge: "Standard",
    offers: ["Export", "Part of Advanced. Your site has Standard."],
  },
  advanced: { license: active("capabilityAdvanced"), badge: "Advanced", offers: ["Export", "Set up"] },
  trial: { license: active("capabilityAdvanced", trial), badge: "Advanced trial", offers: ["Export", "Set up"] },
  absent: {
    license: undefined,
    badge: "No license",
    offers: ["No license for this site yet.", "No license for this site yet."],
  },
  ended: {
    license: { active: false, capabilitySet: "capabilityAdvanced" },
    badge: "Ended",
    offers: ["The subscription has ended. Ask an admin to renew it.", "The subscription has ended. Ask an admin to renew it."],
  },
};

/** Those that the README shows. */
const KEPT = new Set(["standard-light", "advanced-light", "trial-dark", "absent-light"]);

/** The other end of the bridge: what the product answers. */
const product = (license, mode) => `
  globalThis.__bridge = {
    callBridge: async (command) => {
      if (command === "enableTheming") document.documentElement.dataset.colorMode = "${mode}";
      if (command === "getContext") return { environmentType: "PRODUCTION", license: ${JSON.stringify(license)} };
    },
  };`;

let browser;
let site;
before(async () => {
  assert.ok(existsSync(`${EXAMPLE}dist/index.html`), "the example is not built: npm run build, in its folder");
  mkdirSync(PICTURES, { recursive: true });
  browser = await launch();
  site = await serve(`${EXAMPLE}dist`, (html) => ({ "content-security-policy": customUiPolicy(html) }));
});
after(async () => {
  await browser?.close();
  site?.server.close();
});

for (const [name, { license, badge, offers }] of Object.entries(STATES)) {
  for (const mode of ["light", "dark"]) {
    test(`${name}, ${mode}`, async () => {
      const viewport = { width: 640, height: 400 };
      const script = product(license, mode);
      const { page, problems, close } = await open(browser, `${site.origin}/`, { script, viewport });
      assert.equal(await shown(page, ".badge"), badge);
      const said = await page.locator(".card button, .card .why").allTextContents();
      assert.deepEqual(said, offers);
      assert.deepEqual(problems, []);
      assert.deepEqual(await page.evaluate(contrasts, 4.5), []);
      const picture = `${PICTURES}${name}-${mode}.png`;
      if (KEPT.has(`${name}-${mode}`)) {
        await page.locator("main").screenshot({ path: picture });
        assert.ok(statSync(picture).size < 40_000, `${picture}: ${statSync(picture).size} bytes`);
      }
      for (const width of [390, 320]) {
        await page.setViewportSize({ width, height: 700 });
        assert.deepEqual(await page.evaluate(overflow), [], `at ${width} pixels`);
      }
      if (name === "standard" && mode === "dark") {
        await page.setViewportSize({ width: 390, height: 480 });
        await page.screenshot({ path: `${PICTURES}narrow-dark.png` });
      }
      await close();
    });
  }
}

test("a bridge that fails leaves nothing open", async () => {
  const script = `globalThis.__bridge = { callBridge: async () => { throw new Error("offline"); } };`;
  const { page, problems, close } = await open(browser, `${site.origin}/`, { script });
  assert.equal(await shown(page, ".badge"), "Unknown");
  assert.equal(await page.locator("button").count(), 0);
  assert.equal(problems.length, 1, "the console tells why, once");
  assert.match(problems[0], /^the license cannot be read: Error: offline/);
  await close();
});

test("the README shows a picture of every state", () => {
  const readme = readFileSync(`${EXAMPLE}README.md`, "utf8");
  const pictures = [...readme.matchAll(/screenshots\/[\w-]+\.png/g)].map(([path]) => path);
  for (const state of ["standard", "advanced", "trial", "absent"]) {
    assert.ok(pictures.some((path) => path.includes(state)), state);
  }
  for (const picture of pictures) {
    const bytes = readFileSync(`${EXAMPLE}${picture}`);
    assert.deepEqual([...bytes.subarray(1, 4)], [...Buffer.from("PNG")]);
    assert.ok(bytes.length < 40_000, `${picture}: ${bytes.length} bytes`);
  }
});

test("the platform's schema accepts the manifest", async (t) => {
  const { validate } = createRequire(import.meta.url)("@forge/manifest");
  // it looks for the files that the manifest names in the current folder
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(EXAMPLE);
  const { success, errors } = await validate(false, "manifest.yml");
  assert.deepEqual(errors, []);
  assert.ok(success);

  const wrong = `${BUILD}wrong.yml`;
  writeFileSync(wrong, readFileSync("manifest.yml", "utf8").replace("editionsEnabled: true", "editions: true"));
  assert.equal((await validate(false, wrong)).success, false, "it does look");
});
