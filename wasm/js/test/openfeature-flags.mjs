// What licenses say of flags: cases that the Rust provider and this package's answer alike.
import { readFileSync } from "node:fs";

export const FILE = new URL("../../../crates/app-license-openfeature/tests/flags.json", import.meta.url);
export const { features, now, licenses, policies, flags, cases } = JSON.parse(readFileSync(FILE, "utf8"));

/** What a provider answers for a case, in the words of the file. */
export async function answered({ FeatureMap, LicenseServerProvider, fromConnectApi, isUnlimited }, { license, policy, flag }) {
  const { name, kind } = flags[flag];
  const { document, age } = licenses[license];
  const asOf = new Date((now - age) * 1000);
  const read = fromConnectApi({ status: 200, body: JSON.stringify({ key: "com.example.app", ...(document && { license: document }) }) }, { asOf });
  const options = { features: new FeatureMap(features), policy: policies[policy], license: () => read };
  const provider = new LicenseServerProvider(options);
  const ask = { boolean: "Boolean", number: "Number", string: "String", object: "Object" }[kind];
  try {
    const { value, variant, reason, flagMetadata } = await provider[`resolve${ask}Evaluation`](name, undefined, {});
    return { value: isUnlimited(value) ? "unlimited" : value, variant, reason, metadata: flagMetadata };
  } catch (error) {
    if (error.code === undefined) {
      throw error;
    }
    return { error: error.code };
  }
}
