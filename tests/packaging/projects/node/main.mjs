import * as index from "@app-license/sdk";
import * as openfeature from "@app-license/sdk/openfeature";
import * as react from "@app-license/sdk/react";
import * as server from "@app-license/sdk/server";
import { answers } from "./answers.mjs";

console.log(JSON.stringify(await answers({ index, react, openfeature, server })));
