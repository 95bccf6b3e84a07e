// A Forge app: a gate of a resolver, and a scheduled trigger.
const { default: Resolver } = require("@forge/resolver");
const { check, getLicense, requires } = require("@app-license/sdk/forge");

const resolver = new Resolver();
resolver.define("export", requires("capabilityAdvanced", ({ payload }) => ({ exported: payload.rows })));
exports.handler = resolver.getDefinitions();

exports.nightly = async (_event, context) => {
  const license = await getLicense(context);
  return check(license, { requires: "capabilityAdvanced" }).reason;
};
