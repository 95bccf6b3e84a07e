// The lab's half of the Forge bridge inside the page: what `@forge/bridge` calls, before the page's
// own scripts run. The console around the frame answers; functions never leave the page.
(() => {
  "use strict";
  const waiting = new Map();
  const listeners = new Map();
  let count = 0;

  const post = (message) => window.parent.postMessage(message, "*");

  /** Asks the console. */
  function ask(command, payload) {
    const id = ++count;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      try {
        post({ lab: "bridge", id, command, payload });
      } catch (error) {
        waiting.delete(id);
        reject(error);
      }
    });
  }

  // ---- events ----

  /** Calls back for an event until it is unsubscribed, as the platform answers `events.on`. */
  function subscribe(scope, { event, callback }) {
    const key = `${scope} ${event}`;
    const callbacks = listeners.get(key) ?? new Set();
    listeners.set(key, callbacks.add(callback));
    return Promise.resolve({ unsubscribe: () => callbacks.delete(callback) });
  }

  function call(key, payload) {
    for (const callback of listeners.get(key) ?? []) {
      try {
        callback(payload);
      } catch (error) {
        console.error(error);
      }
    }
  }

  // ---- history ----

  /** A history in memory, in the shape of the package `history`; the console shows where it is. */
  function history() {
    const at = (path, state) => {
      const url = new URL(path, "http://page.invalid");
      const key = Math.random().toString(36).slice(2, 8);
      return { pathname: url.pathname, search: url.search, hash: url.hash, state, key };
    };
    const target = (to, state) =>
      typeof to === "string"
        ? at(to, state)
        : at(`${to.pathname ?? "/"}${to.search ?? ""}${to.hash ?? ""}`, to.state ?? state);
    const entries = [at("/")];
    const heard = new Set();
    const path = ({ pathname, search, hash }) => `${pathname}${search}${hash}`;
    const self = {
      action: "POP",
      location: entries[0],
      get length() {
        return entries.length;
      },
      index: 0,
      createHref: (to) => (typeof to === "string" ? to : path(target(to))),
      push(to, state) {
        entries.splice(self.index + 1, Infinity, target(to, state));
        move(self.index + 1, "PUSH");
      },
      replace(to, state) {
        entries[self.index] = target(to, state);
        move(self.index, "REPLACE");
      },
      go(by) {
        move(Math.min(Math.max(self.index + by, 0), entries.length - 1), "POP");
      },
      goBack: () => self.go(-1),
      goForward: () => self.go(1),
      back: () => self.go(-1),
      forward: () => self.go(1),
      block: () => () => undefined,
      listen(listener) {
        heard.add(listener);
        return () => heard.delete(listener);
      },
    };
    function move(index, action) {
      Object.assign(self, { index, action, location: entries[index] });
      for (const listener of heard) {
        listener(self.location, action);
      }
      ask("history", path(self.location)).catch(() => undefined);
    }
    return self;
  }

  // ---- what is answered here ----

  const here = {
    on: (payload) => subscribe("app", payload),
    onPublic: (payload) => subscribe("public", payload),
    onClose: (callback) => subscribe("lab", { event: "close", callback }).then(() => true),
    async createHistory() {
      await ask("createHistory");
      return history();
    },
    async enableTheming() {
      theme(await ask("enableTheming"));
    },
    async openModal({ onClose, ...options }) {
      const id = await ask("openModal", options);
      await subscribe("lab", { event: `modal ${id}`, callback: (payload) => onClose?.(payload) });
      return true;
    },
    async showFlag({ actions = [], ...flag }) {
      actions.forEach(({ onClick }, index) =>
        subscribe("lab", { event: `flag ${flag.id} ${index}`, callback: () => onClick?.() }),
      );
      return ask("showFlag", { ...flag, actions: actions.map(({ text }) => ({ text })) });
    },
  };

  let themed;
  function theme(mode) {
    themed = mode;
    const root = document.documentElement;
    const set = () => {
      root.dataset.colorMode = themed;
      root.dataset.theme = "light:light dark:dark spacing:spacing typography:typography";
    };
    set();
    // the platform takes its time: a page that looked before and listens only later, and shows
    // nothing until then, hears of it too
    const again = () => document.body?.innerText.trim() || set();
    [200, 1_000, 3_000].forEach((wait) => setTimeout(again, wait));
  }

  globalThis.__bridge = {
    callBridge: (command, payload) =>
      Object.hasOwn(here, command) ? here[command](payload ?? {}) : ask(command, payload),
  };

  // ---- a scenario looks at the page ----

  const visible = (selector) => {
    const found = document.querySelector(selector);
    return Boolean(found?.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }));
  };

  /** When the page is loaded, waits for no answer, and has not changed for `quiet` milliseconds. */
  async function settled(quiet, deadline) {
    const start = performance.now();
    let changed = start;
    const seen = new MutationObserver(() => (changed = performance.now()));
    seen.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    for (let now = start; now - start < deadline; now = performance.now()) {
      if (document.readyState !== "complete" || waiting.size > 0) {
        changed = now;
      } else if (now - changed > quiet) {
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    seen.disconnect();
  }

  async function probe({ id, selectors }) {
    await settled(700, 20_000);
    try {
      const found = selectors.map((selector) => (visible(selector) ? "visible" : "hidden"));
      post({ lab: "probed", id, found });
    } catch (error) {
      post({ lab: "probed", id, error: error.message });
    }
  }

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || typeof data?.lab !== "string") {
      return;
    }
    if (data.lab === "answer" && waiting.has(data.id)) {
      const { resolve, reject } = waiting.get(data.id);
      waiting.delete(data.id);
      if (typeof data.error === "string") {
        reject(new Error(data.error));
      } else {
        resolve(data.result);
      }
    } else if (data.lab === "event") {
      call(data.key, data.payload);
    } else if (data.lab === "theme" && themed !== undefined) {
      theme(data.mode);
    } else if (data.lab === "probe") {
      probe(data);
    }
  });
  post({ lab: "ready" });
})();
