// Makes build/gate.js, plain JavaScript, of the gate's WebAssembly module.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const EXPORTS = ["decide", "input", "judge", "query", "query_set"];

/** Takes out exactly one piece of text; a new version of the converter must not go unnoticed. */
function replace(text, from, to) {
  const found = typeof from === "string" ? text.split(from).length - 1 : (text.match(from) ?? []).length;
  if (found < 1) {
    throw new Error(`wasm2js no longer writes ${from}`);
  }
  return text.replace(from, to);
}

export function makeGate(wasm) {
  mkdirSync(`${root}build`, { recursive: true });
  const [small, converted] = [`${root}build/gate.small.wasm`, `${root}build/gate.raw.js`];
  const run = (tool, ...options) =>
    execFileSync(process.execPath, [`${root}node_modules/binaryen/bin/${tool}`, ...options]);
  // the stack lies lowest and nothing is there at all below 1 KiB; the module has no traps to keep
  const passes = ["-tnh", "--low-memory-unused", "--flatten", "--rereloop", "-Oz", "-Oz"];
  run("wasm-opt", wasm, ...passes, "-o", small);
  run("wasm2js", "-Oz", small, "-o", converted);
  let text = readFileSync(converted, "utf8");
  const imports = text.match(/^import .*$/m);
  if (imports) {
    throw new Error(`the module imports something: ${imports[0]}`);
  }
  // data as text: smaller than base64 and its decoder, once compressed
  const segments = [...text.matchAll(/base64DecodeToExistingUint8Array\(bufferView, (\d+), "([^"]*)"\);/g)];
  const puts = segments.map(([, at, base64]) => {
    const data = Buffer.from(base64, "base64").toString("latin1");
    return `put(${at}, ${JSON.stringify(data)});`;
  });
  const end = text.indexOf("function asmFunc");
  text = `var bufferView;
function put(at, text) { for (var i = 0; i < text.length; i++) bufferView[at + i] = text.charCodeAt(i); }
function initActiveSegments() { ${puts.join("\n")} }
function wasm2js_trap() { throw Error("gate"); }
${text.slice(end)}`;
  // the memory never grows, and only its buffer is used
  text = replace(text, /"memory": Object\.create\(Object\.prototype, \{[\s\S]*?\n  \}\),/, '"buffer": buffer,');
  text = replace(text, /"__data_end": \{[\s\S]*?\n \};\n\}/, "};\n}");
  text = replace(text, /^export var .*$/gm, "");
  text = text.replaceAll(/= new (\w+Array)\(buffer\)/g, "= /*#__PURE__*/ new $1(buffer)");
  text = replace(text, /var retasmFunc = asmFunc\(\{\n\}\);/, "");
  writeFileSync(
    `${root}build/gate.js`,
    `${text}\nexport const { buffer, ${EXPORTS.join(", ")} } = /*#__PURE__*/ asmFunc({});\n`,
  );
}
