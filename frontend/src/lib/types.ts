// The JSON of the control API, written by hand after its OpenAPI document.
import type { State, Tone } from "./states";

export interface Page<T> { data: T[]; next: string | number | null }
export interface User { id: string; email: string; name: string; role: string }
export interface Session { user: User; version: string; setup_needed: boolean }
export interface Named { id: string; name: string }
export interface Source {
  id: string; name: string; type: string; write_key: string; enabled: boolean; created_at: string; events: number;
  destinations: { id: string; name: string; type: string }[]; last_event_at: string | null; data_plane_url: string;
}
export interface Health { state: string; code: string | null; reason: string; since: string | null }
export interface Destination {
  id: string; name: string; type: string; label: string; enabled: boolean; settings: Record<string, unknown>;
  sources: Named[]; health: Health; counts: Record<State, number>; created_at: string; warnings: string[];
}
export interface Field {
  key: string; label: string; help: string; kind: string; default: unknown; required: boolean; choices: string[];
  advanced: boolean; link: string | null;
}
export interface CatalogType { type: string; label: string; description: string; keywords: string[]; fields: Field[] }
export interface Trial { ok: boolean; message: string }
export interface Delivery {
  position: number; destination: Named; source: Named; type: string; event: string;
  person: string; received_at: string; state: State; code: string; reason: string; attempts: number; at: string;
  next_at: string | null; warnings: string[];
}
export interface Attempt {
  number: number; kind: string; at: string; method: string; url: string; headers: Record<string, string>; body: unknown;
  status: number | null; answer: string | null; error: string | null; duration_ms: number; outcome: string; curl: string;
}
export interface Chapter { at: string | null; tone: Tone; title: string; text: string; attempt: number | null }
export interface Story {
  delivery: Delivery; message: Record<string, unknown> | null; attempts: Attempt[]; sentence: string; chapters: Chapter[];
  next: { text: string; at: string | null }; actions: Action[]; links: { label: string; url: string }[];
}
/** Which names pass, and as what; `*` stands for any characters. */
export interface NameFilter { allow?: string[] | null; deny?: string[] | null; rename?: Record<string, string> }
export interface ErrorRow { code: string; sentence: string; reason: string; count: number; sample: { position: number } }
export interface Rendering { outcome: "request" | "filtered" | "refused"; method: string | null; url: string | null; body: unknown; reason: string | null; warnings: string[] }
export interface Preview { position: number; type: string; event: string; after: Rendering }
export interface Fate {
  destination: string | null; destinationId: string | null; state: string; code: string; reason: string; attempts: number; at: string;
  carriedBy: string | null; warnings: string[];
}
export interface EventRow {
  id: number; messageId: string; type: string | null; event: string | null; userId: string | null; anonymousId: string | null;
  person: string | null; source: string; receivedAt: string; fates: Fate[]; message?: Record<string, unknown>;
}
export interface Rejected { id: number; at: string; status: number; reason: string; path: string; source: string | null; sdk: string; ip: string; sample: string }
export interface SourceEventRow { type: string; name: string; count: number; last_seen: string }
export interface DestinationEventRow { type: string; name: string; delivered: number; last_delivered: string | null; failed: number; last_failed: string | null }
export interface Status {
  version: string; running: boolean; gateway: string | null; console: string | null; engine: string | null;
  log: { accepted: number; unrouted: number; duplicates: number; bytes: number; segments: number; oldest: string | null };
  deliveries: Record<State, number>;
}
export interface Change { id: number; at: string; who: string; what: string; before: unknown; after: unknown }
export interface Token { id: string; name: string; created_at: string }
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
export interface Identifier { kind: "user" | "email" | "anon"; value: string; last_seen?: string }
export interface PersonRow { person: string; identifiers: Identifier[]; last_seen: string | null }
export interface Timeline { person: string; identifiers: Identifier[]; data: EventRow[]; next: number | null }
export interface Attention { level: "bad" | "wait"; kind: string; title: string; text: string; destination: string | null; source: string | null; count: number | null }
export interface Overview {
  sources: { id: string; name: string; type: string; enabled: boolean; rate: number; last_event_at: string | null; destinations: string[] }[];
  destinations: { id: string; name: string; type: string; label: string; state: string; reason: string; rate: number; waiting: number; failed: number }[];
  attention: Attention[]; unrouted: number; accepted: number;
}
export interface Action { id: string; label: string; warning: string | null; role: string }
export interface Member { id: string; email: string; name: string; role: string; created_at: string; last_seen: string | null; sessions: number }
export interface Invitation { id: string; email: string; role: string; created_at: string; expires_at: string; invited_by: string; url?: string }
export interface Login { id: string; user: User; created_at: string; seen_at: string; agent: string; address: string; current: boolean }
export interface Keep { name: string; title: string; value: number | null; text: string; setting: string }
export interface Retention extends Page<Keep> { now: { events_bytes: number; oldest_event: string | null; segments: number; free_bytes: number } }
export interface About { version: string; python: string; sqlite: string; started_at: string; data_directory: string; gateway: string | null; console: string | null; engine: string | null; pids: Record<string, number>; license: string }
export interface FailedGroup { destination: Named; code: string; sentence: string; count: number; newest: number; last_at: string }
export interface Person { user_id?: string; email?: string }
export interface PersonName { kind: "user" | "email"; value: string }
export interface WouldForget {
  names: PersonName[]; events: number; known: boolean; record: number | null; destinations: { destination: string; names: PersonName[] }[]; not_asked: string[];
}
export interface ForgottenRecord {
  id: number; state: string; phase: string; waits_for: string; by: string; events: number; deliveries: number; ended: number; lifted: boolean; at: string; changed_at: string;
  asked: { destination_id: string; destination: string; state: string; code: string; reason: string; at: string }[];
}
