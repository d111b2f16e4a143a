// Numbers over time as the charts draw them, from the rolled-up counters.
import type { Series } from "../ui/chart";
import type { Schemas } from "./contract";
import { BANDS, total, type Tone } from "./states";

export type EventBucket = Schemas["EventPoint"];
export type DeliveryBucket = Schemas["DeliveryPoint"];

const TYPE_TONES: [string, Tone][] = [["identify", "accent"], ["track", "good"], ["page", "idle"]];
export const times = (buckets: { at: string }[]): number[] => buckets.map((b) => Date.parse(b.at) / 1000);

export function byType(buckets: EventBucket[]): Series[] {
  const named = TYPE_TONES.map(([type, tone]) => ({ label: type, tone, values: buckets.map((b) => b.types[type] ?? 0) }));
  const rest = buckets.map((b) => Object.entries(b.types).reduce((sum, [type, n]) => TYPE_TONES.some(([t]) => t === type) ? sum : sum + n, 0));
  return [...named, { label: "other", tone: "wait" as const, values: rest }].filter((s) => s.values.some(Boolean));
}
export const byState = (buckets: DeliveryBucket[]): Series[] => BANDS.map((b) => ({ label: b.label, tone: b.tone, values: buckets.map((x) => total(x.states, b.states)) })).filter((s, i) => i === 0 || s.values.some(Boolean));
export const latency = (buckets: DeliveryBucket[]): Series[] => [
  { label: "P95", tone: "accent", values: buckets.map((b) => b.p95) }, { label: "P50", tone: "idle", values: buckets.map((b) => b.p50) },
];
