// A page as an app writes it: React gates, OpenFeature, the license from the platform's context.
import { OpenFeature } from "@openfeature/web-sdk";
import { FeatureMap, License } from "@app-license/sdk";
import { LicenseWebProvider } from "@app-license/sdk/openfeature";
import { Gate, LicenseProvider, useLicense } from "@app-license/sdk/react";
import { StrictMode, createElement as h } from "react";
import { createRoot } from "react-dom/client";

const features = new FeatureMap({
  features: { "bulk-export": "advanced" },
  limits: { projects: { none: 1, standard: 10, advanced: "unlimited" } },
});
// a Connect iframe has its query, Custom UI the context of its bridge
const load = location.search
  ? async () => License.fromConnectQuery(location.search)
  : async () => License.fromForgeContext(await globalThis.bridge.getContext());

function Line() {
  const { status, license, limit } = useLicense();
  return h("p", { id: status }, `${license?.state} ${license?.edition} ${limit("projects")}`);
}

createRoot(document.querySelector("#app")).render(
  h(StrictMode, null,
    h(LicenseProvider, { load, features, onError: ({ message }) => void (document.title = `failed: ${message}`) },
      h(Line),
      h(Gate, {
        feature: "bulk-export",
        loading: h("i", { id: "loading" }),
        fallback: (decision) => h("b", { id: "gate" }, decision.reason),
        failed: (error) => h("b", { id: "gate" }, error.message),
      }, h("b", { id: "gate" }, "allowed")))),
);

await OpenFeature.setProviderAndWait(new LicenseWebProvider({ features, license: load })).catch(() => {});
const flag = OpenFeature.getClient().getBooleanDetails("bulk-export", false);
const line = document.createElement("p");
line.id = "flag";
line.textContent = `${flag.value} ${flag.reason}`;
document.body.append(line);
parent.postMessage(line.textContent, "*");
