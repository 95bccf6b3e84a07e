// Which objects are licenses and feature maps that this package made. Shared by every copy of the package
// in a process (ESM beside CommonJS, two versions); a spread, a clone and JSON are not in it.
import { LicenseError } from "./error.js";
import type { Rules } from "./gate.js";

/**
 * What is kept of a license where nobody can change it: the gate's bits, when it was stated, and what
 * decides on it, where that is not the rules in TypeScript.
 */
export type Facts = readonly [bits: number, asOf: number | null, rules?: Rules | undefined];

const KEY = /* @__PURE__ */ Symbol.for("@app-license/sdk licenses");
type Licenses = WeakMap<object, Facts | 0>;
const shared = globalThis as { [KEY]?: Licenses };

/** The licenses of this process; and its feature maps, of which 0 is known. */
export const licenses = (): Licenses =>
  shared[KEY] ?? Object.defineProperty(shared, KEY, { value: new WeakMap() })[KEY]!;

/** What the package knows of a license. Throws `not_a_license` for everything that it did not make. */
export function known(license: unknown): Facts {
  const found = licenses().get(license as object);
  if (!found) {
    throw expected("a License", looks(license) ?? `none: ${READ}`, "not_a_license");
  }
  return found;
}

/** Throws `misuse` for what is no context, or no body, but looks like something known. */
export function document(value: unknown, what: string): void {
  const found = looks(value);
  if (found && found !== CONTEXT) {
    throw expected(what, found);
  }
}

/** The error of a code. */
export const fault = (code: string, message: string) => new LicenseError(code, message);

/** The error for an argument that cannot be meant. */
export const misuse = (message: string) => fault("misuse", message);

/** The same, with what was found and what to write. */
export const expected = (what: string, found = "none", code = "misuse") => fault(code, `expected ${what}, found ${found}`);

/** How licenses come to be. */
export const READ = "write `License.fromForgeContext(context)`, in a function `License.fromFunctionContext(context)`";
const CONTEXT = `a context: ${READ}`;

/** What a value looks like, and what to pass instead. */
function looks(value: unknown): string | undefined {
  const fields = Object(value) as Record<string, unknown>;
  const has = (name: string) => name in fields;
  const calls = (name: string) => typeof fields[name] == "function";
  return typeof value == "string"
    ? "text: parse it"
    : typeof value == "function"
      ? "a function: call it"
      : calls("then")
        ? "a promise: await it"
        : calls("json")
          ? "a response: await `json()`"
          : licenses().get(fields)
            ? "a License: pass it to `check`"
            : has("source") && has("state")
              ? "a copy of a License"
              : has("license")
                ? CONTEXT
                : isPlain(fields["context"])
                  ? `what holds a context: pass its \`${has("app") ? "app" : "context"}\``
                  : ["active", "isActive", "capabilitySet"].some(has)
                    ? `the license of ${CONTEXT}`
                    : undefined;
}

/** What an object has itself: what a library put into `Object.prototype` was not said. */
export const own = (given: unknown) => ({ __proto__: null, ...(given as object) }) as { [name: string]: any };

/** Whether it is an object of the plain prototype, of any realm, or of none. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  const above: unknown = Object(value) === value && Object.getPrototypeOf(value);
  return above === null || Object.hasOwn(above as object, "isPrototypeOf");
}

/** What a call answers; undefined where it throws. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {}
}

/** Milliseconds of a time that was given, or null. Throws `invalid_time` for what is no valid Date. */
export function time(value: Date | null | undefined, name: string): number | null {
  if (value == null) {
    return null;
  }
  // a Date of another window is none of this one's class, and what has its methods may be no Date
  const time = attempt(() => Date.prototype.getTime.call(value))!;
  if (!(time < Infinity)) {
    throw expected(`a valid Date as \`${name}\``, "none", "invalid_time");
  }
  return time;
}
