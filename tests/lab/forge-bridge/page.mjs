// A page that gives the real bridge to its test, unmodified.
import * as bridge from "@forge/bridge";

globalThis.bridge = bridge;
document.getElementById("ready").textContent = "ready";
