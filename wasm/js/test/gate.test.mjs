// The rules in TypeScript against the crate `app-license-gate` itself, compiled: every combination
// of fields, every cell of the decision table, and generated queries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

import * as crate from "../build/gate.js";

const source = fileURLToPath(new URL("../src/gate.ts", import.meta.url));
const built = buildSync({ entryPoints: [source], bundle: true, write: false, format: "esm", target: "es2022" });
const twin = await import(`data:text/javascript,${encodeURIComponent(built.outputFiles[0].text)}`);

const bytes = new Uint8Array(crate.buffer);
const encoder = new TextEncoder();
const start = crate.input();
const put = (text, from = 0) => encoder.encodeInto(text, bytes.subarray(start + from, start + 65_535)).written;

/** A number below `n`; the same ones in every run. */
let seed = 0x2545f491;
const below = (n) => {
  seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
  return (seed >>> 0) % n;
};
const of = (list) => list[below(list.length)];

const SETS = [
  "", "NULL", "null", "capabilityFree", "capabilityStandard", "capabilityAdvanced", "CAPABILITY_ADVANCED",
  "capability_standard", "_capability__Free_", "capabilityUltra", "CAPABILITY_ULTRA", "capabilityÜltra",
  "capabilityAdvanced ", "capability", "Capability\u212A", "advanced", ",", "[\"capabilityAdvanced\"]",
];
const PLACES = ["", "PRODUCTION", "production", "Production", "DEVELOPMENT", "STAGING", "PRODUCTİON", "production "];

const VALUES = [false, true, null, "true"];
/** Missing, or null: for `userAccess` null is no boolean. */
const NONE = [undefined, null];

/** The documents that the crate's fields stand for, and what the gate makes of one of them. */
function read(fields, set, place) {
  const at = (bit) => (fields >> bit) & 3;
  const value = (bit) => (at(bit) === 2 ? of(NONE) : VALUES[at(bit)]);
  const access = (bit) => [false, true, undefined, of([null, "true", 1])][at(bit)];
  const license = {
    active: value(0),
    isActive: value(2),
    evaluation: value(4),
    isEvaluation: value(6),
    capabilitySet: [of(NONE), set, [set]][at(8)],
    state: fields & 131072 ? of(["trial", "Trial", "TRIAL"]) : of([undefined, "active", "trial ", ["trial"], 1]),
  };
  const userAccess = fields & 65536 ? { enabled: access(12), hasAccess: access(14) } : of(NONE);
  const where = at(10) === 1 ? twin.deployment(place) : at(10);
  return twin.readFields(license, userAccess, where)[0];
}
/** What the crate makes of the same. */
function judged(fields, set, place) {
  const length = put(((fields >> 8) & 3) === 2 ? JSON.stringify([set]) : set);
  return crate.judge(fields, length, put(place, length));
}

test("every combination of the fields of a license", () => {
  let cells = 0;
  for (let fields = 0; fields < 1 << 18; fields += 1) {
    if (((fields >> 8) & 3) === 3 || ((fields >> 10) & 3) === 3) {
      continue;
    }
    const [set, place] = [SETS[fields % SETS.length], of(PLACES)];
    const [found, want] = [read(fields, set, place), judged(fields, set, place)];
    if (found !== want) {
      assert.fail(`${fields} ${set} ${place}: expected ${want}, found ${found}`);
    }
    cells += 1;
  }
  for (let i = 0; i < 100_000; i += 1) {
    const [fields, set, place] = [below(1 << 18) & ~0xf00 | (below(3) << 8) | (below(3) << 10), of(SETS), of(PLACES)];
    assert.equal(read(fields, set, place), judged(fields, set, place));
  }
  assert.equal(cells, (1 << 18) * (9 / 16));
});

test("no user access is said by anything but two booleans", () => {
  for (const userAccess of [true, 1, "x", [], [true], {}, { hasAccess: true, enabled: null }]) {
    assert.ok(twin.readFields({ active: true }, userAccess, 0)[0] & 512, JSON.stringify(userAccess));
  }
});

test("every cell of the decision table", () => {
  const pairs = [
    ["", "capabilityFree"], ["", "capabilityStandard"], ["", "capabilityAdvanced"], ["", "capabilityUltra"],
    ["capabilityAdvanced", "capabilityStandard"], ["CAPABILITY_FREE", "capabilityStandard"],
    ["capabilityUltra", "CAPABILITY_ULTRA"], ["capabilityUltra", "capabilityStandard"],
  ];
  let cells = 0;
  for (const [has, needs] of pairs) {
    const length = put(has);
    const asked = put(needs, length);
    for (let license = 0; license < 1024; license += 1) {
      if ((license & 3) === 3 || ((license >> 4) & 3) === 3 || ((license >> 6) & 3) === 3 || license & 256) {
        continue;
      }
      for (let policy = 0; policy < 2048; policy += 1) {
        const age = (license + policy) % 3;
        const want = crate.decide(license, length, asked, policy, 1, age);
        const found = twin.decide(license, has, needs, policy, 1, age);
        if (found !== want) {
          assert.fail(`${license} ${has} ${needs} ${policy} ${age}: expected ${want}, found ${found}`);
        }
        cells += 1;
      }
    }
  }
  assert.ok(cells > 3_000_000, `${cells}`);
});

test("licenses and needs of every spelling", () => {
  for (let i = 0; i < 200_000; i += 1) {
    const license = below(3) | (below(4) << 2) | (below(3) << 4) | (below(3) << 6) | (below(4) << 8);
    const [has, needs, policy, maxAge, age] = [of(SETS), of(SETS), below(2048), below(4), below(4)];
    const length = put(has);
    const want = crate.decide(license, length, put(needs, length), policy, maxAge, age);
    assert.equal(twin.decide(license, has, needs, policy, maxAge, age), want, `${license} ${has} ${needs} ${policy}`);
  }
});

test("generated queries", () => {
  const names = ["lic", "capSet", "capabilitySet", "userAccess", "Lic", "li%63", "%6cic", "cap+Set", "xdm_e", "", "cap%53et", "userAccess%00"];
  const values = [
    ...SETS.map(encodeURIComponent), ...SETS.filter((set) => !/[&=#+%]/.test(set)), "active", "activ%65", "Active", "none", "true",
    "false", "tru%65", "%", "%4", "%zz", "a=b", "+active", "active%20", "%C3%BCltra", "capability%5FAdvanced", "%2c", "NUL%4c",
  ];
  const bits = new Map();
  for (let i = 0; i < 150_000; i += 1) {
    const pairs = Array.from({ length: below(6) }, () => of([`${of(names)}=${of(values)}`, `${of(names)}=${of(values)}`, of(names), ""]));
    const query = `${of(["", "?", "??"])}${pairs.join(of(["&", "&", "&", "&&", ";"]))}`;
    const length = put(query);
    const want = crate.query(length);
    const at = crate.query_set(length);
    const written = new TextDecoder().decode(bytes.subarray(start + (at >>> 16), start + (at >>> 16) + (at & 65535)));
    const set = want & 256 ? (at ? new URLSearchParams(`a=${written}`).get("a") : ",") : null;
    assert.deepEqual(twin.readQuery(query), [want, set], query);
    bits.set(want, 1);
  }
  assert.ok(bits.size > 15, `only ${bits.size} kinds of answers`);
});
