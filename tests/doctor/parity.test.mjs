// The doctor says at least what the platform's own validation says about licensing, conditions and
// filters, and calls nothing refused that the platform takes.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { CODE, doctor, folder, manifest, manifestsOfExamples, manifestsOfPages, platformErrors } from "./platform.mjs";

const SOLD = { licensing: { enabled: true, editionsEnabled: true } };

const LICENSING = [
  ...[{}, true, "yes", null, [], 1],
  ...["true", 1, null, [], {}].map((enabled) => ({ enabled })),
  ...["yes", 1, null, {}].map((editionsEnabled) => ({ enabled: true, editionsEnabled })),
  ...[[], ["user-access"], ["x"], ["user-access", "x"], "user-access", [1], null].map((modes) => ({ enabled: true, modes })),
  ...[{ plan: "gold" }, { Enabled: true }, { editions: true }].map((more) => ({ enabled: true, ...more })),
  ...[{ editionsEnabled: true }, { enabled: true }, { enabled: false }, SOLD.licensing],
];
const ACCESS = [true, {}, { userAccess: true }, { userAccess: "yes" }, { userAccess: { enabled: true } }, { other: 1 }, null];
const CONDITIONS = [
  ...[true, 1, null, "x", [], {}].map((appIsLicensed) => ({ appIsLicensed })),
  ...["advanced", "standard", "free", "Advanced", "capabilityAdvanced", "", 1, true, ["advanced"]].map((appEdition) => ({ appEdition })),
  ...[true, "x", 1].map((hasAppAccess) => ({ hasAppAccess })),
  ...[{ capabilitySet: "capabilityAdvanced" }, { isLicensed: true }, { appislicensed: true }, { and: {} }],
  ...["and", "or", "not", "nor"].map((operation) => ({ [operation]: { appIsLicensed: true } })),
  ...["and", "or", "not"].map((operation) => ({ [operation]: { appIsLicensed: "x", appEdition: "gold" } })),
  { and: [{ appIsLicensed: true }, { appEdition: "advanced" }] },
  { and: [{ appIsLicensed: 1 }, { appEdition: "gold" }] },
  { not: { or: { and: { appEdition: "gold" } } } },
  { and: { or: { appIsLicensed: true }, not: { appEdition: "free" } } },
  { or: { appIsLicensed: true, not: { appEdition: "free", wrong: 1 } } },
  Array.from({ length: 12 }).reduce((inner) => ({ not: inner }), { appIsLicensed: true }),
  ...["x", 1, [], [{ appIsLicensed: true }], null],
];
const MODULES = [
  ...["jira:projectPage", "jira:issuePanel", "jira:globalPage", "jira:issueAction", "jira:dashboardGadget"],
  ...["confluence:globalPage", "confluence:contextMenu", "confluence:contentBylineItem"],
  ...["jiraServiceManagement:portalHeader", "jiraServiceManagement:queuePage", "macro", "bitbucket:repoCodeOverviewCard"],
];
const FILTERS = [
  ...[true, false, "x", 1, null, [], {}].map((appIsLicensed) => ({ appIsLicensed })),
  ...[{ ignoreSelf: true }, { appIsLicensed: true, ignoreSelf: true }, { appEdition: "advanced" }, { appIsLicensed: true, z: 1 }],
  ...[true, "x", [], null],
];

/** What else a module of a kind must have. */
const MORE = {
  "jira:issuePanel": { icon: "https://example.com/i.svg" },
  "jira:dashboardGadget": { description: "D", thumbnail: "https://example.com/i.svg" },
  "confluence:globalPage": { route: "r" },
  "jiraServiceManagement:portalHeader": { title: undefined },
  macro: { description: "M" },
};
const page = (type, displayConditions) => ({
  [type]: [{ key: "a", title: "A", resource: "main", ...MORE[type], displayConditions }],
});
const event = "avi:jira:created:issue";
const FILTERED = {
  trigger: (filter) => ({ trigger: [{ key: "a", function: "run", events: [event], filter }] }),
  scheduledTrigger: (filter) => ({ scheduledTrigger: [{ key: "a", function: "run", interval: "hour", filter }] }),
  consumer: (filter) => ({ consumer: [{ key: "a", queue: "q", function: "run", filter }] }),
  webtrigger: (filter) => ({ webtrigger: [{ key: "a", function: "run", filter }] }),
};

