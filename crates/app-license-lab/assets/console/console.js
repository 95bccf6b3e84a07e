// The console: asks for news, shows them, sends what is clicked.
import { attempt, byId, day, el, read, say, send } from "./dom.js";
import * as forge from "./forge.js";
import { card, words } from "./moves.js";
import { plot } from "./plot.js";
import { list, open, report } from "./delivered.js";

const PAGE = 100;
const view = { site: null, from: 0, asked: 0, entry: null, shown: null, own: null, now: null, pages: null, faults: [] };

/** What is shown is left alone while it stays the same: somebody may be pressing it. */
const shown = new Map();
function isNews(place, value) {
  const text = JSON.stringify(value);
  const news = shown.get(place) !== text;
  shown.set(place, text);
  return news;
}

// ---- the platform ----

const SERVICES = [
  ["key-hosts", "Key hosts", ["none", "down", "slow", "server_error", "wrong"]],
  ["license-apis", "License APIs", ["none", "down", "slow", "too_many_requests", "server_error"]],
];

function services(state) {
  if (!byId("services").childElementCount) {
    byId("services").append(
      ...SERVICES.map(([name, label, kinds]) => {
        const options = kinds.map((kind) =>
          el("option", { value: kind }, kind === "none" ? "in order" : words(kind)),
        );
        const select = el("select", {
          id: `service-${name}`,
          onchange: (event) => fault(name, event.target.value),
        });
        select.append(...options);
        return el("label", {}, `${label} `, select);
      }),
    );
  }
  const faults = Object.fromEntries(state.services.map(({ name, fault: kind }) => [name, kind]));
  byId("service-key-hosts").value = faults["install-keys"];
  byId("service-license-apis").value = faults.sites;
  byId("delivery").value = state.delivery;
  const bad = [faults["install-keys"], faults.sites].filter((kind) => kind !== "none");
  if (state.delivery !== "once") {
    bad.push(`events ${words(state.delivery)}`);
  }
  byId("faults").textContent = bad.length ? `(${bad.map(words).join(", ")})` : "";
}

const fault = (service, kind) =>
  attempt(`${words(service)}: ${words(kind)}`, () => send("fault", { service, kind }));

function clock() {
  byId("clock").addEventListener("click", ({ target }) => {
    if (target.dataset.days) {
      const days = Number(target.dataset.days);
      attempt(days === 1 ? "1 day later" : `${days} days later`, () => send("clock", { advance_days: days }));
    } else if ("now" in target.dataset) {
      const now = `${new Date().toISOString().slice(0, 19)}Z`;
      attempt("the clock is set to now", () => send("clock", { set: now }));
    } else if (target.id === "set-date" && byId("date").value) {
      attempt("the clock is set", () => send("clock", { set: `${byId("date").value}:00Z` }));
    }
  });
}

// ---- sites ----

async function rows() {
  const find = encodeURIComponent(byId("find").value);
  const asked = ++view.asked;
  const answer = await read(`sites?find=${find}&from=${view.from}`);
  // a later question may have been answered before
  if (asked !== view.asked) {
    return;
  }
  const { total, found, from, rows: sites } = answer;
  view.site ??= sites[0]?.site ?? null;
  if (!isNews("rows", [answer, view.site])) {
    return;
  }
  const focused = document.activeElement?.dataset?.site;
  byId("rows").replaceChildren(
    ...sites.map((site) => {
      const s = site.snapshot;
      const until = s.evaluation && s.trialEndDate ? s.trialEndDate : s.subscriptionEndDate;
      return el(
        "tr",
        { class: site.site === view.site ? "chosen" : null, "data-state": s.state },
        el(
          "th",
          { scope: "row" },
          el(
            "button",
            {
              type: "button",
              "data-site": site.site,
              "aria-pressed": String(site.site === view.site),
              onclick: () => choose(site.site),
            },
            site.site,
          ),
          site.installed ? null : el("small", {}, " not installed"),
        ),
        el("td", {}, el("b", {}, s.edition ?? "none"), el("small", {}, ` ${words(s.stage)}`)),
        el("td", {}, day(until)),
      );
    }),
  );
  if (focused) {
    document.querySelector(`[data-site="${CSS.escape(focused)}"]`)?.focus();
  }
  const last = from + sites.length;
  byId("count").textContent =
    found > sites.length ? `${from + 1} to ${last} of ${found} sites` : `${found} of ${total} sites`;
  byId("pages").hidden = found <= PAGE;
  byId("before").disabled = from === 0;
  byId("next").disabled = last >= found;
}

function choose(site) {
  view.site = site;
  view.entry = null;
  byId("entry").replaceChildren();
  refresh();
}

function sites() {
  byId("find").addEventListener("input", () => {
    view.from = 0;
    rows();
  });
  byId("before").addEventListener("click", () => turn(-PAGE));
  byId("next").addEventListener("click", () => turn(PAGE));
  byId("new-site").addEventListener("submit", async (event) => {
    event.preventDefault();
    const site = byId("site-name").value;
    if (await attempt(`new site ${site}`, () => send("sites", { site }))) {
      byId("site-name").value = "";
      choose(site);
    }
  });
  arrows("rows", "[data-site]");
  arrows("journal", "[data-entry]:not(:disabled)");
  byId("entry").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && view.entry !== null) {
      const id = view.entry;
      view.entry = null;
      byId("entry").replaceChildren();
      document.querySelector(`[data-entry="${id}"]`)?.focus();
      refresh();
    }
  });
}

