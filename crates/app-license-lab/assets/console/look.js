// Looks at a page of the app for a scenario: plays the product around it, and says what is visible.
import { byId, read, send } from "./dom.js";
import { product } from "./product.js";

const asked = new URLSearchParams(location.search);
const id = Number(asked.get("id"));
const seen = (answer) => send("forge/seen", { id, ...answer });

try {
  const app = await read("forge");
  const page = app.pages.find(({ module }) => module.key === asked.get("module"));
  const selectors = JSON.parse(asked.get("selectors"));
  const ignored = () => undefined;
  const host = product({
    origin: app.origin,
    site: () => asked.get("site"),
    resource: (key) => app.resources[key],
    place: ignored,
    missing: ignored,
    flag: ignored,
    closeFlag: ignored,
    modal: () => {
      throw new Error("a look opens no modal");
    },
    closeModal: ignored,
    message({ lab, id: number, found, error }) {
      if (lab === "ready") {
        host.post(frame, { lab: "probe", id, selectors });
      } else if (lab === "probed" && number === id) {
        seen(error ? { error } : { found });
      }
    },
  });
  const frame = { id: "page", element: byId("page"), page, extension: () => undefined };
  host.frames.add(frame);
  host.load(frame);
} catch (error) {
  await seen({ error: error.message });
}
