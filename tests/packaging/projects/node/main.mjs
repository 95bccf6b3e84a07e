import * as index from "app-license";
import * as openfeature from "app-license/openfeature";
import * as react from "app-license/react";
import * as server from "app-license/server";
import { answers } from "./answers.mjs";

console.log(JSON.stringify(await answers({ index, react, openfeature, server })));
