// What the pages of sending, Inbox and webhooks read, and the words and colours of a mail's states.
import type { Schemas } from "./contract";
import type { Tone } from "./states";

export type MailRow = Schemas["MailRow"];
export type MailFull = Schemas["MailFull"];
export type Send = Schemas["SendRow"];
export type SendState = Send["state"];
export type DnsCheck = Schemas["DnsCheck"];
export type Sending = Schemas["SendingSettings"];
export type Trouble = Sending["trouble"];
export type Endpoint = Schemas["EndpointRow"];
export type Message = Schemas["WebhookMessage"];

export const SENT: Record<SendState, { label: string; tone: Tone }> = {
  queued: { label: "Queued", tone: "wait" }, sending: { label: "Sending", tone: "wait" }, sent: { label: "Sent", tone: "good" }, delivered: { label: "Delivered", tone: "good" },
  bounced: { label: "Bounced", tone: "bad" }, refused: { label: "Refused", tone: "bad" }, skipped: { label: "Skipped", tone: "idle" }, ambiguous: { label: "Ambiguous", tone: "bad" },
};
export const TOLD: Record<Message["state"], { label: string; tone: Tone }> = { queued: { label: "Queued", tone: "wait" }, delivered: { label: "Delivered", tone: "good" }, failed: { label: "Failed", tone: "bad" } };
export const bytes = (size: number): string => size < 1024 ? `${size} B` : size < 1024 ** 2 ? `${Math.round(size / 1024)} KB` : `${(size / 1024 ** 2).toFixed(1)} MB`;
