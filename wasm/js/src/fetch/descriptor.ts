import { internal } from "../server.js";

const { settings } = internal;

/** A Connect descriptor: how the app is sold, and whatever else it has. */
export interface Descriptor {
  /** Whether the app is sold: without it no license arrives. */
  enableLicensing?: boolean | undefined;
  /** Whether it is sold in editions: without it no license names one. */
  editionsEnabled?: boolean | undefined;
  [name: string]: unknown;
}

const FLAGS = ["enableLicensing", "editionsEnabled"];
/** What they are taken for, in lower case. */
const MISSPELLED = /^(enabled?_?licen[cs]\w*|licen[cs]ing_?enabled?|licen[cs]e_?enabled?|editions?_?enabled?|enabled?_?editions?)$/;

/** @internal A misspelled flag would be none, and nobody would be told. */
export function descriptorRule(value: unknown): string | undefined {
  if (!settings.isTable(value)) {
    return "an object";
  }
  const wrong = Object.keys(value).find((name) => !FLAGS.includes(name) && MISSPELLED.test(name.toLowerCase()));
  if (wrong !== undefined) {
    return `one with \`${FLAGS[+wrong.toLowerCase().includes("edition")]}\` in place of \`${wrong}\``;
  }
  const own = settings.own(value);
  const odd = FLAGS.find((name) => own[name] !== undefined && typeof own[name] != "boolean");
  return odd && `one whose \`${odd}\` is \`true\` or \`false\``;
}

/** @internal What it lacks for a gate of a capability to open, and what comes of that. */
export function lacks(descriptor: Descriptor, capability: string): [name: string, what: string][] {
  const lacking: [string, string][] = [];
  if (descriptor.enableLicensing !== true) {
    lacking.push(["enableLicensing", "no license arrives, and nobody is let through"]);
  }
  if (descriptor.editionsEnabled !== true && !/^capability_?(free|standard)$/i.test(capability)) {
    lacking.push(["editionsEnabled", "no license names an edition, and every customer counts as Standard"]);
  }
  return lacking;
}

/** @internal The app's descriptor, with what this package relies on. */
export function descriptorOf(
  descriptor: Descriptor,
  key: string,
  baseUrl: string,
  lifecycle: Record<string, string>,
): Descriptor {
  const migrations = (settings.own(descriptor)["apiMigrations"] ?? {}) as Record<string, unknown>;
  return settings.own({
    name: key,
    ...descriptor,
    key,
    baseUrl: baseUrl.replace(/\/$/, ""),
    authentication: { type: "jwt" },
    lifecycle,
    apiMigrations: { ...migrations, "signed-install": true, "context-qsh": true },
  });
}
