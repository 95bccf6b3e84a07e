// The vendor's own Forge app: its modules as tabs, its triggers, what its functions print.
import { attempt, byId, el, read, say, send } from "./dom.js";
import { kit, showKit } from "./kit.js";
import { product } from "./product.js";

const own = { app: null, site: null, page: null, extensions: new Map(), host: null, frame: null };

/** What the manifest names; nothing without an app of the vendor's own. */
export async function start(site) {
  own.app = await read("forge");
  if (!own.app) {
    return false;
  }
  own.site = site;
  byId("forge-title").textContent = "Your Forge app";
  byId("own").hidden = false;
  byId("own-more").hidden = false;
  byId("notes").replaceChildren(...own.app.notes.map((note) => el("li", {}, note)));
  const { name, header } = own.app.policy;
  byId("policy").textContent = own.app.origin
    ? `${own.app.server ? `from ${own.app.server}, ` : ""}policy: ${name}`
    : "";
  byId("policy").title = header;
  byId("policy").className = own.app.server ? "warn" : "";
  pages();
  triggers();
  byId("access").addEventListener("change", ({ target }) =>
    attempt(`the user ${target.selectedOptions[0].textContent}`, () =>
      send("forge/access", { site: own.site(), access: target.value }),
    ),
  );
  byId("reload").addEventListener("click", show);
  byId("use-extension").addEventListener("click", useExtension);
  return true;
}

// ---- pages ----

function pages() {
  const shown = own.app.pages.filter(({ url, module }) => url || module.native);
  byId("tabs").replaceChildren(
    ...shown.map((page) => {
      const { key, title, type } = page.module;
      return el(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${key}`,
          "data-module": key,
          "aria-controls": page.module.native ? "kit" : "forge",
          onclick: () => choose(page),
        },
        title,
        el("small", {}, ` ${type}`),
      );
    }),
  );
  byId("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = [...byId("tabs").children];
    const next = all[all.indexOf(document.activeElement) + step];
    if (step && next) {
      event.preventDefault();
      next.focus();
      next.click();
    }
  });
  own.host = product({
    origin: own.app.origin,
    site: own.site,
    resource: (key) => own.app.resources[key],
    place: (text) => (byId("place").textContent = text),
    missing,
    flag,
    closeFlag,
    modal,
    closeModal: () => byId("modal").close(),
  });
  byId("forge").hidden = true;
  kit({ site: own.site, page: () => own.page.module.key, extension: () => own.frame.extension() });
  if (shown.length) {
    choose(shown[0]);
  }
}

function choose(page) {
  own.page = page;
  for (const tab of byId("tabs").children) {
    const selected = tab.dataset.module === page.module.key;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
  }
  const { key } = page.module;
  const extension = own.extensions.get(key) ?? page.extension;
  byId("extension").value = JSON.stringify(extension, null, 2);
  own.host.frames.clear();
  own.frame = {
    id: "page",
    element: byId("forge"),
    page,
    extension: () => own.extensions.get(key),
  };
  byId("forge").hidden = page.module.native;
  byId("kit").hidden = !page.module.native;
  if (!page.module.native) {
    own.host.frames.add(own.frame);
  }
  byId("place").textContent = "";
  show();
}

/** Loads the page anew, as a user of the product would. */
export function show() {
  if (own.frame && own.site()) {
    byId("flags").replaceChildren();
    if (own.page.module.native) {
      showKit();
    } else {
      own.host.load(own.frame);
    }
  }
}

/** Something that the app is told has changed. */
export function changed({ userAccess }) {
  byId("access").value = userAccess;
  if (byId("again").checked) {
    show();
  }
}

function useExtension() {
  try {
    const extension = JSON.parse(byId("extension").value);
    own.extensions.set(own.page.module.key, extension);
    say("the context has another extension");
    show();
  } catch (error) {
    say(`the extension is no JSON: ${error.message}`, true);
  }
}

// ---- what the app does to the product ----

function flag({ id, title, description, type, actions = [] }, act) {
  closeFlag(id);
  byId("flags").append(
    el(
      "div",
      { class: `flag ${type}`, "data-flag": id },
      el("b", {}, title ?? ""),
      el("span", {}, description ?? ""),
      ...actions.map(({ text }, index) =>
        el("button", { type: "button", onclick: () => act(index) }, text),
      ),
      el("button", { type: "button", onclick: () => closeFlag(id) }, "Close"),
    ),
  );
}

function closeFlag(id) {
  byId("flags").querySelector(`[data-flag="${CSS.escape(id)}"]`)?.remove();
}

function modal({ title }, closed) {
  const dialog = byId("modal");
  byId("modal-title").textContent = title || "A modal of the app";
  dialog.onclose = closed;
  dialog.showModal();
  return byId("modal-frame");
}

const seen = new Map();
function missing(what) {
  seen.set(what, (seen.get(what) ?? 0) + 1);
  byId("missing-count").textContent = `(${seen.size})`;
  const rows = [...seen].map(([name, count]) => el("li", {}, `${name}${count > 1 ? `, ${count} times` : ""}`));
  byId("missing").replaceChildren(...rows);
}

// ---- triggers and the log ----

function triggers() {
  const buttons = own.app.triggers.flatMap((trigger) => {
    const events = trigger.events.length ? trigger.events : [null];
    return events.map((event) => {
      const label = event ?? trigger.interval ?? trigger.queue ?? "";
      return el(
        "button",
        { type: "button", "data-trigger": trigger.key, onclick: () => press(trigger, event) },
        trigger.key,
        el("small", {}, ` ${trigger.type} ${label}`),
      );
    });
  });
  byId("triggers").hidden = buttons.length === 0;
  byId("trigger-buttons").replaceChildren(...buttons);
  byId("output").hidden = !own.app.functions;
}

async function press({ key }, event) {
  const text = byId("trigger-payload").value.trim();
  const what = `${key}${event ? ` (${event})` : ""}`;
  const answer = await attempt(what, () =>
    send("forge/trigger", { site: own.site(), key, event, payload: text ? JSON.parse(text) : null }),
  );
  if (answer) {
    byId("trigger-answer").textContent = JSON.stringify(answer, null, 2);
  }
}

let last = "";
export async function refreshLog() {
  if (!own.app?.functions) {
    return;
  }
  const lines = await read("forge/log");
  const text = JSON.stringify(lines);
  if (text === last) {
    return;
  }
  last = text;
  byId("log-count").textContent = `(${lines.length})`;
  byId("log").replaceChildren(
    ...lines.map(({ level, text: line, function: name }) =>
      el("li", { class: level }, el("small", {}, `${name ?? level} `), line),
    ),
  );
  byId("log").lastElementChild?.scrollIntoView({ block: "nearest" });
}