function matrix() {
  const shown = (value) => JSON.stringify(value);
  const nested = (inner) => page("jira:globalPage")["jira:globalPage"].map((module) => ({ ...module, ...inner }));
  return [
    ...LICENSING.map((licensing) => [`licensing ${shown(licensing)}`, manifest({ licensing }, page("jira:projectPage"))]),
    ...ACCESS.map((access) => [`access ${shown(access)}`, manifest({ ...SOLD, access }, page("jira:projectPage"))]),
    ...MODULES.flatMap((type) =>
      CONDITIONS.map((condition) => [`${type} ${shown(condition)}`, manifest(SOLD, page(type, condition))]),
    ),
    ...CONDITIONS.flatMap((displayConditions) => [
      [`page ${shown(displayConditions)}`, manifest(SOLD, { "jira:globalPage": nested({ pages: [{ title: "P", route: "p", displayConditions }] }) })],
      [`section ${shown(displayConditions)}`, manifest(SOLD, { "jira:globalPage": nested({ sections: [{ header: "S", displayConditions, pages: [{ title: "P", route: "p" }] }] }) })],
    ]),
    ...Object.entries(FILTERED).flatMap(([type, module]) =>
      FILTERS.map((filter) => [`${type} filter ${shown(filter)}`, manifest(SOLD, module(filter))]),
    ),
  ];
}

/** What a message of the platform, or a place in the document, is about. */
function topic(text) {
  if (/\bfilter\b/.test(text)) return "filter";
  if (/display ?conditions|appEdition|appIsLicensed|hasAppAccess/i.test(text)) return "condition";
  if (/licensing/.test(text)) return "licensing";
  if (/\baccess\b|userAccess/.test(text)) return "access";
  return undefined;
}

/** What only the doctor says: the platform's package does not look at it. */
const OWN = new Set(["filter_not_supported", "user_access_without_licensing", "editions_without_licensing"]);
/** Kinds of modules that have no conditions: the platform's package passes over what they have. */
const PASSED_OVER = /^modules\.(jiraServiceManagement:queuePage|macro|bitbucket:repoCodeOverviewCard)\[/;

test("the doctor says at least what @forge/manifest says, and no more of what is refused", { timeout: 300_000 }, async (t) => {
  const cases = [...manifestsOfPages(), ...manifestsOfExamples(), ...matrix()];
  const files = cases.map(([, text], n) => [`${n}/manifest.yml`, text]);
  const root = folder(t, Object.fromEntries(files));
  const findings = new Map(cases.map((_, n) => [`${n}/manifest.yml`, []]));
  for (const finding of doctor(root)) {
    findings.get(finding.file)?.push(finding);
  }
  const here = folder(t, CODE);
  let errors = 0;
  let accepted = 0;
  const missed = [];
  const invented = [];
  for (const [n, [name, text]] of cases.entries()) {
    writeFileSync(join(here, "manifest.yml"), text);
    const all = await platformErrors(here);
    const said = all.map((message) => [topic(message), message]).filter(([about]) => about);
    const found = findings.get(`${n}/manifest.yml`).filter(({ severity }) => severity === "error");
    const topics = new Set(found.map(({ path, message }) => topic(path) ?? topic(message)));
    errors += said.length;
    missed.push(...said.filter(([about]) => !topics.has(about)).map(([, message]) => `${name}: ${message}`));
    // where the platform refuses something else, it may not have come to this
    const more = found.filter(({ code, path, message }) => !OWN.has(code) && !PASSED_OVER.test(path) && (topic(path) ?? topic(message)));
    if (all.length === 0) {
      accepted += 1;
      invented.push(...more.map(({ code, path, message }) => `${name}: ${code} ${path} ${message}`));
    }
  }
  t.diagnostic(`${cases.length} manifests, ${accepted} taken, ${errors} errors of the platform`);
  assert.ok(cases.length > 500 && errors > 300 && accepted > 100, `${cases.length} ${accepted} ${errors}`);
  assert.deepEqual(missed, []);
  assert.deepEqual(invented, []);
});
