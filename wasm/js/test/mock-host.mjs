// The testkit's mock host as a process: the real platform's part in these tests.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Starts it; answers where its services are, and how to tell it what to do. */
export async function mockHost() {
  const program = process.env.MOCK_HOST;
  const [command, args] = program
    ? [program, []]
    : ["cargo", ["run", "--quiet", "-p", "app-license-testkit", "--example", "mock_host"]];
  const host = spawn(command, args, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) {
      throw new Error("the mock host has ended: it needs cargo, or MOCK_HOST as its path");
    }
    return JSON.parse(value);
  };
  const services = await answer();
  return {
    services,
    async tell(line) {
      host.stdin.write(`${line}\n`);
      const said = await answer();
      if (said.error) {
        throw new Error(said.error);
      }
      return said;
    },
    stop: () => host.stdin.end(),
  };
}
