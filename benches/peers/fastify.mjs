// Routes that fastify serves and jose verifies: RS256 as a Forge remote does, HS256 with a
// tenant's secret as a Connect app does. The query hash is not among what jose checks.
// node fastify.mjs PORT TENANTS.json JWKS.json APP_ARI

import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";

const [port, tenants, jwks, audience] = process.argv.slice(2);
const keys = createLocalJWKSet(JSON.parse(readFileSync(jwks, "utf8")));
const secrets = new Map();
for (const tenant of JSON.parse(readFileSync(tenants, "utf8"))) {
  secrets.set(tenant.clientKey, new TextEncoder().encode(tenant.sharedSecret));
}
const app = Fastify();

app.get("/rs256", async (request, reply) => {
  try {
    const token = request.headers.authorization.slice("Bearer ".length);
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      issuer: "forge/invocation-token",
      audience,
    });
    return payload.app.license?.active === false ? "inactive" : "active";
  } catch {
    return reply.code(401).send("refused");
  }
});

app.get("/hs256", async (request, reply) => {
  try {
    const token = request.query.jwt;
    const secret = secrets.get(decodeJwt(token).iss);
    await jwtVerify(token, secret, { algorithms: ["HS256"] });
    return request.query.lic === "active" ? "active" : "inactive";
  } catch {
    return reply.code(401).send("refused");
  }
});

await app.listen({ port: Number(port), host: "127.0.0.1" });
console.log("listening");
process.stdin.on("end", () => process.exit()).resume();
