import { view } from "@forge/bridge";
import { License } from "@app-license/sdk";
import { LicenseProvider } from "@app-license/sdk/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { editions } from "./editions";
import "./style.css";

const load = async () => License.fromForgeContext(await view.getContext());

// light, where the product has no theme to give
view.theme.enable().catch(() => undefined);
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <LicenseProvider load={load} features={editions}>
      <App />
    </LicenseProvider>
  </StrictMode>,
);
