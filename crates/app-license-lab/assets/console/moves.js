// The moves of one site, as buttons.
import { attempt, day, el, send } from "./dom.js";

const edition = (name) => ({ edition: name });

/** Every move, in groups: label, move, and when it makes sense. */
const GROUPS = [
  [
    "Installation",
    [
      ["Install", "install", (s) => !s.installed],
      ["Uninstall", "uninstall", (s) => s.installed],
      ["Reinstall", "reinstall"],
      ["Rotate secret", "rotate_secret", (s) => s.installed],
      ["Import data", "import_data"],
      ["Delete site", "vanish", (s) => s.installed],
    ],
  ],
  [
    "Trial",
    [
      ["Trial of Standard", { start_trial: edition("standard") }],
      ["Trial of Advanced", { start_trial: edition("advanced") }],
    ],
  ],
  [
    "Subscription",
    [
      ["Buy Standard", { buy: edition("standard") }],
      ["Buy Advanced", { buy: edition("advanced") }],
      ["Change to Advanced", { change_edition: edition("advanced") }, licensed],
      ["Change to Standard", { change_edition: edition("standard") }, licensed],
      ["Standard at period end", { downgrade: edition("standard") }, paying],
      ["Free edition", "take_free_edition"],
      ["Cancel", "cancel", licensed],
      ["Expire now", "expire", licensed],
      ["Suspend", "suspend", licensed],
      ["Resume", "resume", (s) => ["suspended", "inactive"].includes(s.snapshot.stage)],
    ],
  ],
];

function licensed(site) {
  return site.snapshot.state === "active";
}

function paying(site) {
  return site.snapshot.paidEdition !== null;
}

export const words = (stage) => stage.replaceAll("_", " ");

/** What is known of a site, and what can be done to it. */
export function card(site) {
  const s = site.snapshot;
  const facts = [
    ["Stage", words(s.stage)],
    ["Edition", s.edition ?? "none"],
    ["Named on the wire", s.capabilitySet ?? "not at all"],
    ["Trial ends", day(s.trialEndDate)],
    ["Paid until", day(s.subscriptionEndDate)],
    ["Billing", s.billingPeriod?.toLowerCase()],
    ["Then", s.nextEdition],
    ["Entitlement", s.entitlementNumber],
    ["Address", site.baseUrl],
  ];
  const list = facts
    .filter(([, value]) => value)
    .flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]);
  const groups = GROUPS.map(([title, moves]) =>
    el(
      "fieldset",
      {},
      el("legend", {}, title),
      el("div", { class: "buttons" }, ...moves.map((move) => button(site, ...move))),
    ),
  );
  const rename = el("input", { id: "rename-to", pattern: "[a-z0-9\\-]{1,63}", required: true });
  const form = el(
    "form",
    {
      class: "row",
      onsubmit: (event) => {
        event.preventDefault();
        make(site, "Rename", { rename: { to: rename.value } });
      },
    },
    el("label", {}, "Rename the site to ", rename),
    el("button", {}, "Rename"),
  );
  return [el("h3", {}, site.site), el("dl", {}, ...list), ...groups, form];
}

function button(site, label, move, sensible = () => true) {
  return el(
    "button",
    {
      type: "button",
      "data-move": typeof move === "string" ? move : Object.keys(move)[0],
      disabled: !sensible(site),
      onclick: () => make(site, label, move),
    },
    label,
  );
}

const make = (site, label, move) =>
  attempt(`${site.site}: ${label}`, () => send("move", { site: site.site, move }));
