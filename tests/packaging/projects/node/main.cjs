const index = require("@app-license/sdk");
const openfeature = require("@app-license/sdk/openfeature");
const react = require("@app-license/sdk/react");
const server = require("@app-license/sdk/server");

import("./answers.mjs").then(async ({ answers }) => {
  console.log(JSON.stringify(await answers({ index, react, openfeature, server })));
});
