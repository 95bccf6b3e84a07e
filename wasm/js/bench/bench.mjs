// The same work done by this package and by what apps use today, in one run: node bench.mjs
// Medians over interleaved rounds; a ratio above 1 says that this package is faster.
import jwt from "atlassian-jwt";
import { z } from "zod";

import { License } from "../dist/index.js";
import { tenantOf, verifyInvocation, verifyRequest } from "../dist/server.js";
import { FakeConnect, FakeForge, forgeLicense } from "../dist/testing.js";

const ROUNDS = 9;

function once(run, times) {
  // the time of this process, whatever else the machine does
  const start = process.cpuUsage();
  for (let i = 0; i < times; i += 1) {
    run();
  }
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1e3) / times;
}

const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];

function compare(name, target, times, ours, theirs) {
  once(ours, times);
  once(theirs, times);
  const rounds = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds[0].push(once(ours, times));
    rounds[1].push(once(theirs, times));
  }
  const [mine, other] = rounds.map(median);
  const ratio = (other / mine).toFixed(2);
  console.log(`${name}: ${mine.toFixed(1)} ns, other ${other.toFixed(1)} ns, ${ratio}x (asked: ${target}x)`);
}

let sink = 0;

// a check, against comparing the raw object's fields by hand
const raw = { license: forgeLicense("advanced") };
const license = License.fromForgeContext({ environmentType: "PRODUCTION", ...raw });
compare(
  "hasCapability / plain comparison",
  "1.0",
  5_000_000,
  () => (sink += license.hasCapability("capabilityAdvanced") ? 1 : 0),
  () => (sink += raw.license.active === true && raw.license.capabilitySet === "capabilityAdvanced" ? 1 : 0),
);

// the license of an invocation token, its signature checked before by either
const now = new Date();
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";
const forge = new FakeForge({ appId });
const token = forge.invocationToken("advanced", { now });
const claims = Buffer.from(token.split(".")[1], "base64url").toString("utf8");
const text = z.string();
const schema = z.object({
  app: z.object({
    id: text,
    installationId: text,
    apiBaseUrl: text,
    appVersion: text,
    environment: z.object({ type: text, id: text }),
    module: z.object({ type: text, key: text }),
    installation: z.object({ id: text, contexts: z.array(z.object({ name: text, apiBaseUrl: text, cloudId: text.optional() })) }),
    license: z
      .object({
        active: z.boolean().optional(),
        isActive: z.boolean().optional(),
        billingPeriod: text.nullish(),
        capabilitySet: text.nullish(),
        ccpEntitlementId: text.nullish(),
        ccpEntitlementSlug: text.nullish(),
        isEvaluation: z.boolean().nullish(),
        subscriptionEndDate: text.nullish(),
        supportEntitlementNumber: text.nullish(),
        trialEndDate: text.nullish(),
        type: text.nullish(),
        modes: z.array(text).nullish(),
      })
      .optional(),
  }),
  principal: text.optional(),
  iss: text,
  aud: text,
  iat: z.number(),
  nbf: z.number(),
  exp: z.number(),
  jti: text,
});
compare(
  "FIT license read / JSON.parse and zod",
  "3",
  20_000,
  () => (sink += License.fromFunctionContext(JSON.parse(claims).app).hasCapability("capabilityAdvanced") ? 1 : 0),
  () => (sink += schema.parse(JSON.parse(claims)).app.license.capabilitySet === "capabilityAdvanced" ? 1 : 0),
);
compare(
  "all of verifyInvocation, for scale / the same",
  "-",
  2_000,
  () => (sink += verifyInvocation(`Bearer ${token}`, forge.jwks, { appId, now }).license.edition === "advanced" ? 1 : 0),
  () => (sink += schema.parse(JSON.parse(claims)).app.license.capabilitySet === "capabilityAdvanced" ? 1 : 0),
);

// a request of an iframe
const baseUrl = "https://app.example.com";
const site = new FakeConnect({ appKey: "com.example.app", baseUrl });
const page = site.page("/panel?issue=ABC-1&project=10000", "advanced", now);
const url = new URL(page.target, baseUrl);
const signed = url.searchParams.get("jwt");
compare(
  "verifyRequest / atlassian-jwt decode and createQueryStringHash",
  "3",
  5_000,
  () => (sink += verifyRequest(page, site.tenant, { baseUrl, now }).license.edition === "advanced" ? 1 : 0),
  () => {
    const request = jwt.fromMethodAndUrl("GET", page.target);
    const { qsh } = jwt.decodeSymmetric(signed, site.secret, "HS256");
    sink += qsh === jwt.createQueryStringHash(request, false, baseUrl) ? 1 : 0;
  },
);
compare(
  "with tenantOf before it / the same",
  "-",
  5_000,
  () => (sink += verifyRequest(page, { ...site.tenant, clientKey: tenantOf(page) }, { baseUrl, now }).license.edition === "advanced" ? 1 : 0),
  () => {
    const request = jwt.fromMethodAndUrl("GET", page.target);
    const { qsh } = jwt.decodeSymmetric(signed, site.secret, "HS256");
    sink += qsh === jwt.createQueryStringHash(request, false, baseUrl) ? 1 : 0;
  },
);
if (!sink) {
  throw new Error("nothing was measured");
}
