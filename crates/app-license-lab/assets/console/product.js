// Plays the product for pages of the vendor's own app: what `@forge/bridge` asks of it.
import { send } from "./dom.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (dark.matches ? "dark" : "light");

/** Answers of a remote, as `invokeRemote` gets them: JSON is read. */
function read({ status, headers, body }) {
  const json = /\bjson\b/.test(headers["content-type"] ?? "");
  try {
    return { status, headers, body: json ? JSON.parse(body) : body };
  } catch {
    return { status, headers, body };
  }
}

/** Where a place of the product would be. */
function address(siteUrl, { target, url, ...place }) {
  if (url) {
    return new URL(url, siteUrl).href;
  }
  const paths = {
    issue: `/browse/${place.issueKey}`,
    projectPage: `/jira/projects/${place.projectKey}`,
    dashboard: `/jira/dashboards/${place.dashboardId}`,
    userProfile: `/jira/people/${place.accountId}`,
    contentView: `/wiki/pages/viewpage.action?pageId=${place.contentId}`,
    contentEdit: `/wiki/pages/editpage.action?pageId=${place.contentId}`,
    spaceView: `/wiki/spaces/${place.spaceKey}`,
    module: `/#module-${place.moduleKey}`,
  };
  return `${siteUrl}${paths[target] ?? `/#${target}`}`;
}

/**
 * The product around frames of one app. `view` says which site is shown and where what the app does
 * to the product is seen: `flag`, `closeFlag`, `place`, `missing`, `modal`.
 */
export function product(view) {
  const frames = new Set();
  let modals = 0;

  const post = (frame, message) => frame.element.contentWindow?.postMessage(message, view.origin);
  const tell = (key, payload) => {
    for (const frame of frames) {
      post(frame, { lab: "event", key, payload });
    }
  };
  const caller = ({ page, extension }) => ({
    site: view.site(),
    module: page.module.key,
    extension: extension(),
  });

  async function missing(what) {
    view.missing(what);
    await send("forge/note", { site: view.site(), text: `${what} is not here` }).catch(() => undefined);
  }

  const commands = {
    getContext: (_, frame) => send("forge/context", caller(frame)),
    async invoke({ functionKey, payload, metadata, invokeType, ...call }, frame) {
      if (!invokeType) {
        const { result } = await send("forge/invoke", { ...caller(frame), functionKey, payload: payload ?? null });
        const value = result ?? undefined;
        return metadata === undefined || metadata === null ? value : { body: value, metadata: {} };
      }
      if (invokeType !== "ui-remote-fetch") {
        await missing(`invokeService (${invokeType})`);
        const body = "the lab runs no containers";
        return { success: false, error: { status: 501, headers: {}, body } };
      }
      const { path, method, headers, body } = call;
      const answer = await send("forge/remote", { ...caller(frame), path, method, headers: plain(headers), body });
      return { success: true, payload: read(answer) };
    },
    async fetchRemote({ fetchRequestInit: { method, headers, body, path }, ...rest }, frame) {
      const own = Object.fromEntries(headers ?? []);
      const target = path ?? rest.path ?? "/";
      const answer = await send("forge/remote", { ...caller(frame), path: target, method, headers: own, body });
      return { ...answer, statusText: "", isAttachment: false };
    },
    async fetchProduct({ product: name, restPath, fetchRequestInit }, frame) {
      const method = fetchRequestInit?.method ?? "GET";
      const answer = await send("forge/product", { ...caller(frame), product: name, method, path: restPath });
      if (!answer.here) {
        await missing(`${name}: ${method} ${restPath}`);
      }
      return {
        status: answer.status,
        statusText: answer.here ? "" : "Not in the lab",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(answer.body),
        isAttachment: false,
      };
    },
    async getUrl(place, frame) {
      const { siteUrl } = await commands.getContext(null, frame);
      return address(siteUrl, place);
    },
    async navigate({ type, ...place }, frame) {
      const { siteUrl } = await commands.getContext(null, frame);
      view.place(`the app goes to ${address(siteUrl, place)}${type === "new-tab" ? " in a new tab" : ""}`);
    },
    history: (path) => view.place(`the app's own place: ${path}`),
    createHistory(_, { page }) {
      if (!page.history) {
        throw new Error(`the platform gives a history to pages alone, and this is ${page.module.type}`);
      }
    },
    reload: (_, frame) => load(frame),
    refresh: (_, frame) => load(frame),
    showFlag: (flag) => view.flag(flag, (index) => tell(`lab flag ${flag.id} ${index}`)),
    closeFlag: ({ id }) => view.closeFlag(id),
    emit: ({ event, payload }) => tell(`app ${event}`, payload),
    emitPublic: ({ event, payload }) => tell(`public ${event}`, payload),
    enableTheming: theme,
    changeWindowTitle: (title) => view.place(`the app's title: ${title}`),
    emitReadyEvent: () => undefined,
    getFrameId: (_, frame) => frame.id,
    submit: (payload, frame) => commands.close(payload, frame),
    async close(payload, frame) {
      post(frame, { lab: "event", key: "lab close", payload });
      if (frame.modal) {
        frame.modal(payload);
      } else {
        view.place("the app closes its view");
      }
    },
    open: () => view.place("the app opens its view"),
    async openModal({ resource, context, title, size }, frame) {
      const url = resource === null || resource === undefined ? frame.page.url : view.resource(resource);
      if (!url) {
        throw new Error(`the manifest has no folder for the resource ${resource}`);
      }
      const id = ++modals;
      const element = view.modal({ title, size }, () => end(undefined));
      const end = (payload) => {
        // closing the dialog says so again
        if (frames.delete(shown)) {
          view.closeModal();
          tell(`lab modal ${id}`, payload);
        }
      };
      const extension = () => ({ ...(frame.extension() ?? frame.page.extension), modal: context ?? {} });
      const shown = { ...frame, id: `modal-${id}`, element, extension, modal: end, page: { ...frame.page, url } };
      frames.add(shown);
      load(shown);
      return id;
    },
  };

  const plain = (headers) =>
    headers && Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

  const load = (frame) => {
    frame.element.src = frame.page.url;
  };

  window.addEventListener("message", async ({ source, origin, data }) => {
    const frame = [...frames].find(({ element }) => element.contentWindow === source);
    if (!frame || origin !== view.origin || typeof data?.lab !== "string") {
      return;
    }
    if (data.lab !== "bridge") {
      view.message?.(data);
      return;
    }
    const { id, command, payload } = data;
    const reply = { lab: "answer", id };
    try {
      if (!Object.hasOwn(commands, command)) {
        await missing(command);
        throw new Error(`the lab has no \`${command}\` of the bridge`);
      }
      reply.result = await commands[command](payload, frame);
    } catch (error) {
      reply.error = error.message;
    }
    post(frame, reply);
  });
  dark.addEventListener("change", () => {
    for (const frame of frames) {
      post(frame, { lab: "theme", mode: theme() });
    }
  });

  return { frames, load, post };
}
