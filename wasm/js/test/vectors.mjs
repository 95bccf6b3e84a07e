// Runs vector files through the package's public API: the same file in Node and in a browser.
const EDITION = { capabilityfree: "free", capabilitystandard: "standard", capabilityadvanced: "advanced" };
const fold = (text) => text.replace(/_/g, "").toLowerCase();

/** What a case says of a license, whatever words it uses; undefined for a word not known here. */
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

// what the names of expectations begin with; beside a query, any other unknown key describes the case
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

/** The 14 rules, once more and slowly, on a license object. */
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
  const asOf = test.as_of && new Date(test.as_of);
  const license = License[read]("query" in test ? test.query : test.document, { asOf });
  const now = test.now && new Date(test.now);
  const decided = check(license, { requires: test.requires, now, ...test.policy });
  for (const [key, wanted] of Object.entries(test.expect)) {
    if (decided[key] !== wanted) {
      problems.push(`${key}: expected ${wanted}, found ${decided[key]}`);
    }
  }
}

/** A query of a page, and what it says. */
function query({ License }, test, problems) {
  expectations(License.fromConnectQuery(test.query), test, problems, (key) => EXPECTATION.test(key));
}

/** An answer of the Connect License API, alone or fetched after a page was opened with a `lic`. */
function connectApi({ License }, test, problems) {
  const license = () => License.fromConnectApi(test.body);
  if ("lic" in test || "expect_allowed" in test) {
    if (test.expect_allowed == null) {
      return "policy";
    }
    // the answer was fetched after the page was opened: it is the stronger
    const allowed = license().state === "active";
    if (allowed !== test.expect_allowed) {
      problems.push(`expected ${test.expect_allowed}, found ${allowed}`);
    }
    return undefined;
  }
  const error = test.expect?.error;
  if (error !== undefined) {
    const good = test.http_status === 200 && typeof test.body === "object" && test.body !== null;
    if (good && typeof test.body.key === "string") {
      problems.push(`expected ${error}`);
    }
    return "policy";
  }
  expectations(license(), test.expect, problems);
  rules(test.body.license, license(), problems);
  return undefined;
}

/** A query, an answer of the License API, or a license object. */
function reading(lib, test, problems) {
  if ("query" in test) {
    return query(lib, test, problems);
  }
  if ("http_status" in test) {
    return connectApi(lib, test, problems);
  }
  const license = lib.License.fromForgeContext({ license: test.json });
  rules(test.json, license, problems);
  expectations(license, test.expect ?? {}, problems);
  return undefined;
}

function licenseObject({ License }, test, problems) {
  const license = License.fromFunctionContext({ license: test.license });
  rules(test.license, license, problems);
  expectations(license, test.expect ?? {}, problems);
}

function context({ License }, test, problems) {
  if (!("context" in test)) {
    return NOT_OURS; // lifecycle events are read by the Rust crates
  }
  if (test.surface.includes("workflow") && "context" in test.context) {
    return NOT_OURS; // so are the arguments of workflows
  }
  // what a container asks for holds the license beside the context
  const given = test.context.app ?? test.context;
  const license = License.fromForgeContext(given);
  rules(given.license, license, problems);
  expectations(license, test.expect ?? {}, problems);
  return undefined;
}

/** An answer of the Forge License API. */
function forgeApi({ License }, test, problems) {
  if (!test.body?.results) {
    return NOT_OURS; // requests and errors are those of the server entry's client
  }
  for (const result of test.body.results) {
    const license = License.fromForgeApi(test.body, { appId: result.appId });
    rules(result.data, license, problems);
  }
  return undefined;
}

function appId({ License }, test, problems) {
  if (!("answer" in test)) {
    return NOT_OURS; // settings are read by the server entry
  }
  const ids = test.answer.results.map((result) => result.appId.toLowerCase().split("/").pop());
  const named = ids.includes(test.app.toLowerCase().split("/").pop());
  let state = null;
  try {
    state = License.fromForgeApi(test.answer, { appId: test.app }).state;
  } catch ({ code }) {
    assertCode(code, problems);
  }
  if (state !== (named ? test.state : null)) {
    problems.push(`state: expected ${test.state}, found ${state}`);
  }
  return undefined;
}

