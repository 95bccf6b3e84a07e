// Packs the npm package and installs the tarball into build/, where the projects are copied to.
// They find the tools one folder up.
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { BUILD, HERE, npm } from "./harness.mjs";

rmSync(BUILD, { recursive: true, force: true });
for (const name of ["answered", "names"]) {
  mkdirSync(`${BUILD}${name}`, { recursive: true });
}
const [packed] = JSON.parse(npm(`${HERE}../../wasm/js`, "pack", "--json", "--pack-destination", BUILD));
writeFileSync(`${BUILD}packed.json`, JSON.stringify(packed));
writeFileSync(
  `${BUILD}package.json`,
  JSON.stringify({
    private: true,
    type: "module",
    dependencies: { "@app-license/sdk": `file:${packed.filename}` },
  }),
);
npm(BUILD, "install", "--offline", "--no-audit", "--no-fund", "--no-package-lock");
cpSync(`${HERE}projects`, BUILD, { recursive: true });
// compiled or large, and installed for the package's own tests already
for (const name of ["better-sqlite3", "express", "express4"]) {
  symlinkSync(`${HERE}../../wasm/js/node_modules/${name}`, `${BUILD}node_modules/${name}`);
}
