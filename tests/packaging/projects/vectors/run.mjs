import * as lib from "./dist/index.js";
import { run } from "./vectors.mjs";

const read = async (path) => (await fetch(path)).json();
const tallies = [];
for (const name of await read("./files/index.json")) {
  tallies.push(run(lib, name, await read(`./files/${name}`)));
}
const line = document.createElement("pre");
line.textContent = JSON.stringify(tallies);
document.body.append(line);
