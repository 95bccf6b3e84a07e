// An app as UI Kit runs it: React 18 and a renderer that makes a document for the product to draw.
// There is no DOM. Prints what it would draw, each time.
import { FeatureMap } from "app-license";
import { Gate, LicenseProvider, useLicense } from "app-license/react";
import { createElement as h, useEffect, useState } from "react";

import { render } from "./renderer.mjs";

const features = new FeatureMap({ features: { "bulk-export": "advanced" } });
const license = { active: true, capabilitySet: "capabilityAdvanced" };

/** Undefined at first, like UI Kit's own. */
function useProductContext() {
  const [context, setContext] = useState();
  useEffect(() => setContext({ environmentType: "PRODUCTION", license }), []);
  return context;
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
    h(Gate, { feature: "bulk-export", loading: h("Text", null, "wait") }, h("Button", null, "Export")),
  );
}

render(h(App), (texts) => console.log(JSON.stringify(texts)));
