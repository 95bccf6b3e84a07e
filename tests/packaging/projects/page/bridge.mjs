// A page of Custom UI as a developer opens it: the platform's own bridge, the fixtures at its other end.
import { License } from "@app-license/sdk";
import { installFakeBridge } from "@app-license/sdk/testing/browser";

const bridge = installFakeBridge("trial-of-advanced");
const { view } = await import("@forge/bridge");

const said = {};
for (const scenario of ["trial-of-advanced", "standard", "expired", "absent"]) {
  bridge.set(scenario);
  const { state, edition, trust } = License.fromForgeContext(await view.getContext());
  said[scenario] = [state, edition, trust].join(" ");
}
bridge.uninstall();
said.uninstalled = await view.getContext().then(() => "answers", ({ message }) => message);

const line = document.createElement("pre");
line.textContent = JSON.stringify(said);
document.body.append(line);
