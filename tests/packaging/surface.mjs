// What the packed package's declarations say, by the compiler's own eyes.
import { readFileSync } from "node:fs";
import ts from "typescript";

import { BUILD } from "./harness.mjs";

const SDK = `${BUILD}node_modules/@app-license/sdk/`;
const { exports } = JSON.parse(readFileSync(`${SDK}package.json`, "utf8"));
const entries = Object.entries(exports).filter(([name]) => name !== "./package.json");
const fileOf = ([, { import: { types } }]) => `${SDK}${types}`;
const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [], strict: true, skipLibCheck: true };
const program = ts.createProgram(entries.map(fileOf), options);
const checker = program.getTypeChecker();

/** The parameters of what can be called, in all its forms. */
const parametersOf = (type) =>
  [...type.getCallSignatures(), ...type.getConstructSignatures()].flatMap(({ parameters }) => parameters.map((one) => checker.getTypeOfSymbol(one)));

/** Whether a value of the type is, or may be, a License, or holds one by a name of its own. */
function takesLicense(type, depth = 0) {
  if (type.isUnion() || type.isIntersection()) {
    return type.types.some((one) => takesLicense(one, depth));
  }
  if (/^License(Of)?$/.test(type.symbol?.name ?? "") || /^License(Of)?$/.test(type.aliasSymbol?.name ?? "")) {
    return true;
  }
  const license = depth === 0 && type.getProperty("license");
  return Boolean(license) && takesLicense(checker.getTypeOfSymbol(license), 1);
}

/** The functions and classes of an entry: the tags of their comments and of their members', and what takes a License. */
function functionsOf(entry) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(fileOf(entry)));
  const symbols = checker.getExportsOfModule(module).map((one) => (one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one));
  return symbols
    .filter((symbol) => symbol.flags & ts.SymbolFlags.Value)
    .map((symbol) => ({ symbol, type: checker.getTypeOfSymbol(symbol), isClass: symbol.flags & ts.SymbolFlags.Class }))
    .filter(({ type, isClass }) => isClass || type.getCallSignatures().length)
    .map(({ symbol, type, isClass }) => {
      const members = isClass ? [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])] : [];
      const commented = [symbol, ...members].flatMap((one) => one.getJsDocTags(checker));
      const tags = [...commented, ...type.getConstructSignatures().flatMap((one) => one.getJsDocTags())];
      const takers = [[symbol.name, type], ...members.map((one) => [`${symbol.name}.${one.name}`, checker.getTypeOfSymbol(one)])];
      return {
        entry: entry[0],
        name: symbol.name,
        file: symbol.declarations[0].getSourceFile().fileName.slice(SDK.length),
        tags: tags.map(({ name, text }) => [name, ts.displayPartsToString(text)]),
        takers: takers.filter(([, type]) => parametersOf(type).some((one) => takesLicense(one))).map(([name]) => name),
      };
    });
}

export const functions = entries.flatMap(functionsOf);
