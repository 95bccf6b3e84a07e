// The rules in TypeScript beside those of the core's module: every combination of fields, every cell of
// the decision table, generated documents, answers and queries. Runs in Node and in pages.

/** A number below `n`; the same ones in every run. */
function random(seed) {
  const below = (n) => {
    seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (seed >>> 0) % n;
  };
  return { below, of: (list) => list[below(list.length)] };
}

const SETS = [
  "", "NULL", "null", "capabilityFree", "capabilityStandard", "capabilityAdvanced", "CAPABILITY_ADVANCED",
  "capability_standard", "_capability__Free_", "capabilityUltra", "CAPABILITY_ULTRA", "capabilityÜltra",
  "capabilityAdvanced ", "capability", "Capability\u212A", "advanced", ",", "[\"capabilityAdvanced\"]", "two\nlines",
];
const PLACES = ["", "PRODUCTION", "production", "Production", "DEVELOPMENT", "STAGING", "staging", "qa", "ſtaging", "PRODUCTİON", "production "];
const VALUES = [false, true, null, "true"];
/** Missing, or null: for `userAccess` null is no boolean. */
const NONE = [undefined, null];
const ODD = [null, true, false, 0, 1, -1.5, "", "NULL", "true", "é\"\\", [], [true], {}, { active: true }];

/** A license object of the fields in `bits`, two each. */
function license(bits, set, { of }) {
  const at = (bit) => (bits >> bit) & 3;
  const value = (bit) => (at(bit) === 2 ? of(NONE) : VALUES[at(bit)]);
  return {
    active: value(0),
    isActive: value(2),
    evaluation: value(4),
    isEvaluation: value(6),
    capabilitySet: [of(NONE), set, [set]][at(8)],
    state: bits & 131072 ? of(["trial", "Trial", "TRIAL"]) : of([undefined, "active", "trial ", ["trial"], 1]),
  };
}

