/** @jest-environment node */
require("./cases.cjs").functions({ test, expect, app: require("./app.cjs"), testing: require("@app-license/sdk/testing") });
