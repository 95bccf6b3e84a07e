// An app that has the package twice, as where a dependency of it has another version.
import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import * as sdk from "@app-license/sdk";
import * as server from "@app-license/sdk/server";

const require = createRequire(new URL("./nested/index.js", import.meta.url));
const path = (entry) => require.resolve(`@app-license/sdk${entry}`).replace(/\.cjs$/, ".js");
assert.notEqual(realpathSync(path("")), realpathSync(createRequire(import.meta.url).resolve("@app-license/sdk")));
const other = { ...(await import(pathToFileURL(path("")))), server: await import(pathToFileURL(path("/server"))) };
const common = { sdk: require("@app-license/sdk"), server: require("@app-license/sdk/server") };

const requires = "capabilityAdvanced";
const context = { license: { active: true, capabilitySet: requires } };
const copies = [
  { ...sdk, server },
  other,
  { ...common.sdk, server: common.server },
];
assert.equal(new Set(copies.map(({ License }) => License)).size, 3);
for (const one of copies) {
  const hint = one.License.fromForgeContext(context);
  const verified = one.server.fromFunctionContext(context);
  for (const { License, check, server } of copies) {
    assert.ok(License.is(hint) && License.is(verified));
    assert.equal(check(hint, { requires }).reason, "granted");
    assert.equal(server.check(verified, { requires }).reason, "granted");
    assert.throws(() => server.check(hint, { requires }), { code: "not_verified" });
    for (const none of [{ ...verified }, structuredClone({ ...hint, raw: null }), Object.create(hint), JSON.parse(JSON.stringify(verified))]) {
      assert.throws(() => check(none, { requires }), { code: "not_a_license" });
    }
  }
}
assert.match(readFileSync(path(""), "utf8"), /Symbol\.for/);
console.log("shared");
