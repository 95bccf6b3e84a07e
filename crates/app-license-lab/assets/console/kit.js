// A UI Kit module: the lab cannot render it, and shows what its page would get and what its resolver
// answers.
import { attempt, byId, el, send } from "./dom.js";

let of;

/** `view` says which site, which module and which extension is shown. */
export function kit(view) {
  of = view;
  byId("kit-call").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
}

const caller = () => ({ site: of.site(), module: of.page(), extension: of.extension() });

/** What the page would get now. */
export async function showKit() {
  let answer;
  try {
    answer = await send("forge/kit", caller());
  } catch (error) {
    byId("kit-decisions").replaceChildren();
    byId("kit-context").textContent = error.message;
    return;
  }
  const decisions = answer.decisions.map(({ name, allowed, reason }) =>
    el(
      "li",
      { class: allowed ? "granted" : "denied" },
      el("b", {}, name),
      ` ${allowed ? "granted" : `denied: ${reason}`}`,
    ),
  );
  byId("kit-decisions").replaceChildren(...decisions);
  byId("kit-context").textContent = JSON.stringify(answer.context, null, 2);
}

async function run() {
  const functionKey = byId("kit-function").value.trim();
  const text = byId("kit-payload").value.trim();
  const answer = await attempt(`the resolver's ${functionKey}`, () =>
    send("forge/invoke", { ...caller(), functionKey, payload: text ? JSON.parse(text) : null }),
  );
  byId("kit-answer").textContent = answer ? JSON.stringify(answer.result ?? null, null, 2) : "";
}
