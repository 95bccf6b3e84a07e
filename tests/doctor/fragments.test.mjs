// What `conditions generate` prints is taken by the platform's validation and schemas.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "smol-toml";

import { CODE, ROOT, appLicense, folder, installed, manifest, platformErrors, validator } from "./platform.mjs";

const EVERY_EDITION = '[features]\nview = "free"\nexport = "standard"\nbulk-export = "advanced"\n';

/** The editions files of the examples, and one with every edition: the file, and its features. */
function editions(t) {
  const own = join(folder(t, { "editions.toml": EVERY_EDITION }), "editions.toml");
  const examples = readdirSync(join(ROOT, "examples")).map((name) => join(ROOT, "examples", name));
  const files = examples.filter((one) => readdirSync(one).includes("editions.toml")).map((one) => join(one, "editions.toml"));
  return [own, ...files].map((file) => [file, Object.keys(parse(readFileSync(file, "utf8")).features)]);
}

const generate = (framework, feature, file, ...more) =>
  appLicense(["conditions", "generate", framework, "--feature", feature, "--editions", file, ...more]);

const indented = (text) => text.replace(/^(?=.)/gm, "      ");

test("Forge: a fragment in a manifest passes @forge/manifest", { timeout: 120_000 }, async (t) => {
  const types = ["jira:projectPage", "confluence:globalPage", "jiraServiceManagement:portalHeader"];
  const here = folder(t, CODE);
  let fragments = 0;
  for (const [file, features] of editions(t)) {
    for (const feature of features) {
      const fragment = generate("forge", feature, file);
      assert.match(fragment, /^displayConditions:/);
      for (const type of types) {
        writeFileSync(join(here, "manifest.yml"), `modules:
  ${type}:
    - key: a
      title: A
      resource: main
      ${type.startsWith("confluence:") ? "route: reports" : "layout: basic"}
${indented(fragment)}
app:
  id: ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000
  runtime: {name: nodejs22.x}
  licensing: {enabled: true, editionsEnabled: true}
resources: [{key: main, path: static}]
`);
        const errors = (await platformErrors(here)).filter((message) => !/layout|viewportSize/.test(message));
        assert.deepEqual(errors, [], `${file} ${feature} ${type}\n${fragment}`);
        fragments += 1;
      }
    }
  }
  assert.ok(fragments >= 12, `${fragments}`);
});

test("Forge: a fragment that is not taken is noticed", async (t) => {
  const here = folder(t, CODE);
  const module = { key: "a", title: "A", resource: "main", displayConditions: { appEdition: "capabilityAdvanced" } };
  writeFileSync(join(here, "manifest.yml"), manifest({ licensing: { enabled: true } }, { "jira:projectPage": [module] }));
  assert.match((await platformErrors(here)).join("\n"), /appEdition/);
});

// The schema of Connect modules in @forge/manifest: the only one that a package registry has.
test("Connect: a fragment in a module passes the schema of Connect modules", (t) => {
  const schema = installed("@forge/manifest/out/schema/manifest-schema.json");
  const of = (path) => validator("draft-07", { $ref: `base#/definitions/${path}` }, schema);
  const panels = of("ModuleSchema/properties/connect-jira:webPanels");
  const single = of("singleCondition");
  // that schema takes any object for a composite condition, so each part is looked at as well
  function parts(condition) {
    const lists = ["and", "or"].filter((operation) => operation in condition);
    if (lists.length) {
      assert.deepEqual(Object.keys(condition), lists.slice(0, 1));
      return condition[lists[0]].flatMap(parts);
    }
    return [condition];
  }
  const panel = (conditions) => [{ key: "p", url: "/p", location: "atl.jira.view.issue.right.context", name: { value: "P" }, conditions }];
  assert.notDeepEqual(panels(panel("addon_is_licensed")), [], "the schema refuses what is wrong");
  assert.notDeepEqual(single({ condition: 7 }), []);
  for (const [file, features] of editions(t)) {
    for (const feature of features) {
      const { conditions } = JSON.parse(generate("connect", feature, file));
      assert.deepEqual(panels(panel(conditions)), [], feature);
      const found = conditions.flatMap(parts);
      // what is free needs no condition
      assert.equal(found.length > 0, feature !== "view", feature);
      for (const part of found) {
        assert.deepEqual(single(part), [], JSON.stringify(part));
      }
    }
  }
});
