// The shell of Express: version 5, or 4 where the first argument says so.
import express5 from "express";
import express4 from "express4";

import { lifecycle, requireCapability, requireFeature, verified } from "../../dist/express.js";
import { refusal } from "../../dist/fetch.js";
import { CONNECT_ROUTES, FORGE_ROUTES, run } from "./world.mjs";

const express = process.argv[2] === "4" ? express4 : express5;

function send(response, error) {
  const { status, headers, body } = refusal(error);
  response.status(status);
  response.set(headers);
  response.removeHeader("etag");
  response.end(body);
}

function gateOf(app, { requires, feature, kind }) {
  if (feature !== undefined) {
    return requireFeature(app, feature, { kind });
  }
  return requires === undefined ? verified(app, { kind }) : requireCapability(app, requires, { kind });
}

function add(router, app, routes) {
  router.use(lifecycle(app));
  for (const [path, [needs, body]] of Object.entries(routes)) {
    let gate;
    try {
      gate = gateOf(app, needs);
    } catch (error) {
      gate = (_, response) => send(response, error); // a mistake of the app, found before anybody asks
    }
    router.all(path, gate, async (_, response) => {
      const { connect, invocation } = response.locals;
      try {
        const answer = body && (await body({ verified: connect ?? invocation }, app));
        answer ? response.json(answer) : response.end("ok");
      } catch (error) {
        send(response, error);
      }
    });
  }
}

await run((connect, forge, mount) => {
  const server = express();
  server.disable("etag");
  if (connect) {
    const router = express.Router({ caseSensitive: true, strict: true });
    add(router, connect, CONNECT_ROUTES);
    server.use(mount || "/", router);
  }
  if (forge) {
    const router = express.Router({ caseSensitive: true, strict: true });
    add(router, forge, FORGE_ROUTES);
    server.use(router);
  }
  return server;
});
