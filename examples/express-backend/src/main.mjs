import Database from "better-sqlite3";
import { SqliteStore } from "@app-license/sdk/express";
import { InstallKeys } from "@app-license/sdk/server";
import { exportsApp } from "./app.mjs";

const { APP_KEY = "com.example.exports", BASE_URL, DATABASE = "installations.db" } = process.env;
const { HOST = "127.0.0.1", PORT = "3000", MOCK_INSTALL_KEYS } = process.env;
if (!BASE_URL) {
  throw new Error("BASE_URL must say under which https address the app is reached");
}

/** For tests: the install keys of `app-license lab` or `trigger`, which prove nothing elsewhere. */
function mockPlatform(installKeys) {
  const cloud = { keyHosts: [installKeys], sites: ["atlassian.net"] };
  return { cloud, keys: new InstallKeys({ cloud, allowTestKeys: true }) };
}

const store = new SqliteStore(new Database(DATABASE));
const onChange = (changes, { record }) =>
  console.log(record.baseUrl, changes.map(({ change }) => change).join(", "));
const options = { appKey: APP_KEY, baseUrl: BASE_URL, onChange, ...(MOCK_INSTALL_KEYS && mockPlatform(MOCK_INSTALL_KEYS)) };
exportsApp(store, options).listen(Number(PORT), HOST, () =>
  console.log(`${APP_KEY} listens on port ${PORT}, for ${BASE_URL}`),
);
