// Runs vector files through the package's public API: the same file in Node and in a browser.
const EDITION = { capabilityfree: "free", capabilitystandard: "standard", capabilityadvanced: "advanced" };
const fold = (text) => text.replace(/_/g, "").toLowerCase();

/** What a case says of a licence, whatever words it uses. Answers null for a word not known here. */
function found(key, license) {
  const plain = fold(key);
  const named = license.capabilitySet;
  switch (plain) {
    case "active":
    case "isactive":
      return { active: true, inactive: false, absent: null }[license.state];
    case "licensepresent":
    case "present":
      return license.raw !== null;
    case "licensed":
    case "allowed":
    case "grantsaccess":
    case "grants":
      return license.state === "active";
    case "evaluation":
    case "isevaluation":
    case "trial":
      return license.isEvaluation;
    case "type":
    case "kind":
      return license.type;
    case "edition":
      return named === null ? null : (EDITION[fold(named)] ?? null);
    case "effectiveedition":
      return license.edition;
    case "capset":
    case "capabilityset":
    case "rawcapabilityset":
      return named;
    case "trialenddate":
    case "trialend":
      return license.trialEndDate;
    case "subscriptionenddate":
    case "subscriptionend":
      return license.subscriptionEndDate;
    case "billingperiod":
      return license.billingPeriod;
    case "entitlementid":
    case "ccpentitlementid":
      return license.entitlementId;
    case "entitlementnumber":
    case "ccpentitlementslug":
      return license.entitlementNumber;
    case "supportentitlementnumber":
      return license.supportEntitlementNumber;
    case "modes":
      return license.modes;
    case "environment":
      return license.environment;
    default:
      return plain.startsWith("hascapability")
        ? license.hasCapability(`capability${plain.slice(13).replace(/^capability/, "")}`)
        : undefined;
  }
}

export const STATE = { active: "active", none: "inactive", inactive: "inactive", unknown: "absent", absent: "absent" };
const SKIP = new Set(["note", "notes", "source", "reason", "id", "kind", "group", "query", "tags", "lic"]);

// what the names of expectations begin with; beside a query, any other unknown key tells what a case is
const EXPECTATION = /^(expect|grants|has|canonical|qsh|effective)/;

function expectations(license, fields, problems, known = () => true) {
  for (const [key, wanted] of Object.entries(fields)) {
    if (SKIP.has(key) || key.startsWith("qsh_for_") || key === "canonical_tail") {
      continue;
    }
    if (key === "expect_state" || key === "state") {
      if (STATE[wanted] !== license.state) {
        problems.push(`${key}: expected ${wanted}, found ${license.state}`);
      }
      continue;
    }
    let got = found(key, license);
    if (got === undefined && !known(key)) {
      continue;
    }
    if (got === undefined) {
      problems.push(`${key}: not known to this runner`);
    } else if (got instanceof Date) {
      got = wanted === null || +got !== +new Date(/^\d+$/.test(wanted) ? +wanted : wanted) ? got.toISOString() : wanted;
    }
    if (got !== undefined && JSON.stringify(got) !== JSON.stringify(wanted)) {
      problems.push(`${key}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(got)}`);
    }
  }
}

/** The 14 rules, once more and slowly, on a licence object. */
function rules(object, license, problems) {
  const said = ["active", "isActive"].map((name) => object?.[name]).filter((v) => v != null);
  const state = !said.length ? "absent" : said.every((v) => v === true) ? "active" : "inactive";
  const set = object?.capabilitySet;
  const named = set == null || set === "" || set === "NULL" ? null : set;
  const edition =
    state !== "active" ? null : named === null ? "standard" : (EDITION[fold(`${named}`)] ?? null);
  const has = (wanted) =>
    edition !== null && ["free", "standard", "advanced"].indexOf(edition) >= wanted;
  const want = [state, edition, has(1), has(2)];
  const got = [
    license.state,
    license.edition,
    license.hasCapability("capabilityStandard"),
    license.hasCapability("CAPABILITY_advanced"),
  ];
  if (JSON.stringify(want) !== JSON.stringify(got)) {
    problems.push(`the rules say ${JSON.stringify(want)}, found ${JSON.stringify(got)}`);
  }
}

/** What reads the document of a source. The environment of an app context is that of a UI context. */
const READ = {
  forge_ui_context: "fromForgeContext",
  forge_app_context: "fromForgeContext",
  forge_function_context: "fromFunctionContext",
  connect_context: "fromConnectContext",
  connect_license_api: "fromConnectApi",
};

/** A source, a policy, and what is decided. */
function decision({ License, check }, test, problems) {
  const read = "query" in test ? "fromConnectQuery" : READ[test.source];
  const license = License[read]("query" in test ? test.query : test.document);
  const decided = check(license, { requires: test.requires, ...test.policy });
  for (const [key, wanted] of Object.entries(test.expect)) {
    if (decided[key] !== wanted) {
      problems.push(`${key}: expected ${wanted}, found ${decided[key]}`);
    }
  }
}

