const index = require("app-license");
const openfeature = require("app-license/openfeature");
const react = require("app-license/react");
const server = require("app-license/server");

import("./answers.mjs").then(async ({ answers }) => {
  console.log(JSON.stringify(await answers({ index, react, openfeature, server })));
});