/** Up and down go from row to row. */
function arrows(list, row) {
  byId(list).addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...byId(list).querySelectorAll(row)];
    const at = all.indexOf(document.activeElement);
    if (step && at >= 0) {
      event.preventDefault();
      all[at + step]?.focus();
    }
  });
}

function turn(by) {
  view.from = Math.max(0, view.from + by);
  rows();
}

/** Replaces the card and keeps the focus where it was. */
function site(detail) {
  if (!isNews("site", detail)) {
    return;
  }
  const focused = document.activeElement;
  const inside = byId("site").contains(focused);
  const label = inside && focused.localName === "button" ? focused.textContent : null;
  if (inside && focused.localName === "input") {
    shown.delete("site"); // somebody is typing: next time
    return;
  }
  byId("site").replaceChildren(...card(detail));
  if (label) {
    [...byId("site").querySelectorAll("button")].find((it) => it.textContent === label)?.focus();
  }
}

/** Replaces the list and keeps the focus where it was. */
function entries(all) {
  if (!isNews("journal", [all, view.entry])) {
    return;
  }
  const focused = document.activeElement?.dataset?.entry;
  const choose = async (id) => {
    view.entry = id;
    await open(id);
    entries(all);
    byId("entry").focus({ preventScroll: true });
  };
  const again = () => {
    shown.delete("journal");
    entries(all);
  };
  byId("journal").replaceChildren(...list(all, view.entry, choose, again));
  if (focused) {
    document.querySelector(`[data-entry="${focused}"]`)?.focus();
  }
}

// ---- the app ----

/** Shows the app anew when something that it is told has changed. */
async function panels(detail) {
  const key = JSON.stringify([
    detail.site,
    detail.installed,
    detail.onForge,
    detail.snapshot,
    detail.baseUrl,
    detail.userAccess,
    day(view.now),
    view.faults,
  ]);
  if (key === view.shown) {
    return;
  }
  view.shown = key;
  if (view.own && detail.installed) {
    forge.changed(detail);
  }
  if (!detail.installed) {
    byId("connect").removeAttribute("src");
    byId("connect").srcdoc = "<p>The app is not installed on this site.</p>";
    byId("forge").src = "about:blank";
    return;
  }
  const frame = byId("forge");
  const page = `${view.pages}/custom-ui/`;
  if (view.own) {
    // its own page is loaded above
  } else if (frame.src === page) {
    frame.contentWindow.postMessage({ lab: "changed" }, view.pages);
  } else {
    frame.src = page;
  }
  if (!view.connect) {
    return;
  }
  try {
    const { url } = await send("panel", { site: detail.site });
    byId("connect").removeAttribute("srcdoc");
    byId("connect").src = url;
  } catch (error) {
    say(error.message, true);
  }
}

/** Plays the product for the Custom UI page. */
function bridge() {
  window.addEventListener("message", async (event) => {
    const frame = byId("forge").contentWindow;
    if (event.source !== frame || event.origin !== view.pages || event.data?.lab !== "call") {
      return;
    }
    const { id, call } = event.data;
    const reply = { lab: "answer", id };
    try {
      reply.result = await send("bridge", { site: view.site, call });
    } catch (error) {
      reply.error = error.message;
    }
    frame.postMessage(reply, view.pages);
  });
}

// ---- news ----

async function refresh() {
  await rows();
  if (!view.site) {
    return;
  }
  const only = byId("only").checked ? `?site=${encodeURIComponent(view.site)}` : "";
  const [detail, journal] = await Promise.all([
    read(`sites/${encodeURIComponent(view.site)}`),
    read(`journal${only}`),
  ]);
  site(detail);
  entries(journal.entries);
  byId("plot").replaceChildren(plot(detail.timeline, view.now));
  await panels(detail);
  await forge.refreshLog();
}

async function follow() {
  let version = null;
  for (;;) {
    try {
      const state = await read(version === null ? "state" : `state?after=${version}`);
      if (state.version === version) {
        continue;
      }
      version = state.version;
      view.now = state.now;
      view.pages = state.pages;
      view.connect = Boolean(state.app.connect);
      byId("connect-title").hidden = !view.connect;
      byId("connect").hidden = !view.connect;
      view.own ??= await forge.start(() => view.site);
      view.faults = state.services.map(({ fault: kind }) => kind);
      byId("now").textContent = state.now.replace("T", " ").replace("Z", " UTC");
      const whose = state.app.own ? "your app" : "demo app";
      byId("app").textContent = `${whose} ${state.app.name} at ${state.app.baseUrl}`;
      services(state);
      await refresh();
    } catch (error) {
      say(`the lab does not answer: ${error.message}`, true);
      version = null;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

clock();
sites();
bridge();
byId("delivery").addEventListener("change", ({ target }) =>
  attempt(`events ${words(target.value)}`, () => send("delivery", target.value)),
);
byId("trouble").addEventListener("click", ({ target }) => {
  const { rotate } = target.dataset;
  if (rotate) {
    attempt(`${rotate} keys rotated`, () => send("rotate", rotate));
  }
});
byId("only").addEventListener("change", refresh);
byId("inspect").addEventListener("click", async () => {
  const input = byId("input").value;
  const found = await attempt("inspected", () => send("inspect", { input }));
  byId("inspected").replaceChildren(...(found ? report(found) : []));
});
follow();
