import { view } from "@forge/bridge";
import { License } from "app-license";
import { LicenseProvider } from "app-license/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { editions } from "./editions";
import "./style.css";

const load = async () => License.fromForgeContext(await view.getContext());

void view.theme.enable();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <LicenseProvider load={load} features={editions}>
      <App />
    </LicenseProvider>
  </StrictMode>,
);
