// What a rewritten check means that the one written by hand did not.

export const MEANING = {
  active_required:
    "an edition counts only while its license is active: a check of `capabilitySet` alone went on granting after the license had ended",
  standard_includes_advanced:
    "Standard includes Advanced: `hasCapability(\"capabilityStandard\")` holds for customers of Advanced too",
  no_set_is_standard:
    "an active license that names no capability set counts as Standard: the platform leaves it out until a customer changes edition",
};

/** Why a place is left to a person. */
export const REASONS = {
  unknown_context: (name) => `it is not certain where \`${name}\` comes from`,
  no_name: "the context has no name here that could be read again",
  standard_alone:
    "it holds for Standard alone, while the package's Standard includes Advanced: if customers of Advanced are meant too, write `hasCapability(\"capabilityStandard\")`",
  unknown_capability: "what it is compared with is not known here, or no capability set of the platform's that has a rank",
  not_a_capability: "the platform writes no such capability set: this never holds",
  absence: "it treats a license that is absent apart: say what absent means, `check(license, { requires, whenAbsent })`, or ask `license.state`",
  fails_open: "it grants where the platform says nothing: say so with `check(license, { requires, whenAbsent })`",
  value: "the value is handed on, and `undefined` is not `false` there: read `license.state === \"active\"`",
  raw_set: "the capability set itself is used: `License` has the same in `capabilitySet`, null where there is none",
  switch: "a `switch` over the capability set: ask `hasCapability` from the highest edition down",
  passed_on: "the license itself is handed on: whoever takes it should take a `License`",
  decision: "`check` answers a decision, an object, which is true for everybody: read its `allowed`",
  comment: "a comment stands inside the check",
  no_module: "the file neither imports nor requires: how it is loaded, and with what, is not known",
  other_uses: (name) => `\`${name}\` is used for more than checks, and its context has no name to read it from again`,
  syntax: (message) => `it cannot be read: ${message}`,
  too_large: "the file is larger than 1 MiB",
  too_deep: "it cannot be read: it is nested too deeply to be parsed",
  too_slow: "it cannot be read: it takes more than two minutes to be parsed",
  encoding: "it cannot be read: it is not UTF-8, and writing it would change its letters",
};