/** What an answer that does not name the app is refused with: by the twin, by the core. */
function assertCode(code, problems) {
  if (code !== "license_api" && code !== "not_checked") {
    problems.push(`code: ${code}`);
  }
}

/** The license in the claims of an invocation token; tokens are verified by the server entry. */
function claims({ License }, test, problems) {
  if ("reject" in test || !test.claims?.app) {
    return NOT_OURS;
  }
  rules(test.claims.app.license, License.fromFunctionContext(test.claims.app), problems);
  return undefined;
}

/** A feature map, and whether it is read. */
function featureMap({ FeatureMap }, test, problems) {
  let found = "accept";
  try {
    new FeatureMap(test.map);
  } catch (error) {
    found = error.code === "feature_map" ? "reject" : `thrown: ${error.code}`;
  }
  if (found !== test.expect) {
    problems.push(`expected ${test.expect}, found ${found}`);
  }
}

const NOT_OURS = "other";

/** How the cases of a kind are run by the reader, and the lists that hold them. */
const KINDS = {
  "connect-iframe-query": query,
  "connect-lic-and-rest": connectApi,
  "connect-license-api": connectApi,
  decisions: decision,
  "feature-maps": featureMap,
  "forge-app-ids": appId,
  "forge-contexts": context,
  "forge-contexts-recorded": context,
  "forge-fit-shapes": claims,
  "forge-fit-tokens": claims,
  "forge-license-api": forgeApi,
  "forge-license-objects": licenseObject,
  "forge-license-overrides": licenseObject,
  "license-readings": reading,
};

/** Kinds that only the server entry can run (server-vectors.mjs). */
const SERVER = new Set([
  "canonical-requests",
  "connect-jwt",
  "connect-lifecycle",
  "connect-lifecycle-requests",
  "connect-qsh",
  "connect-requests",
  "forge-invocation-requests",
  "signed-urls",
]);

/** Kinds that are not run in JavaScript: said in the report, never in silence. */
export const NOT_YET = new Set([
  "conditions",
  "connect-conditions",
  "connect-perimeters",
  "forge-manifest-licensing",
  "lifecycle-scenarios",
]);

const LISTS = [
  "cases",
  "vectors",
  "tests",
  "tokens",
  "requests",
  "responses",
  "asymmetric_lifecycle",
  "symmetric",
  "lifecycle_events",
  "workflow_arguments",
];

/**
 * Runs the parsed content of one file by its `kind`; `server` runs the kinds that no browser has
 * (server-vectors.mjs).
 */
export function run(lib, name, content, server) {
  const { kind } = content;
  const tally = { name, passed: 0, failed: 0, policy: 0, other: 0, failures: [] };
  if (NOT_YET.has(kind) || (SERVER.has(kind) && !server)) {
    return { ...tally, notYet: kind };
  }
  const runCase = SERVER.has(kind)
    ? (test, problems) => server(kind, test, content, problems)
    : Object.hasOwn(KINDS, kind) && ((test, problems) => KINDS[kind](lib, test, problems));
  if (!runCase) {
    return { ...tally, failed: 1, failures: [`the kind ${JSON.stringify(kind)} is not known`] };
  }
  for (const test of LISTS.flatMap((key) => content[key] ?? [])) {
    const problems = [];
    let outcome;
    try {
      if (typeof test !== "object" || test === null || Array.isArray(test)) {
        throw new TypeError("a case is an object");
      }
      outcome = runCase(test, problems) ?? "passed";
    } catch (error) {
      problems.push(`${error?.code ?? "thrown"}: ${error?.message}`);
    }
    if (problems.length) {
      tally.failed += 1;
      tally.failures.push(`${test?.id}: ${problems.join("; ")}`);
    } else {
      tally[outcome] += 1;
    }
  }
  return tally;
}

export function report({ name, passed, failed, policy, other, failures, notYet }) {
  if (notYet) {
    return `${name}: not run, the kind \`${notYet}\` is not run here`;
  }
  const rest = other ? `, ${other} not run here` : "";
  return [`${name}: ${passed} passed, ${failed} failed, ${policy} policy${rest}`, ...failures.map((line) => `  ${line}`)].join("\n");
}
