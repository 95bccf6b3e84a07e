import Database from "better-sqlite3";
import { HookRunner, SqliteStore } from "@app-license/sdk/express";
import { InstallKeys } from "@app-license/sdk/server";
import { exportsApp } from "./app.mjs";

const { APP_KEY = "com.example.exports", BASE_URL, DATABASE = "installations.db" } = process.env;
const { HOST = "127.0.0.1", PORT = "3000", MOCK_INSTALL_KEYS, APP_LICENSE_KEYS } = process.env;
if (!BASE_URL) {
  throw new Error("BASE_URL must say under which https address the app is reached");
}

/** For tests: the install keys of `app-license lab` or `trigger`, which prove nothing elsewhere. */
function mockPlatform(installKeys) {
  const cloud = { keyHosts: [installKeys], sites: ["atlassian.net"] };
  return { cloud, keys: new InstallKeys({ cloud, allowTestKeys: true }) };
}

// what a mock platform sends is no secret
const sealing = MOCK_INSTALL_KEYS ? { plainText: true } : { keys: APP_LICENSE_KEYS };
const store = new SqliteStore(new Database(DATABASE), sealing);
const cloud = MOCK_INSTALL_KEYS && mockPlatform(MOCK_INSTALL_KEYS);
exportsApp({ appKey: APP_KEY, baseUrl: BASE_URL, store, ...cloud }).listen(Number(PORT), HOST, () =>
  console.log(`${APP_KEY} listens on port ${PORT}, for ${BASE_URL}`),
);

// at least once for every change, also after a restart
const log = ({ key, changes }) => console.log(key, changes.map(({ change }) => change).join(", "));
new HookRunner(store, "log", log).start();
