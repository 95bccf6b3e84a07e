// The shell of the Fetch API: `handle` behind Node's HTTP server.
import { Readable } from "node:stream";

import { handler, refusal } from "../../dist/fetch.js";
import { CONNECT_ROUTES, FORGE_ROUTES, run } from "./world.mjs";

const answerOf = ({ status, headers, body }) => new Response(body, { status, headers });

function add(app, routes, refused) {
  for (const [path, [needs, body]] of Object.entries(routes)) {
    try {
      app.route(path, needs, async (_, admitted) => {
        try {
          return body ? Response.json(await body(admitted, app)) : new Response("ok");
        } catch (error) {
          return answerOf(refusal(error));
        }
      });
    } catch (error) {
      refused.set(path, error); // a mistake of the app, found before anybody asks
    }
  }
}

await run((connect, forge, mount) => {
  const refused = new Map();
  const apps = [];
  if (connect) {
    add(connect, CONNECT_ROUTES, refused);
    apps.push(connect);
  }
  if (forge) {
    add(forge, FORGE_ROUTES, refused);
    apps.push(forge);
  }
  const handle = handler(...apps);
  return async (incoming, outgoing) => {
    const { method, url, rawHeaders } = incoming;
    const headers = new Headers();
    for (let i = 0; i < rawHeaders.length; i += 2) {
      headers.append(rawHeaders[i], rawHeaders[i + 1]);
    }
    const bodied = method !== "GET" && method !== "HEAD";
    const request = new Request(`http://app.example.com${url}`, {
      method,
      headers,
      ...(bodied && { body: Readable.toWeb(incoming), duplex: "half" }),
    });
    const error = refused.get(url.split("?")[0].slice(mount.length));
    const response = error
      ? answerOf(refusal(error))
      : await handle(request, { address: incoming.socket.remoteAddress });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  };
});
