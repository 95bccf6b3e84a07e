/** The app's descriptor, with what this package relies on. */
export function descriptorOf(
  descriptor: Record<string, unknown>,
  key: string,
  baseUrl: string,
  lifecycle: Record<string, string>,
): Record<string, unknown> {
  const migrations = (descriptor["apiMigrations"] ?? {}) as Record<string, unknown>;
  return {
    name: key,
    ...descriptor,
    key,
    baseUrl: baseUrl.replace(/\/$/, ""),
    authentication: { type: "jwt" },
    lifecycle,
    apiMigrations: { ...migrations, "signed-install": true, "context-qsh": true },
  };
}
