// What the pages of sending, Inbox and webhooks read, and the words and colours of a mail's states.
import type { Tone } from "./states";

export interface MailRow { id: string; send: string | null; at: string; from: string; to: string[]; subject: string; size: number; mark: string; seen: boolean }
export interface MailFull extends MailRow {
  headers: [string, string][]; html: string | null; text: string | null; attachments: { filename: string; contentType: string; size: number }[];
  links: { url: string; target: string | null; problem: string | null }[]; checks: { name: string; ok: boolean | null; detail: string }[];
}
export type SendState = "queued" | "sending" | "sent" | "delivered" | "bounced" | "refused" | "skipped" | "ambiguous";
export interface Send { id: string; kind: string; source: string; contact: string | null; email: string; subject: string; state: SendState; why: string; at: string; next: string | null; attempts: number; sentAt: string | null; via: string; opens: number; clicks: number; openedAt: string | null; clickedAt: string | null }
export interface DnsRecord { purpose: string; name: string; kind: string; value: string; why: string }
export interface DnsCheck { record: DnsRecord; verdict: "good" | "missing" | "wrong" | "unknown"; found: string[]; said: string }
export type Trouble = "none" | "refuse" | "delay" | "bounce";
export interface Sending {
  mode: "inbox" | "smtp"; host: string; port: number; security: "starttls" | "tls" | "none"; verify: boolean; username: string; has_password: boolean; domain: string; selector: string; has_dkim: boolean;
  return_domain: string; company: string; address: string; rate: number; connections: number; track_opens: boolean; track_clicks: boolean; trouble: Trouble; inbox_keep: number; inbox_megabytes: number; inbox_port: number; inbox_port_trouble: string | null;
  records: DnsRecord[]; down: { why: string; since: string; until: string } | null; counts: Partial<Record<SendState | "opened" | "clicked", number>>;
}
export interface Endpoint { id: string; url: string; events: string[]; enabled: boolean; why: string; at: string; failingSince: string | null }
export interface Message { id: string; type: string; payload: unknown; at: string; state: "queued" | "delivered" | "failed"; next: string | null; tries: number; attempts: { at: string; status: number; text: string; ms: number }[] }

export const SENT: Record<SendState, { label: string; tone: Tone }> = {
  queued: { label: "Queued", tone: "wait" }, sending: { label: "Sending", tone: "wait" }, sent: { label: "Sent", tone: "good" }, delivered: { label: "Delivered", tone: "good" },
  bounced: { label: "Bounced", tone: "bad" }, refused: { label: "Refused", tone: "bad" }, skipped: { label: "Skipped", tone: "idle" }, ambiguous: { label: "Ambiguous", tone: "bad" },
};
export const TOLD: Record<Message["state"], { label: string; tone: Tone }> = { queued: { label: "Queued", tone: "wait" }, delivered: { label: "Delivered", tone: "good" }, failed: { label: "Failed", tone: "bad" } };
export const bytes = (size: number): string => size < 1024 ? `${size} B` : size < 1024 ** 2 ? `${Math.round(size / 1024)} KB` : `${(size / 1024 ** 2).toFixed(1)} MB`;
