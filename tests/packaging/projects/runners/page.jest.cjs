/** @jest-environment jsdom */
test("10: this is jsdom, without a TextEncoder", () => {
  expect([typeof document, typeof TextEncoder, typeof Response]).toEqual(["object", "undefined", "undefined"]);
});
require("./cases.cjs").page({
  test,
  expect,
  sdk: require("@app-license/sdk"),
  react: require("@app-license/sdk/react"),
  server: require("@app-license/sdk/server"),
  testing: require("@app-license/sdk/testing/browser"),
});
