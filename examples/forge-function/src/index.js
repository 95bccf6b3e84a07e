import Resolver from "@forge/resolver";
import { exportRows } from "./exports.mjs";

const resolver = new Resolver();
resolver.define("export", exportRows);

export const handler = resolver.getDefinitions();