function one(lib, test, problems) {
  const { License } = lib;
  if ("source" in test && "policy" in test) {
    decision(lib, test, problems);
  } else if ("query" in test) {
    expectations(License.fromConnectQuery(test.query), test, problems, (key) => EXPECTATION.test(key));
  } else if ("http_status" in test && ("lic" in test || "expect_allowed" in test)) {
    if (test.expect_allowed == null) {
      return "policy";
    }
    // the answer was fetched after the page was opened: it is the stronger
    const allowed = License.fromConnectApi(test.body).state === "active";
    if (allowed !== test.expect_allowed) {
      problems.push(`expected ${test.expect_allowed}, found ${allowed}`);
    }
  } else if ("http_status" in test) {
    const error = test.expect?.error;
    const good = test.http_status === 200 && typeof test.body === "object" && test.body !== null;
    if (error !== undefined) {
      if (good && typeof test.body.key === "string") {
        problems.push(`expected ${error}`);
      }
      return "policy";
    }
    expectations(License.fromConnectApi(test.body), test.expect, problems);
    rules(test.body.license, License.fromConnectApi(test.body), problems);
  } else if ("json" in test && "surface" in test) {
    const license = License.fromForgeContext({ license: test.json });
    rules(test.json, license, problems);
    expectations(license, test.expect ?? {}, problems);
  } else if ("license" in test && "surface" in test) {
    rules(test.license, License.fromFunctionContext({ license: test.license }), problems);
    expectations(License.fromFunctionContext({ license: test.license }), test.expect ?? {}, problems);
  } else if ("context" in test && "surface" in test) {
    rules(test.context.license, License.fromForgeContext(test.context), problems);
    expectations(License.fromForgeContext(test.context), test.expect ?? {}, problems);
  } else if (test.body?.results) {
    for (const result of test.body.results) {
      const license = License.fromForgeApi(test.body, { appId: result.appId });
      rules(result.data, license, problems);
    }
  } else if ("app" in test && "ari" in test) {
    if (!("answer" in test)) {
      return "not ours"; // settings are read by the server entry
    }
    const ids = test.answer.results.map((result) => result.appId.toLowerCase().split("/").pop());
    const named = ids.includes(test.app.toLowerCase().split("/").pop());
    const { state } = License.fromForgeApi(test.answer, { appId: test.app });
    if (state !== (named ? test.state : "absent")) {
      problems.push(`state: expected ${test.state}, found ${state}`);
    }
  } else if ("reject" in test && test.claims) {
    return "not ours"; // tokens are verified by the server entry
  } else if (test.claims?.app) {
    rules(test.claims.app.license, License.fromFunctionContext(test.claims.app), problems);
  } else {
    return "not ours";
  }
  return problems.length ? "failed" : "passed";
}

/** Kinds of files that are not run in JavaScript yet: said aloud in the report, never in silence. */
const NOT_YET = new Set([
  "decisions",
  "connect-lic-and-rest",
  "connect-perimeters",
  "forge-app-ids",
  "forge-contexts-recorded",
  "forge-fit-shapes",
  "forge-license-overrides",
]);

/**
 * Runs the parsed content of one file; `server` runs the cases that no browser has
 * (server-vectors.mjs).
 */
export function run(lib, name, content, server) {
  const tally = { name, passed: 0, failed: 0, policy: 0, other: 0, failures: [] };
  if (NOT_YET.has(content.kind)) {
    return { ...tally, notYet: content.kind };
  }
  const lists = ["cases", "responses", "tokens", "vectors", "asymmetric_lifecycle", "symmetric"].flatMap((key) => content[key] ?? []);
  for (const test of Array.isArray(content) ? content : lists) {
    const problems = [];
    let outcome;
    try {
      if (typeof test !== "object" || test === null || Array.isArray(test)) {
        throw new TypeError("a case is an object");
      }
      outcome = server?.(test, content, problems) ?? one(lib, test, problems);
    } catch (error) {
      problems.push(`${error?.code ?? "thrown"}: ${error?.message}`);
    }
    if (problems.length) {
      tally.failed += 1;
      tally.failures.push(`${test?.id}: ${problems.join("; ")}`);
    } else {
      tally[outcome === "not ours" ? "other" : outcome] += 1;
    }
  }
  return tally;
}

export function report({ name, passed, failed, policy, failures, notYet }) {
  if (notYet) {
    return `${name}: not run, the kind \`${notYet}\` is not run in JavaScript yet`;
  }
  return [`${name}: ${passed} passed, ${failed} failed, ${policy} policy`, ...failures.map((line) => `  ${line}`)].join("\n");
}
