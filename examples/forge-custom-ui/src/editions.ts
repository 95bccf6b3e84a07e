import { FeatureMap } from "@app-license/sdk";

/** What this app sells, in one place: the JSON form of `editions.toml`. */
export const editions = new FeatureMap({
  features: {
    "export-list": "standard",
    "bulk-export": "advanced",
  },
  limits: {
    "saved-exports": { none: 1, standard: 10, advanced: "unlimited" },
  },
  "service-levels": {
    support: { standard: "48 hours", advanced: "4 hours" },
  },
});
