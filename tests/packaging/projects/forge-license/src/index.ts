// A Forge app in TypeScript: gates of a resolver, a scheduled trigger, a consumer, a web trigger.
import Resolver from "@forge/resolver";
import { FeatureMap, check, getLicense, requires } from "@app-license/sdk/forge";

const features = new FeatureMap({ features: { "bulk-export": "advanced" } });
// tests set the clock
const clock = () => new Date((globalThis as any).testClock ?? Date.now());

const resolver = new Resolver();
resolver.define("export", requires("capabilityStandard", ({ payload }) => ({ exported: payload.rows }), { clock }));
resolver.define(
  "bulk",
  requires({ features, feature: "bulk-export" }, (_request, { license }) => ({ edition: license.edition }), { clock }),
);
resolver.define(
  "soft",
  requires("capabilityAdvanced", () => ({ refused: "" }), { clock, onDenied: ({ reason }) => ({ refused: reason }) }),
);
resolver.define(
  "lenient",
  requires("capabilityAdvanced", () => ({ ok: true }), { clock, whenAbsentOutsideProduction: "advanced" }),
);
export const handler = resolver.getDefinitions();

const said = async (context?: { [name: string]: any }) => {
  const license = await getLicense(context, { clock });
  const { source, state, edition, trust, environment } = license;
  const { allowed, reason, age } = check(license, { requires: "capabilityAdvanced", now: clock(), productionOnly: true });
  return { source, state, edition, trust, environment, allowed, reason, age };
};

export const nightly = (_event: unknown, context: { [name: string]: any }) => said(context);
export const consumer = (_event: unknown, context: { [name: string]: any }) => said(context);
export const hook = (_request: unknown, context: { [name: string]: any }) => said(context);
export const misused = (request: any) => getLicense(request, { clock });
export const gate = (options: any) => requires("capabilityStandard", () => 1, options);
export const read = (context: any, options: any) => getLicense(context, options);
