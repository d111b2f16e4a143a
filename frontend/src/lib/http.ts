// Talks to the control API: one door, problems as RFC 9457 says, and the path prefix of a reverse proxy.
import type { Asks, Body, Method, Reply } from "./contract";

const meta = document.querySelector('meta[name="headrace-base"]')?.getAttribute("content") ?? "/";
export const base = meta.replace(/\/$/, "");
export const api = `${base}/api/v1`;

export class Problem extends Error {
  constructor(readonly status: number, message: string, readonly more: Record<string, unknown> = {}) { super(message); }
}

/** A person was asked, and went away without an answer. */
export class Stopped extends Error {
  constructor() { super("Nothing was changed."); }
}

export function call<M extends Method, P extends string>(method: M, path: P extends Asks<M, P> ? P : Asks<M, P>, body?: Body<M, P>): Promise<Reply<M, P>>;
export async function call(method: Method, path: string, body?: unknown): Promise<unknown> {
  const sent = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await reach(`${api}${path}`, { method, credentials: "same-origin", ...sent });
  const type = response.headers.get("content-type") ?? "";
  const value = type.includes("json") ? await response.json() : await response.text();
  if (!response.ok) throw new Problem(response.status, value?.detail ?? value?.title ?? `Error ${response.status}`, value);
  return value;
}

async function reach(url: string, how: RequestInit): Promise<Response> {
  try { return await fetch(url, how); } catch { throw new Problem(0, "Headrace does not answer. Is it running? This page tries again by itself."); }
}

export const get = <P extends string>(path: P extends Asks<"GET", P> ? P : Asks<"GET", P>): Promise<Reply<"GET", P>> => call("GET", path);

/** A query string of what is set. */
export function query(values: Record<string, string | number | boolean | null | undefined>): "" | `?${string}` {
  const set = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== "");
  return set.length ? `?${new URLSearchParams(set.map(([k, v]) => [k, String(v)]))}` : "";
}
