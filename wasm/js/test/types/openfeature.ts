// The providers are what the SDKs take, and a server's takes verified licenses alone.
import { OpenFeature as Server } from "@openfeature/server-sdk";
import { OpenFeature as Web } from "@openfeature/web-sdk";

import { FeatureMap, License } from "@app-license/sdk";
import { LicenseServerProvider, LicenseWebProvider } from "@app-license/sdk/openfeature";

const features = new FeatureMap({ features: { "bulk-export": "advanced" } });
const hint = License.fromConnectQuery("lic=active");
declare const verified: License<"verified">;

await Web.setProviderAndWait(new LicenseWebProvider({ features, license: hint }));
await Web.setProviderAndWait(
  new LicenseWebProvider({ features, license: async ({ site }) => (site ? hint : verified) }),
);
await Server.setProviderAndWait(
  new LicenseServerProvider({ features, license: ({ targetingKey }) => (targetingKey ? verified : null) }),
);
// @ts-expect-error a hint proves nothing
new LicenseServerProvider({ features, license: () => hint });
// @ts-expect-error a server serves many customers
new LicenseServerProvider({ features, license: verified });
// @ts-expect-error made for the other SDK
await Server.setProviderAndWait(new LicenseWebProvider({ features, license: hint }));
