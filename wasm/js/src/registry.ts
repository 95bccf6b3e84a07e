// Which objects are licenses that this package made. Shared by every copy of the package in a
// process (ESM beside CommonJS, two versions); a spread, a clone and JSON are not in it.
import { LicenseError } from "./error.js";

/** What is kept of a license where nobody can change it: the gate's bits, and when it was stated. */
export type Known = readonly [bits: number, asOf: number | null];

const KEY = /* @__PURE__ */ Symbol.for("@app-license/sdk licenses");
const shared = globalThis as { [KEY]?: WeakMap<object, Known> };

/** The licenses of this process. */
export function licenses(): WeakMap<object, Known> {
  if (!shared[KEY]) {
    Object.defineProperty(globalThis, KEY, { value: new WeakMap() });
  }
  return shared[KEY]!;
}

/** What the package knows of a license. Throws `not_a_license` for everything that it did not make. */
export function known(license: unknown): Known {
  const found = licenses().get(license as object);
  if (!found) {
    const [what, remedy] = looks(license) ?? [
      license == null ? "nothing" : "something else",
      "read one first: `License.fromForgeContext(await view.getContext())`",
    ];
    throw new LicenseError("not_a_license", `expected a License, found ${what}: ${remedy}`);
  }
  return found;
}

/** Throws `misuse` for what is no context, or no body, but looks like something known. */
export function document(value: unknown, expected: string): void {
  const found = looks(value);
  if (found && found[0] !== CONTEXT) {
    throw misuse(`expected ${expected}, found ${found[0]}: ${found[1]}`);
  }
}

/** The error for an argument that cannot be meant. */
export const misuse = (message: string) => new LicenseError("misuse", message);

const CONTEXT = "a context";
const READ = "write `License.fromFunctionContext(context)`, or `License.fromForgeContext` in a page";

/** What a value looks like, and what to pass instead. */
function looks(value: unknown): readonly [what: string, remedy: string] | undefined {
  if (typeof value == "string") {
    return ["text", "`JSON.parse` it first"];
  }
  if (typeof value == "function") {
    return ["a function", "call it, and await its answer"];
  }
  const fields = Object(value) as Record<string, unknown>;
  const has = (name: string) => name in fields;
  const calls = (name: string) => typeof fields[name] == "function";
  return calls("then")
    ? ["a promise", "await it first"]
    : calls("json")
      ? ["a response", "pass `await response.json()`"]
      : licenses().has(fields)
        ? ["a License", "it is read already, pass it to `check`"]
        : has("touchpoint") && has("state")
          ? ["a copy of a License", "pass the License itself, or its JSON to `License.fromJSON`"]
          : has("license")
            ? [CONTEXT, READ]
            : Object(fields["context"]) === fields["context"]
              ? ["what holds a context", `pass its \`${has("app") ? "app" : "context"}\``]
              : has("active") || has("isActive") || has("capabilitySet")
                ? ["the license of a context", `pass the context that holds it: ${READ}`]
                : undefined;
}

/** Milliseconds of a time that was given, or null. Throws `invalid_time` for what is no valid Date. */
export function time(value: Date | null | undefined, name: string): number | null {
  if (value == null) {
    return null;
  }
  // a Date of another window is none of this one's class
  const time = typeof value.getTime == "function" ? +value : NaN;
  if (Number.isNaN(time)) {
    throw new LicenseError("invalid_time", `\`${name}\` must be a valid Date`);
  }
  return time;
}
