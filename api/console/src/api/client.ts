// The typed client of the API. Types come from its OpenAPI document (`npm run types`).

import createClient, { type Middleware } from "openapi-fetch";
import { noAnswer, problemOf } from "./problem";
import type { paths } from "./schema";

let csrf = "";
let onLoggedOut: () => void = () => undefined;

/** The token that the session gave; every request that changes something carries it. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** What to do when the API says that nobody is logged in any more. */
export function whenLoggedOut(action: () => void): void {
  onLoggedOut = action;
}

const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

const session: Middleware = {
  onRequest({ request }) {
    if (CHANGES.has(request.method)) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok) return undefined;
    const isLogin = request.method === "POST" && new URL(request.url).pathname.endsWith("/session");
    if (response.status === 401 && !isLogin) onLoggedOut();
    throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return noAnswer();
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
api.use(session);

interface Answer<T> {
  data?: T;
  error?: unknown;
}

/** The body of an answer; failures have been thrown as `Problem` before. */
export async function body<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data } = await call;
  return data as T;
}
