// Which files are looked at: sources below a folder, without what git ignores and what is installed.
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ignore from "ignore";

const SOURCE = /\.([cm]?[jt]s|[jt]sx)$/;
const MANIFEST = /(^|\/)manifest\.ya?ml$/;
/** Never written to, whoever tracks it: declarations, minified code, packages, git's own. */
const NEVER = /(^|\/)(node_modules|\.git)(\/|$)|\.d\.[cm]?ts$|\.min\.[cm]?js$/;

/** There is no list of files. */
export class FilesError extends Error {}

/**
 * The sources and manifests below `folder`, as paths relative to it, with `/`.
 *
 * @returns {{ sources: string[], manifests: string[] }} Throws {@link FilesError}.
 */
export function filesOf(folder) {
  if (!existsSync(folder) || !lstatSync(resolve(folder)).isDirectory()) {
    throw new FilesError(`\`${folder}\` is no folder`);
  }
  const all = (inRepository(folder) ? listedByGit(folder) : walked(folder)).filter((path) => !NEVER.test(path) && isFile(join(folder, path)));
  all.sort();
  return { sources: all.filter((path) => SOURCE.test(path)), manifests: all.filter((path) => MANIFEST.test(path)) };
}

function inRepository(folder) {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) {
      return true;
    }
    if (at === dirname(at)) {
      return false;
    }
  }
}

/** What is tracked, and what is new and not ignored. */
function listedByGit(folder) {
  const options = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  try {
    const listed = execFileSync("git", options, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
    return listed.split("\0").filter(Boolean);
  } catch (error) {
    // without git nobody knows what it ignores
    throw new FilesError(`git cannot list the files of \`${folder}\`: ${`${error.stderr || error.message}`.trim()}`);
  }
}

/** Outside of a repository: without what a `.gitignore` beside or above names, up to the folder. */
function walked(folder, below = "", rules = []) {
  const here = join(folder, below);
  const own = join(here, ".gitignore");
  const known = existsSync(own) ? [...rules, { below, rule: ignore().add(readFileSync(own, "utf8")) }] : rules;
  return readdirSync(here, { withFileTypes: true }).flatMap((entry) => {
    const path = `${below}${entry.name}${entry.isDirectory() ? "/" : ""}`;
    const ignored = known.some((one) => one.rule.ignores(path.slice(one.below.length)));
    if (ignored || NEVER.test(path)) {
      return [];
    }
    return entry.isDirectory() ? walked(folder, path, known) : [path];
  });
}

/** Links are not followed: what they lead to may be anywhere. */
function isFile(path) {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false; // tracked, and gone
  }
}
