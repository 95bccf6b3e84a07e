import { FeatureMap, check, fromFunctionContext } from "@app-license/sdk/server";

const features = new FeatureMap({
  features: { export: "standard", "bulk-export": "advanced" },
  limits: { rows: { none: 10, standard: 1000, advanced: "unlimited" } },
});

/** Exports rows: more of them, and everything at once, for those who bought it. */
export function exportRows({ context, payload }) {
  // the platform fills this license in, whatever the browser sent: it may authorize
  const license = fromFunctionContext(context);
  const feature = payload?.everything ? "bulk-export" : "export";
  const { allowed, reason } = check(license, { features, feature });
  if (!allowed) {
    return { refused: reason };
  }
  return { exported: Math.min(Number(payload?.rows ?? 10), features.limit("rows", license)) };
}
