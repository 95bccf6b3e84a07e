// What was delivered to the app: the list, and one entry decoded beside what was verified and decided.
import { byId, el, read, say } from "./dom.js";

const pretty = (value) => JSON.stringify(value, null, 2);

function verdict(entry) {
  if (entry.mishap === "lost" || entry.mishap === "held back") {
    return entry.mishap;
  }
  if (entry.verdict === "refused") {
    return `refused: ${entry.code}`;
  }
  if (entry.answered) {
    return `${entry.status ?? "no answer"}`;
  }
  return entry.delivered ? "shown" : "";
}

function mood(entry) {
  if (!entry.delivered) {
    return "note";
  }
  const bad = entry.verdict === "refused" || (entry.answered && !(entry.status < 400));
  return bad || entry.mishap === "lost" ? "bad" : "good";
}

/** How many rows in a row that say the same are shown one by one. */
const ALIKE = 3;
const unfolded = new Set();

/** Rows that say the same, one behind the other: a schedule that ran on and on. */
function groups(entries) {
  const all = [];
  for (const entry of entries) {
    const said = [entry.name, entry.site, entry.title, verdict(entry)].join("\n");
    const last = all.at(-1);
    if (last?.said === said) {
      last.entries.push(entry);
    } else {
      all.push({ said, entries: [entry] });
    }
  }
  return all.map((group) => group.entries);
}

/** The newest entries; `open` shows one, `again` makes the list anew. */
export function list(entries, chosen, open, again) {
  const row = (entry) =>
    el(
      "li",
      { class: mood(entry) },
      el(
        "button",
        {
          type: "button",
          "data-entry": entry.id,
          "aria-current": entry.id === chosen,
          disabled: !entry.delivered,
          onclick: () => open(entry.id),
        },
        el("b", {}, entry.delivered ? entry.name : entry.title),
        el("span", { class: "verdict" }, verdict(entry)),
        el("small", {}, `${entry.site ?? "all"} · ${entry.at.replace("T", " ")}${entry.delivered ? ` · ${entry.title}` : ""}`),
      ),
    );
  return groups(entries).flatMap((group) => {
    // the oldest has the same number while newer ones come
    const key = group.at(-1).id;
    if (group.length <= ALIKE + 1 || unfolded.has(key)) {
      return group.map(row);
    }
    const unfold = () => {
      unfolded.add(key);
      again();
    };
    const rest = group.slice(ALIKE);
    const text = `${rest.length} more of the same, since ${rest.at(-1).at.replace("T", " ")}`;
    const more = el("button", { type: "button", "data-entry": `more-${key}`, onclick: unfold }, text);
    return [...group.slice(0, ALIKE).map(row), el("li", { class: "more" }, more)];
  });
}

/** Loads and shows one entry. */
export async function open(id) {
  let entry;
  try {
    entry = await read(`journal/${id}`);
  } catch (error) {
    say(error.message, true);
    return;
  }
  const { delivered, answer } = entry;
  const place = byId("entry");
  place.replaceChildren(
    el("h3", {}, `${entry.name}`),
    el("p", { class: "address" }, `${delivered.method} ${delivered.url.split("?")[0]}`),
    // a function has no address
    ...(delivered.curl
      ? [
          el(
            "div",
            { class: "buttons" },
            el("button", { type: "button", onclick: () => copy(delivered.curl) }, "Copy as curl"),
          ),
        ]
      : []),
    el(
      "div",
      { class: "sides" },
      el("div", {}, el("h4", {}, "Said"), ...said(delivered)),
      el("div", {}, el("h4", {}, "Verified and decided"), ...decided(delivered.verified), ...answered(answer)),
    ),
  );
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("copied as curl");
  } catch {
    say("the browser does not allow copying", true);
  }
}

function fold(title, value, opened = false) {
  return value === undefined || value === null
    ? null
    : el("details", { open: opened }, el("summary", {}, title), el("pre", { tabindex: 0 }, value));
}

function said(delivered) {
  return [
    ...report(delivered.inspected ?? {}),
    fold("Body", delivered.body && pretty(delivered.body)),
    fold("Token", delivered.token && pretty(delivered.token)),
    fold("Address", delivered.url),
  ].filter(Boolean);
}

/** What `inspect` says. */
export function report(inspected) {
  if (inspected.error) {
    return [el("p", { class: "bad" }, inspected.error.message ?? inspected.error)];
  }
  const license = inspected.licenses?.[0]?.license;
  const facts = Object.entries(inspected.facts ?? {});
  return [
    el("p", {}, inspected.input?.title ?? ""),
    license && el("p", {}, `License ${license.state}, edition ${license.edition ?? "none"}`),
    table(facts),
    ...(inspected.warnings ?? []).map((note) => el("p", { class: "warn" }, note.message)),
  ].filter(Boolean);
}

const table = (pairs) =>
  el(
    "dl",
    {},
    ...pairs.flatMap(([label, value]) => [el("dt", {}, label.replaceAll("_", " ")), el("dd", {}, `${value}`)]),
  );

function decided(verified) {
  if (!verified) {
    return [el("p", {}, "Nothing to verify.")];
  }
  if (verified.error) {
    return [
      el("p", { class: "bad" }, `refused: ${verified.error.code}`),
      el("p", {}, verified.error.message),
    ];
  }
  const decisions = (verified.decisions ?? []).map((one) =>
    el(
      "li",
      { class: one.allowed ? "granted" : "denied" },
      el("b", {}, one.name),
      ` ${one.allowed ? "granted" : `denied: ${one.reason}`}`,
    ),
  );
  return [
    el("p", { class: "good" }, "accepted"),
    table(Object.entries(verified.proved ?? {})),
    el("ul", { class: "decisions" }, ...decisions),
  ];
}

function answered(answer) {
  if (!answer) {
    return [];
  }
  const status = answer.status === null ? "no answer" : `answered ${answer.status}`;
  let text = answer.text;
  try {
    text = pretty(JSON.parse(text));
  } catch {
    // no JSON: as it is
  }
  return [el("p", { class: (answer.status ?? 500) < 400 ? "good" : "bad" }, `The app ${status}`), text && fold("Answer", text)].filter(Boolean);
}
