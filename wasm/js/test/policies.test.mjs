// Policies: the vectors by the core's module in Node; every setting by `check` in TypeScript as the core decides with
// it; and a difference in one line of `check.ts` is found by them.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import * as lib from "@app-license/sdk";
import * as server from "@app-license/sdk/server";
import { loadCore } from "@app-license/sdk/wasm";
import { loadTwin } from "./twin.mjs";
import { run } from "./vectors.mjs";

const folder = new URL("../../../tests/vectors/", import.meta.url);
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8"))]);
const decisions = vectors.filter(([, { kind }]) => kind === "decisions");

const License = Object.assign(Object.create(lib.License), await loadCore());
for (const [name, content] of vectors) {
  const tally = run({ ...lib, License }, name, content);
  // the rest is of the server, or of no reader
  tally.notYet ??
    test(`the module answers the vectors in Node: ${name}`, () => {
      assert.deepEqual([tally.failures, tally.failed], [[], 0]);
      assert.ok(tally.passed > 0);
    });
}

const DAY = 86_400;
const now = new Date("2026-11-30T00:00:00Z");
const asOf = new Date(+now - DAY * 1000);
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";
/** What the License API says of a customer who bought it: the core is sure, and `confirmedOnly` changes nothing. */
const answer = (license) => {
  const data = { active: true, type: "commercial", ccpEntitlementId: "5e176cc2-7f8f-4e9a-b0a2-3c5b2c2f4a11", ...license };
  return { results: [{ appId, data }] };
};
const CUSTOMERS = [
  answer({}),
  answer({ capabilitySet: "capabilityAdvanced" }),
  answer({ capabilitySet: "capabilityUltra" }),
  answer({ active: false, isEvaluation: false }),
  answer({ active: false, isEvaluation: true }),
];
const SETTINGS = {
  whenAbsent: [undefined, "deny", "free", "standard", "advanced"],
  whenAbsentOutsideProduction: [undefined, "deny", "free", "standard", "advanced"],
  productionOnly: [undefined, true],
  sellsNothing: [undefined, true],
  ignoreUserAccess: [undefined, true],
  maxAge: [undefined, 0, DAY - 1, DAY, DAY + 1, DAY + 0.5, -1, 2 ** 40],
};
const policies = Object.entries(SETTINGS).reduce(
  (all, [name, values]) => all.flatMap((policy) => values.map((value) => ({ ...policy, ...(value !== undefined && { [name]: value }) }))),
  [{}],
);
const read = (asOf) => ({ environmentType: "PRODUCTION", ...(asOf && { asOf }) });
const licenses = CUSTOMERS.flatMap((body) =>
  [asOf, null].map((asOf) => [body, read(asOf), server.fromForgeApi({ status: 200, body: JSON.stringify(body) }, read(asOf))]),
);

/** How many decisions of the core's were compared. Throws for the first that is another one in TypeScript. */
function compare(sdk) {
  let compared = 0;
  for (const [body, options, license] of licenses) {
    const hint = sdk.License.fromForgeApi(body, options);
    for (const policy of policies) {
      for (const requires of ["capabilityFree", "capabilityAdvanced", "capability_ultra"]) {
        const expected = confirmed(license, { ...policy, requires, now });
        const { trust, ...found } = sdk.check(hint, { ...policy, requires, now });
        assert.deepEqual({ ...found, trust: "verified" }, expected, JSON.stringify({ body, options, policy, requires }));
        compared += 1;
      }
    }
  }
  return compared;
}

const known = new Map();
/** What the core decides: it is asked once for each. */
function confirmed(license, what) {
  const key = JSON.stringify([license, what]);
  const found = known.get(key) ?? server.check(license, { ...what, confirmedOnly: true });
  known.set(key, found);
  return found;
}

const failing = (sdk) => decisions.flatMap(([name, content]) => run({ ...lib, ...sdk }, name, content).failures);

test("`check` in TypeScript decides by every setting as the core does", async (t) => {
  const twin = await loadTwin();
  const compared = compare(twin);
  assert.ok(compared > 20_000, `${compared}`);
  assert.deepEqual(failing(twin), []);
  t.diagnostic(`${compared} decisions`);
});

for (const [from, to] of [
  ["(given.productionOnly ? 4 : 0)", "0"],
  ["(maxAge === undefined ? 0 : 16)", "(maxAge ? 16 : 0)"],
  ["(age === null ? 0 : 32)", "32"],
  ["(given.sellsNothing ? 512 : 0)", "0"],
  ["(given.ignoreUserAccess ? 1024 : 0)", "0"],
  ["Math.floor(time / 1000)", "Math.ceil(time / 1001)"],
  ["EDITIONS.indexOf(given.whenAbsent as Edition) & 3", "3"],
  ["((EDITIONS.indexOf(outside as Edition) & 3) << 7)", "(3 << 7)"],
  ['"trial_ended",\n  "inactive",\n  "granted"', '"inactive",\n  "inactive",\n  "granted"'],
  ['license.capabilitySet ?? CAPABILITIES[1]', "license.capabilitySet ?? CAPABILITIES[0]"],
  ["Math.min(Math.max(count, 0), 0xffff_ffff) >>> 0", "count >>> 0"],
]) {
  test(`a planted difference is found: ${from.replaceAll("\n", " ")}`, async () => {
    const planted = await loadTwin(from, to);
    const differs = () => {
      assert.deepEqual(failing(planted), []);
      compare(planted);
    };
    assert.throws(differs, assert.AssertionError);
  });
}
