// An app as UI Kit runs it: React 18 and a renderer that makes a document for the product to draw.
// There is no DOM. Prints what it would draw, each time.
import { FeatureMap } from "@app-license/sdk";
import { Gate, LicenseProvider, useLicense } from "@app-license/sdk/react";
import { createElement as h, useEffect, useState } from "react";

import { render } from "./renderer.mjs";

const features = new FeatureMap({ features: { "bulk-export": "advanced" } });
const context = (capabilitySet) => ({ environmentType: "PRODUCTION", license: { active: true, capabilitySet } });

/** Undefined at first, like UI Kit's own; then the customer goes back to Standard. */
function useProductContext() {
  const [said, say] = useState();
  useEffect(() => {
    say(context("capabilityAdvanced"));
    setTimeout(() => say(context("capabilityStandard")), 50);
  }, []);
  return said;
}

function Line() {
  const { status, hasCapability } = useLicense();
  return h("Text", null, `${status} ${hasCapability("capabilityAdvanced")}`);
}

function App() {
  return h(
    LicenseProvider,
    { context: useProductContext(), features },
    h(Line),
    h(
      Gate,
      { feature: "bulk-export", loading: h("Text", null, "wait"), fallback: ({ reason }) => h("Text", null, reason) },
      h("Button", null, "Export"),
    ),
  );
}

render(h(App), (texts) => console.log(JSON.stringify(texts)));
