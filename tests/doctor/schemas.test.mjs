// SARIF against its schema; editions files against the schema that editors read.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "smol-toml";

import { ROOT, appLicense, filesOfPages, folder, installed, manifestsOfPages, validator } from "./platform.mjs";

const sarif = validator("draft-04", installed("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));

test("the doctor's SARIF follows the schema of SARIF 2.1.0", (t) => {
  const files = Object.fromEntries(filesOfPages().map(([name, path, text]) => [`an app/${name}/é#/${path}`, text]));
  const log = JSON.parse(appLicense(["doctor", folder(t, files), "--sarif"], [0, 2]));
  const { results, tool } = log.runs[0];
  assert.ok(new Set(results.map(({ ruleId }) => ruleId)).size > 40, `${results.length}`);
  assert.ok(tool.driver.rules.length > 40);
  assert.deepEqual(sarif(log), []);

  const clean = JSON.parse(appLicense(["doctor", folder(t, { "src/index.js": "export const one = 1;\n" }), "--sarif"]));
  assert.deepEqual(clean.runs[0].results, []);
  assert.deepEqual(sarif(clean), []);
});

test("a log of another shape is refused by that schema", (t) => {
  const app = folder(t, { "manifest.yml": manifestsOfPages()[0][1] });
  const log = () => JSON.parse(appLicense(["doctor", app, "--sarif"], [0, 2]));
  for (const [name, change] of Object.entries({
    level: (run) => (run.results[0].level = "fatal"),
    line: (run) => (run.results[0].locations[0].physicalLocation.region.startLine = 0),
    message: (run) => delete run.results[0].message,
    field: (run) => (run.findings = []),
  })) {
    const changed = log();
    change(changed.runs[0]);
    assert.notDeepEqual(sarif(changed), [], name);
  }
});

/** What the public schema of OpenFeature's flag manifests (version 0) asks of one. */
const VALUE = {
  boolean: { type: "boolean" },
  string: { type: "string" },
  integer: { type: "integer" },
  float: { type: "number" },
  object: { type: "object" },
};
const flags = validator("draft-07", {
  type: "object",
  required: ["flags"],
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    flags: {
      type: "object",
      minProperties: 1,
      propertyNames: { minLength: 1 },
      additionalProperties: {
        oneOf: Object.entries(VALUE).map(([name, defaultValue]) => ({
          type: "object",
          required: ["flagType", "defaultValue"],
          properties: { flagType: { const: name }, defaultValue, description: { type: "string" } },
        })),
      },
    },
  },
});

test("the flag manifest is one of OpenFeature's", () => {
  const file = join(ROOT, "examples/editions-app/editions.toml");
  const manifest = () => JSON.parse(appLicense(["features", "generate", "openfeature", file]));
  assert.deepEqual(flags(manifest()), []);
  const types = Object.values(manifest().flags).map(({ flagType }) => flagType);
  assert.deepEqual([...new Set(types)].sort(), ["boolean", "integer", "string"]);
  assert.deepEqual(manifest(), JSON.parse(readFileSync(join(ROOT, "examples/editions-app/flags.json"), "utf8")));
  for (const [name, change] of Object.entries({
    "no flag": (wrong) => (wrong.flags = {}),
    "no default": (wrong) => delete wrong.flags.export.defaultValue,
    "a default of another type": (wrong) => (wrong.flags.export.defaultValue = "no"),
    "a type that there is not": (wrong) => (wrong.flags.export.flagType = "bool"),
  })) {
    const wrong = manifest();
    change(wrong);
    assert.notDeepEqual(flags(wrong), [], name);
  }
});

const schema = JSON.parse(appLicense(["features", "schema"]));
const editions = validator("draft-07", schema);

test("every editions.toml of the examples follows the schema", () => {
  const files = readdirSync(join(ROOT, "examples")).map((name) => join(ROOT, "examples", name, "editions.toml"));
  const there = files.filter(existsSync);
  assert.ok(there.length >= 2);
  for (const file of there) {
    assert.deepEqual(editions(parse(readFileSync(file, "utf8"))), [], file);
  }
});

test("the first line names the schema, as Taplo and Even Better TOML read it", () => {
  const folder = join(ROOT, "examples/editions-app");
  const [first] = readFileSync(join(folder, "editions.toml"), "utf8").split("\n");
  const [, path] = /^#:schema (\S+)$/.exec(first) ?? [];
  assert.deepEqual(JSON.parse(readFileSync(join(folder, path), "utf8")), schema);
});

test("the schema refuses mistakes", () => {
  const text = readFileSync(join(ROOT, "examples/editions-app/editions.toml"), "utf8");
  for (const [name, wrong] of Object.entries({
    "an edition that there is not": '[features]\nexport = { requires = "gold" }\n',
    "a field that there is not": '[features]\nexport = { requires = "standard", color = "red" }\n',
    "a table that there is not": '[feature]\nexport = "standard"\n',
    "a limit that is no number": '[limits]\nrows = { standard = "many" }\n',
    "a limit below nothing": "[limits]\nrows = { standard = -1 }\n",
  })) {
    assert.notDeepEqual(editions(parse(wrong)), [], name);
  }
  assert.deepEqual(editions(parse(text)), []);
});
