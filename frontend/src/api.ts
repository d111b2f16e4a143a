// The control API, as docs/reference and /api/v1/openapi.json describe it.
export const base = (document.querySelector('meta[name="headrace-base"]')?.getAttribute("content") ?? "/").replace(/\/$/, "");

export class Problem extends Error {
  constructor(readonly status: number, message: string, readonly more: Record<string, unknown> = {}) { super(message); }
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    credentials: "same-origin",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const type = response.headers.get("content-type") ?? "";
  const value = type.includes("json") ? await response.json() : await response.text();
  if (!response.ok) throw new Problem(response.status, value?.detail ?? value?.title ?? `Error ${response.status}`, value);
  return value as T;
}
export const get = <T,>(path: string) => call<T>("GET", path);

export interface Page<T> { data: T[]; next: string | number | null }
export interface User { id: string; email: string; name: string; role: string }
export interface Session { user: User; version: string; setup_needed: boolean }
export interface Source {
  id: string; name: string; type: string; write_key: string; enabled: boolean; created_at: string; events: number;
  destinations: { id: string; name: string; type: string }[]; last_event_at: string | null; data_plane_url: string;
}
export type State = "waiting" | "sending" | "retrying" | "delivered" | "unchanged" | "filtered" | "dead";
export interface Destination {
  id: string; name: string; type: string; label: string; enabled: boolean; settings: Record<string, unknown>;
  sources: { id: string; name: string }[]; health: { state: string; code: string | null; reason: string; since: string | null };
  counts: Record<State, number>; created_at: string; warnings: string[];
}
export interface Field {
  key: string; label: string; help: string; kind: string; default: unknown; required: boolean; choices: string[];
  advanced: boolean; link: string | null;
}
export interface CatalogType { type: string; label: string; description: string; keywords: string[]; fields: Field[] }
export interface Delivery {
  position: number; destination: { id: string; name: string }; source: { id: string; name: string }; type: string; event: string;
  person: string; received_at: string; state: State; code: string; reason: string; attempts: number; at: string;
  next_at: string | null; warnings: string[];
}
export interface Attempt {
  number: number; kind: string; at: string; method: string; url: string; headers: Record<string, string>; body: unknown;
  status: number | null; answer: string | null; error: string | null; duration_ms: number; outcome: string;
}
export interface Fate {
  destination: string | null; destinationId: string | null; state: string; code: string; reason: string; attempts: number; at: string;
}
export interface EventRow {
  id: number; messageId: string; type: string | null; event: string | null; userId: string | null; anonymousId: string | null;
  person: string | null; source: string; receivedAt: string; fates: Fate[]; message?: Record<string, unknown>;
}
export interface Rejected { id: number; at: string; status: number; reason: string; path: string; source: string | null; sdk: string; ip: string; sample: string }
export interface Contact {
  id: string; email: string; userId: string | null; firstName: string | null; lastName: string | null; source: string;
  subscribed: boolean; userGroup: string; mailingLists: Record<string, boolean>; createdAt: string; properties: Record<string, unknown>;
  lists?: { id: string; name: string; subscribed: boolean }[]; events?: LogRow[];
}
export interface MailingList { id: string; name: string; description: string | null; isPublic: boolean; members: number }
export interface Definition { id: string; name: string; properties: { name: string; type: string }[]; count: number; lastSeen: string | null }
export interface LogRow {
  id: string; at: string; eventName: string; contact: { id: string; email: string; userId: string | null }; source: string;
  result: string; warnings: string[]; received: unknown; processed: unknown;
}
