// What the compiler says of a map that cannot be meant: types.test.mjs reads its messages.
import { FeatureMap, License } from "@app-license/sdk";

const license = License.fromConnectQuery("");
const map = new FeatureMap({ features: { export: "standard", "bulk-export": "advanced" } });

new FeatureMap({ features: { export: "premium" } });
new FeatureMap({ features: { export: { requires: "Advanced" } } });
new FeatureMap({ limits: { projects: { premium: 10 } } });
new FeatureMap({ limits: { projects: { standard: "many" } } });
new FeatureMap({ features: {}, pricings: {} });
new FeatureMap({ "service-levels": { support: { standard: 48 } } });
map.check("bulk-exprot", license);
map.limit("projects", license);