/** What is asked, section by section: `visit` is called with the name of an operation and its arguments. */
export const SECTIONS = {
  /** Every combination of the fields of a license, in every kind of place. */
  fields(visit) {
    const generator = random(0x2545f491);
    const { below, of } = generator;
    const read = (bits, set, place) => {
      const access = (bit) => [false, true, undefined, of([null, "true", 1])][(bits >> bit) & 3];
      const userAccess = bits & 65536 ? { enabled: access(12), hasAccess: access(14) } : of(NONE);
      const document = { license: license(bits, set, generator), userAccess, environmentType: place };
      const source = ["connect_context", "forge_ui_context", "forge_function_context"][(bits >> 10) & 3];
      visit("read", source, document, typeof place === "string" ? of([undefined, place]) : undefined);
    };
    for (let bits = 0; bits < 1 << 18; bits += 1) {
      if (((bits >> 8) & 3) !== 3 && ((bits >> 10) & 3) !== 3) {
        read(bits, SETS[bits % SETS.length], of(PLACES));
      }
    }
    for (let i = 0; i < 20_000; i += 1) {
      read((below(1 << 18) & ~0xf00) | (below(3) << 8) | (below(3) << 10), of(SETS), of([...PLACES, ...ODD]));
    }
  },

  /** Every cell of the decision table. */
  table(visit) {
    const pairs = [
      ["", "capabilityFree"], ["", "capabilityStandard"], ["", "capabilityAdvanced"], ["", "capabilityUltra"],
      ["capabilityAdvanced", "capabilityStandard"], ["CAPABILITY_FREE", "capabilityStandard"],
      ["capabilityUltra", "CAPABILITY_ULTRA"], ["capabilityUltra", "capabilityStandard"],
    ];
    for (const [has, needs] of pairs) {
      for (let license = 0; license < 1024; license += 1) {
        if ((license & 3) === 3 || ((license >> 4) & 3) === 3 || ((license >> 6) & 3) === 3 || license & 256) {
          continue;
        }
        for (let policy = 0; policy < 2048; policy += 1) {
          visit("decide", license, has, needs, policy, 1, (license + policy) % 3);
        }
      }
    }
  },

  /** Times of statements from an hour in the future to an hour ago, and some of any. */
  ages(visit) {
    const { below } = random(0x51ed270b);
    for (let seconds = -3600; seconds <= 3600; seconds += 1) {
      visit("age", seconds);
    }
    visit("age", -Infinity);
    for (let i = 0; i < 10_000; i += 1) {
      visit("age", (below(2) ? 1 : -1) * below(2 ** (1 + below(31))) * (1 + below(64)));
    }
  },

  /** Licenses and needs of every spelling. */
  spellings(visit) {
    const { below, of } = random(0x1234567);
    for (const has of SETS) {
      for (const needs of SETS) {
        visit("includes", has, needs);
      }
    }
    for (let i = 0; i < 100_000; i += 1) {
      const license = below(3) | (below(4) << 2) | (below(3) << 4) | (below(3) << 6) | (below(4) << 8);
      visit("decide", license, of(SETS), of(SETS), below(2048), below(4), below(4));
    }
  },

  /** Generated queries of iframes. */
  queries(visit) {
    const { below, of } = random(0x7654321);
    const names = ["lic", "capSet", "capabilitySet", "userAccess", "Lic", "li%63", "%6cic", "cap+Set", "xdm_e", "", "cap%53et", "userAccess%00"];
    const values = [
      ...SETS.map(encodeURIComponent), ...SETS.filter((set) => /^[ -~]*$/.test(set) && !/[&=#+%]/.test(set)), "active", "activ%65", "Active", "none", "true",
      "false", "tru%65", "%", "%4", "%zz", "a=b", "+active", "active%20", "%C3%BCltra", "capability%5FAdvanced", "%2c", "NUL%4c", "%ff%c3",
    ];
    for (let i = 0; i < 120_000; i += 1) {
      const pairs = Array.from({ length: below(6) }, () => of([`${of(names)}=${of(values)}`, `${of(names)}=${of(values)}`, of(names), ""]));
      visit("read", "connect_iframe_query", `${of(["", "?", "??"])}${pairs.join(of(["&", "&", "&", "&&", ";"]))}`);
    }
  },

  /** Generated contexts and answers of License APIs, also such as no platform sends. */
  documents(visit) {
    const generator = random(0x3c6ef372);
    const { below, of } = generator;
    const value = () => (below(4) ? license(below(1 << 18), of(SETS), generator) : structuredClone(of(ODD)));
    const fields = (object) => {
      for (const name of ["active", "isActive", "capabilitySet", "evaluation", "isEvaluation", "state", "type", "trialEndDate"]) {
        if (!below(12) && typeof object === "object" && object !== null && !Array.isArray(object)) {
          object[name] = of(ODD);
        }
      }
      return object;
    };
    const APPS = ["35559c21-0000-4000-8000-000000000001", "ari:cloud:ecosystem::app/35559C21-0000-4000-8000-000000000001", "35559c21-0000-4000-8000-000000000002"];
    const other = "35559c21-0000-4000-8000-000000000003";
    for (let i = 0; i < 120_000; i += 1) {
      const source = of(["connect_context", "connect_license_api", "forge_ui_context", "forge_function_context", "forge_license_api"]);
      const environment = of([undefined, undefined, ...PLACES]);
      if (source === "forge_license_api") {
        const result = (appId) => {
          const answer = of(["data", "data", "data", "error", "both"]);
          return {
            appId,
            data: answer === "error" ? of(NONE) : below(8) ? fields(license(below(1 << 18), of(SETS), generator)) : of([null, {}]),
            error: answer === "data" ? of(NONE) : { type: of(["NOT_FOUND", "INTERNAL", "not_found"]), message: "m" },
          };
        };
        const results = [...(below(8) ? [result(of(APPS))] : []), ...(below(3) ? [] : [result(other)])];
        visit("read", source, { results }, environment, of([undefined, ...APPS]));
        continue;
      }
      const document = {
        license: below(10) ? fields(value()) : undefined,
        environmentType: below(3) ? of(PLACES) : of(ODD),
        userAccess: below(2) ? undefined : below(3) ? { enabled: of(ODD), hasAccess: of(ODD) } : of(ODD),
        key: below(4) ? "com.example.app" : of([undefined, ...ODD]),
        extension: below(4) ? undefined : { type: "jira:issuePanel", license: { active: true } },
      };
      visit("read", source, below(30) ? document : of([null, null, [], [document], true]), environment);
    }
  },
};

/** What a side says: a text, or a number. */
const ask = (side, operation, all) => side[operation](...all);

/**
 * Compares two sides in one process. Throws at the first difference, which it names; answers how many
 * cases there were.
 */
export function compare(section, one, other) {
  let cases = 0;
  SECTIONS[section]((operation, ...all) => {
    const [found, want] = [ask(one, operation, all), ask(other, operation, all)];
    if (found !== want) {
      throw new Error(`${section} ${cases}: ${operation} ${JSON.stringify(all)}: expected ${JSON.stringify(want)}, found ${JSON.stringify(found)}`);
    }
    cases += 1;
  });
  return cases;
}

const CHUNK = 4096;

/** A hash for every {@link CHUNK} answers of a side: what two pages can be compared by. */
export function digests(section, side) {
  const chunks = [];
  let [hash, cases] = [0x811c9dc5, 0];
  SECTIONS[section]((operation, ...all) => {
    const answer = ask(side, operation, all);
    if (typeof answer === "number") {
      hash = Math.imul(hash ^ answer, 0x01000193);
    } else {
      for (let i = 0; i < answer.length; i += 1) {
        hash = Math.imul(hash ^ answer.charCodeAt(i), 0x01000193);
      }
      hash = Math.imul(hash ^ 0x100, 0x01000193);
    }
    cases += 1;
    if (cases % CHUNK === 0) {
      chunks.push(hash >>> 0);
    }
  });
  return { cases, chunks: [...chunks, hash >>> 0] };
}

const READERS = {
  connect_context: "fromConnectContext",
  connect_iframe_query: "fromConnectQuery",
  connect_license_api: "fromConnectApi",
  forge_ui_context: "fromForgeContext",
  forge_function_context: "fromFunctionContext",
  forge_license_api: "fromForgeApi",
};

/** The side of TypeScript: `src/gate.ts`, `src/license.ts`, and the registry's licenses. */
export const twin = ({ License, licenses, rules }) => ({
  read(source, document, environmentType, appId) {
    let license;
    try {
      license = License[READERS[source]](document, { environmentType, appId });
    } catch (error) {
      if (typeof error.code !== "string") {
        throw error;
      }
      return "refused";
    }
    const text = (value) => (value === null ? "" : `=${value}`);
    return `${licenses().get(license)[0]}\n${text(license.capabilitySet)}\n${text(license.environment)}`;
  },
  decide: rules.decide,
  age: (seconds) => `${rules.age(seconds)}`,
  includes: (has, needs) => `${rules.includes(has === "" ? 1 : ((rules.decide(0, "", has, 3, 0, 0) >> 4) & 3), has, needs)}`,
});

/** The side of the core: what wasm-bindgen wrote of its module. */
export const core = ({ readLicense, decideHint, includes, statementAge }) => ({
  read(source, document, environmentType, appId) {
    const text = typeof document === "string" ? document : JSON.stringify(document);
    let lines;
    try {
      lines = readLicense(source, text, environmentType, appId);
    } catch (error) {
      if (typeof error !== "string") {
        throw error; // it stopped
      }
      return "refused";
    }
    // a text of several lines comes as JSON
    const [bits, ...texts] = lines.split("\n");
    return [bits, ...texts.map((line) => (line.startsWith("\"") ? `=${JSON.parse(line)}` : line))].join("\n");
  },
  decide: decideHint,
  age: (seconds) => `${statementAge(seconds) ?? null}`,
  includes: (has, needs) => `${includes(has, needs)}`,
});
