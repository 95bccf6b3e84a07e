// A page whose policy allows WebAssembly: the core reads and decides.
import { check } from "@app-license/sdk";
import { loadCore } from "@app-license/sdk/wasm";

const say = (text) => document.body.append(Object.assign(document.createElement("pre"), { textContent: text }));
await loadCore().then(
  ({ fromConnectQuery }) => say(check(fromConnectQuery("?lic=active&capSet=capabilityAdvanced"), { requires: "capabilityAdvanced" }).reason),
  ({ code }) => say(code),
);
