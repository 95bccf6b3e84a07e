// The page's gate: what it shows is a hint, the backend decides.
import { FeatureMap } from "@app-license/sdk";
import type { Decision, Features, License } from "@app-license/sdk";

import { Feature, LimitName, editions } from "./editions.js";

/** Whether to show a feature, and why; of the app's own map, or of another one in tests. */
export const may = (feature: Feature, license: License, map: Features = editions): Decision =>
  new FeatureMap(map).check(feature, license);

/** How many reports to offer to save. */
export const savedReports = (license: License): number =>
  new FeatureMap(editions).limit(LimitName.SavedReports, license);

/** The buttons of the page. */
export const buttons = (license: License) => ({
  export: may(Feature.Export, license).allowed,
  bulkExport: may(Feature.BulkExport, license).allowed,
});
