// The vendor's page: what customers bought against what they run, as it changes.
import { attempt, byId, el, read, say, send } from "./dom.js";

const words = (text) => text.replaceAll("_", " ");

function bought(record) {
  if (!record) {
    return ["nothing", "never tried, never bought"];
  }
  const trial = record.licenseType === "EVALUATION" ? "trial, " : "";
  const tried = record.upgradeEvaluatingEdition;
  const until = record.maintenanceEndDate ? ` until ${record.maintenanceEndDate}` : "";
  return [
    record.appEdition,
    `${trial}${record.status}${until}${tried ? `, tries ${tried}` : ""}`,
  ];
}

function runs(stored) {
  if (!stored) {
    return ["nothing", "the store does not know it"];
  }
  const edition = /advanced$/i.test(stored.capabilitySet ?? "") ? "Advanced" : "Standard";
  const license = stored.license ? `license ${stored.license}` : "license never confirmed";
  if (stored.status === "uninstalled" || stored.license === "inactive") {
    return ["nothing", `${stored.status}, ${license}`];
  }
  return [edition, `${stored.status}, ${license}`];
}

const cell = (label, [what, more], attributes = {}) =>
  el("td", { "data-label": label, ...attributes }, el("b", {}, what), el("small", {}, more));

function row({ site, bought: record, runs: stored, drift, title, cause }) {
  const found = drift ? [title, `${words(drift.cause)}: ${cause}`] : ["none", ""];
  return el(
    "tr",
    { class: drift ? "drift" : null, "data-customer": site },
    el("th", { scope: "row" }, site),
    cell("Bought", bought(record)),
    cell("Runs", runs(stored)),
    cell("Drift", found),
  );
}

let last = "";
async function refresh() {
  const view = await read("vendor");
  const text = JSON.stringify(view);
  if (text === last) {
    return;
  }
  last = text;
  byId("found").replaceChildren(...view.customers.map(row));
  const shown = view.customers.length;
  byId("count").textContent =
    shown < view.total ? `${shown} of ${view.total} customers, drift first` : `${view.total} customers`;
  const verdict = byId("verdict");
  const cases = view.drift === 1 ? "1 case of drift" : `${view.drift} cases of drift`;
  verdict.textContent = view.drift ? cases : "No drift: what customers run is what they bought.";
  verdict.className = view.drift ? "bad" : "good";
}

// ---- the circle ----

let customer = null;
const move = (site, what) => send("move", { site, move: what });
const lost = async (work) => {
  await send("delivery", "lost");
  try {
    await work();
  } finally {
    await send("delivery", "once");
  }
};

async function newCustomer() {
  const { sites } = await read("state");
  const site = `customer-${sites + 1}`;
  await send("sites", { site });
  return site;
}

/** `installed` again, which names the edition. */
const sendAgain = (site) => move(site, "rotate_secret");

const STEPS = {
  async buy() {
    customer = await newCustomer();
    await move(customer, { buy: { edition: "standard" } });
    await move(customer, "install");
    return `${customer} bought Standard and runs it: the report and the store agree`;
  },
  async lose() {
    if (!customer) {
      await STEPS.buy();
    }
    await lost(() => move(customer, { change_edition: { edition: "advanced" } }));
    return `${customer} pays for Advanced; the app was not told and serves Standard`;
  },
  async repair() {
    if (!customer) {
      return "nothing is lost yet";
    }
    await sendAgain(customer);
    return `the event reached the app: ${customer} runs what it bought`;
  },
  async unseen() {
    const site = await newCustomer();
    await move(site, { buy: { edition: "advanced" } });
    await lost(() => move(site, "install"));
    return `${site} pays for Advanced, and the app has never heard of it`;
  },
};

byId("steps").addEventListener("click", async (event) => {
  const target = event.target.closest("button");
  const step = STEPS[target?.dataset.step];
  if (!step) {
    return;
  }
  target.disabled = true;
  const told = await attempt(target.textContent.trim(), step);
  byId("step").textContent = told ?? "";
  target.disabled = false;
  target.focus();
  await refresh();
});

async function follow() {
  let known = null;
  for (;;) {
    try {
      const state = await read(known === null ? "state" : `state?after=${known}`);
      if (state.version !== known) {
        known = state.version;
        byId("now").textContent = state.now.replace("T", " ").replace("Z", " UTC");
        await refresh();
      }
    } catch (error) {
      say(`the lab does not answer: ${error.message}`, true);
      known = null;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}
follow();
