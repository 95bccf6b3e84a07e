// What is used of the platform's packages; they are installed in the app.
declare module "@forge/api" {
  interface Route {
    readonly value: string;
  }
  interface Response {
    readonly status: number;
    readonly headers: { get(name: string): string | null };
    text(): Promise<string>;
  }
  export function asApp(): { requestAtlassian(route: Route): Promise<Response> };
  export function getAppContext(): {
    environmentType: string;
    license?: object | null;
    installationAri?: { installationId?: string } | null;
  };
  export function route(template: TemplateStringsArray, ...values: string[]): Route;
}
declare module "@forge/kvs" {
  export const kvs: {
    get(key: string): Promise<unknown>;
    set(key: string, value: unknown): Promise<unknown>;
    set(
      key: string,
      value: unknown,
      options: { keyPolicy: "OVERRIDE"; returnValue: "PREVIOUS" },
    ): Promise<{ value: unknown } | undefined>;
  };
}
