// Makes the core of what wasm-bindgen wrote: build/core.js (how its operations are called), its types,
// and build/core-module.js, the module compressed and inlined. One file, nothing to fetch: the Forge
// bundler and Lambda take it as it is. The same of build/page.js, what pages have of the core; and
// build/maps.js and build/counted.js, which only tests have.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { transformSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * What is written otherwise: what runs when the file is loaded, which bundlers would keep where nothing
 * is verified, and how texts are copied, for which Node has something faster than a loop over them.
 */
const OTHERWISE = [
  // workers make no module of bytes: core-module.js, page-module.js make it
  [/^ *if \(!\(module instanceof WebAssembly\.Module\)\) \{\n.*\n *\}\n/m, ""],
  // the package passes one object
  [/^ *if \(Object\.getPrototypeOf\(module\) === Object\.prototype\) \{\n(.*\n) *\} else \{\n *console\.warn\(.*initSync.*\n *\}\n/m, "({module} = module);\n"],
  [/^let cachedTextDecoder = new TextDecoder\([\s\S]*?^function decodeText\(bytes\) \{[\s\S]*?^\}\n/m, ""],
  [/^const cachedTextEncoder = new TextEncoder\(\);\n\nif \(!\('encodeInto' in cachedTextEncoder\)\) \{[\s\S]*?^\}\n/m, ""],
  [/cachedUint8ArrayMemory0 = new Uint8Array\(wasm\.memory\.buffer\)/, "cachedUint8ArrayMemory0 = Buffer.from(wasm.memory.buffer)"],
  // no version of Node 20 knows whether a buffer is detached, and asking the memory for its own takes long
  [/^function getDataViewMemory0\(\) \{[\s\S]*?^\}\n/m, `function getDataViewMemory0() {
    const { buffer } = getUint8ArrayMemory0();
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer !== buffer) {
        cachedDataViewMemory0 = new DataView(buffer);
    }
    return cachedDataViewMemory0;
}
`],
  [/^function getStringFromWasm0\(ptr, len\) \{[\s\S]*?^\}\n/m, `function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().toString("utf8", ptr, ptr + len);
}
`],
  [/^function passStringToWasm0\(arg, malloc, realloc\) \{[\s\S]*?^\}\n/m, `function passStringToWasm0(arg, malloc) {
    let len = arg.length;
    if (len < 48) {
        const ptr = malloc(len, 1) >>> 0;
        const mem = getUint8ArrayMemory0();
        let at = 0;
        for (; at < len; at += 1) {
            const code = arg.charCodeAt(at);
            if (code > 0x7F) break;
            mem[ptr + at] = code;
        }
        if (at === len) {
            WASM_VECTOR_LEN = len;
            return ptr;
        }
        wasm.__wbindgen_free(ptr, len, 1);
    }
    len = Buffer.byteLength(arg);
    const ptr = malloc(len, 1) >>> 0;
    WASM_VECTOR_LEN = getUint8ArrayMemory0().write(arg, ptr, len);
    return ptr;
}
`],
];

/** The same for pages, where what is loaded may not be there either: jsdom has neither of the two. */
const OTHERWISE_IN_PAGES = [
  OTHERWISE[0],
  [/^let cachedTextDecoder = (new TextDecoder\(.*\));\ncachedTextDecoder\.decode\(\);\n/m, "let cachedTextDecoder;\n"],
  [/return cachedTextDecoder\.decode\(bytes\);/, "return (cachedTextDecoder ??= new TextDecoder('utf-8', { ignoreBOM: true })).decode(bytes);"],
  [/^const cachedTextEncoder = new TextEncoder\(\);\n\nif \(!\('encodeInto' in cachedTextEncoder\)\) \{[\s\S]*?^\}\n/m, "let cachedTextEncoder;\n"],
  [/cachedTextEncoder\.encode/g, "(cachedTextEncoder ??= new TextEncoder()).encode"],
];

/** The size of a module matters first; these are what rustc's default baseline uses, and Node 20 has. But for
 * `multivalue`: see xtask/glue. */
const FEATURES = ["bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int", "reference-types"];
const PASSES = ["--low-memory-unused", "--merge-similar-functions", "-Oz", "-Oz"];

/** Makes `build/NAME.wasm` of what wasm-bindgen wrote, copies the types, and answers the module and its glue. */
function optimized(folder, name) {
  mkdirSync(`${root}build`, { recursive: true });
  copyFileSync(`${folder}/${name}.d.ts`, `${root}build/${name}.d.ts`);
  const enable = FEATURES.map((feature) => `--enable-${feature}`);
  const small = `${root}build/${name}.wasm`;
  const tool = `${root}node_modules/binaryen/bin/wasm-opt`;
  execFileSync(process.execPath, [tool, ...enable, `${folder}/${name}_bg.wasm`, ...PASSES, "-o", small]);
  return [readFileSync(small), readFileSync(`${folder}/${name}.js`, "utf8")];
}

function otherwise(glue, replaced) {
  for (const [written, wanted] of replaced) {
    const replacedGlue = glue.replace(written, () => wanted);
    if (replacedGlue === glue) {
      throw new Error(`wasm-bindgen no longer writes ${written}`);
    }
    glue = replacedGlue;
  }
  return glue;
}

/** What servers have. */
export function makeCore(folder) {
  const [bytes, glue] = optimized(folder, "core");
  // nobody reads it: what is not in it leaves room for what verifies
  const { code } = transformSync(otherwise(glue, OTHERWISE), { minify: true, format: "esm", target: "es2022" });
  writeFileSync(`${root}build/core.js`, code);
  const packed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      // what the module is smallest with, of those tried
      [constants.BROTLI_PARAM_LGBLOCK]: 20,
      [constants.BROTLI_PARAM_NDIRECT]: 15,
    },
  });
  const text = packed.toString("base64");
  // in one piece, with room to spare: by default they are 16 KB each, and put together in the end
  const chunkSize = bytes.length + 64;
  writeFileSync(
    `${root}build/core-module.js`,
    `import { brotliDecompressSync } from "node:zlib";
const unpack = (text) => brotliDecompressSync(Buffer.from(text, "base64"), { chunkSize: ${chunkSize} });
export default () => new WebAssembly.Module(unpack("${text}"));
`,
  );
}

/** What tests compare feature maps with, and what counts its steps for them: as they were compiled. */
export function makeForTests(folder) {
  for (const name of ["maps", "counted"]) {
    copyFileSync(`${folder}/${name}_bg.wasm`, `${root}build/${name}.wasm`);
    copyFileSync(`${folder}/${name}.js`, `${root}build/${name}.js`);
  }
}

/** What pages have: browsers decompress gzip by themselves, and compile beside the page's own work. */
export function makePage(folder) {
  const [bytes, glue] = optimized(folder, "page");
  writeFileSync(`${root}build/page.js`, otherwise(glue, OTHERWISE_IN_PAGES));
  const text = gzipSync(bytes, { level: 9 }).toString("base64");
  writeFileSync(
    `${root}build/page-module.js`,
    `export default async () => {
  const packed = Uint8Array.from(atob("${text}"), (c) => c.charCodeAt(0));
  const bytes = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(bytes).arrayBuffer());
};
`,
  );
}
