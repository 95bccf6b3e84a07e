// Canonical requests and query hashes as npm `atlassian-jwt` computes them.
//
// stdin:  one JSON object a line, {"method", "target", "baseUrl"}; `baseUrl` may be left out
// stdout: one JSON object a line, in the same order: {"canonical", "qsh"} or {"error"}
//
// An empty line is answered too, as an error, so that line N of the output always belongs to
// line N of the input.
import { text } from "node:stream/consumers";
import atlassianJwt from "atlassian-jwt";

const { fromMethodAndUrl, createCanonicalRequest, createQueryStringHash } = atlassianJwt;
const checkBodyForParams = false;

function answer(line) {
  try {
    const { method, target, baseUrl } = JSON.parse(line);
    const request = fromMethodAndUrl(method, target);
    return {
      canonical: createCanonicalRequest(request, checkBodyForParams, baseUrl),
      qsh: createQueryStringHash(request, checkBodyForParams, baseUrl),
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

// Not `readline`: it also breaks lines at U+2028, which JSON text may hold.
const lines = (await text(process.stdin)).split("\n");
if (lines.at(-1) === "") lines.pop();
process.stdout.write(lines.map((line) => `${JSON.stringify(answer(line))}\n`).join(""));
