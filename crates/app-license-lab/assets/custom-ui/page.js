// A Custom UI page as an app would write it: the npm package reads the context and hides what was
// not bought; the remote decides. The lab plays the product around the frame.
import { FeatureMap, License } from "./app-license.js";

const waiting = new Map();
let count = 0;

/** Asks the product, as the Forge bridge does. */
function bridge(call) {
  const id = ++count;
  window.parent.postMessage({ lab: "call", id, call }, "*");
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

window.addEventListener("message", (event) => {
  if (event.source !== window.parent) {
    return;
  }
  const { lab, id, result, error } = event.data ?? {};
  if (lab === "answer" && waiting.has(id)) {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    error ? reject(new Error(error)) : resolve(result);
  }
  if (lab === "changed") {
    show();
  }
});

const byId = (id) => document.getElementById(id);

function item(name, allowed, why) {
  const li = document.createElement("li");
  li.className = allowed ? "granted" : "denied";
  li.dataset.feature = name;
  li.dataset.decision = li.className;
  const title = document.createElement("b");
  title.textContent = name;
  const small = document.createElement("small");
  small.textContent = why;
  li.append(title, small);
  return li;
}

async function show() {
  try {
    const [context, editions] = await Promise.all([
      bridge("getContext"),
      fetch("editions.json").then((answer) => answer.json()),
    ]);
    const license = License.fromForgeContext(context);
    const map = new FeatureMap(editions);
    const features = Object.keys(editions.features ?? {}).map((name) => {
      const { allowed, reason } = map.check(name, license);
      const words = allowed ? "granted" : `denied: ${reason}`;
      return item(name, allowed, `${words} (hint from the Forge UI context)`);
    });
    byId("features").replaceChildren(...features);
    const edition = license.edition ?? "no edition";
    byId("license").textContent = `License ${license.state}, edition ${edition}`;
    const { status, body } = await bridge("invokeRemote");
    const granted = (body?.decisions ?? []).filter((one) => one.allowed).map((one) => one.name);
    byId("backend").textContent =
      status === 200
        ? `The remote, by the token: ${granted.join(", ") || "nothing"} granted`
        : `The remote answers ${status ?? "nothing"}: ${body?.error?.code ?? "no reason"}`;
  } catch (error) {
    byId("license").textContent = error.message;
    byId("features").replaceChildren();
    byId("backend").textContent = "";
  }
}

show();
