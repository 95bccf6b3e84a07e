// The options of what reads a license: they must do without the core, which most readers never need.
import { LicenseError } from "../index.js";
import { isTable, own } from "./settings.js";

/** A copy of options that has nothing but them. Throws `misuse` for an option that there is not, and for one that is no
 * text; readers look at times. */
export function readOptions<T>(reader: string, options: T, ...more: string[]): T {
  if (options === undefined) {
    return options;
  }
  const names = ["asOf", "environmentType", ...more];
  const given = isTable(options) ? options : { "what is no plain object": options };
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name) || (name !== "asOf" && value != null && typeof value != "string")) {
      throw new LicenseError("misuse", `${reader}: \`${name.slice(0, 40)}\` is no option, or no text; there are ${names.join(", ")}`);
    }
  }
  return own(options);
}
