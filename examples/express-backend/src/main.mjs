import Database from "better-sqlite3";
import { SqliteStore } from "app-license/express";
import { exportsApp } from "./app.mjs";

const { APP_KEY = "com.example.exports", BASE_URL, DATABASE = "installations.db", PORT = "3000" } = process.env;
if (!BASE_URL) {
  throw new Error("BASE_URL must say under which https address the app is reached");
}
const store = new SqliteStore(new Database(DATABASE));
const onChange = (changes, { record }) =>
  console.log(record.baseUrl, changes.map(({ change }) => change).join(", "));
exportsApp(store, { appKey: APP_KEY, baseUrl: BASE_URL, onChange }).listen(Number(PORT), () =>
  console.log(`${APP_KEY} listens on port ${PORT}, for ${BASE_URL}`),
);
