// Typed calls of the REST API. Types come from the OpenAPI schema (`npm run api-types`).

import { QueryClient } from "@tanstack/react-query";
import createClient from "openapi-fetch";
import { actingFor, isStopped } from "./own-user";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Order = Schemas["Order"];
export type Fill = Schemas["Fill"];
export type Balance = Schemas["Balance"];

/** What the exchange refused, by its wire code. `details.field` names the field it concerns. */
export class ApiFailure extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(code);
  }
}

/** Nothing answered, and nothing was asked to be done: the network or the server is away. */
export const UNREACHABLE = "UNREACHABLE";
/** Another user is logged in now: the page asks for nothing any more. */
export const OTHER_USER = "OTHER_USER";

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });

api.use({
  onRequest({ request }) {
    if (isStopped()) throw new ApiFailure(OTHER_USER, 401);
    if (request.method !== "GET") request.headers.set("X-CSRFToken", csrfToken());
    nameAccount(request);
    return request;
  },
  // What changes something may have reached the exchange before the network failed.
  onError({ request }) {
    return request.method === "GET" ? new ApiFailure(UNREACHABLE, 0) : unknownOutcome();
  },
  onResponse({ request, response }) {
    const isGateway = response.status >= 502 && !response.headers.get("content-type")?.includes("json");
    if (isGateway && request.method !== "GET") throw unknownOutcome();
  },
});

/** Private calls are for the tab's account, unless they name another. Should somebody else be logged in, they are
 * refused. */
function nameAccount({ url, headers }: Request): void {
  const isPrivate = new URL(url).pathname.startsWith("/v1/");
  if (isPrivate && actingFor() !== "" && !headers.has("X-Account")) headers.set("X-Account", actingFor());
}

function unknownOutcome(): ApiFailure {
  return new ApiFailure("OUTCOME_UNKNOWN", 504);
}

/** The data of a call, or an ApiFailure. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const result = await call.catch((error: unknown) => {
    throw error instanceof ApiFailure ? error : unknownOutcome();
  });
  if (result.data !== undefined) return result.data;
  const body = (result.error ?? {}) as { error?: string; details?: Record<string, unknown> };
  throw new ApiFailure(body.error ?? "INTERNAL", result.response.status, body.details);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // What the exchange refused it refuses again; only silence is worth a second try.
      retry: (count, error) =>
        count < 2 && error instanceof ApiFailure && (error.status === 0 || error.status >= 500),
    },
  },
});

function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}
