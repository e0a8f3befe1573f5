// Every call of the REST API, typed by its schema.

import createClient, { type Client, type Middleware } from "openapi-fetch";
import { errorOf } from "./errors.js";
import type { LogIn } from "./log-in.js";
import type { paths } from "./schema.js";

export type Rest = Client<paths>;

/** A client of the schema's paths. Refusals are thrown, as ApiError. */
export function createRest(url: string, logIn: LogIn | null, account: string | null): Rest {
  const rest = createClient<paths>({ baseUrl: url });
  const refusing: Middleware = {
    async onRequest({ request, schemaPath }) {
      if (logIn && !schemaPath.startsWith("/api/v1/token")) {
        request.headers.set("Authorization", `Bearer ${await logIn.token()}`);
      }
      if (account !== null) request.headers.set("X-Account", utf8(account));
      return request;
    },
    async onResponse({ response }) {
      if (response.ok) return undefined;
      const body: unknown = await response
        .clone()
        .json()
        .catch(() => null);
      throw errorOf(body, response.status, response.headers.get("Retry-After"));
    },
  };
  rest.use(refusing);
  return rest;
}

/** Headers hold bytes: a name in UTF-8, one character a byte. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
