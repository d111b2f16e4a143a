// The words and the colour of every state. Green: delivered. Grey: skipped, filtered. Amber: waiting, retrying. Red: failed, paused.
export type Tone = "good" | "idle" | "wait" | "bad" | "accent";
export type State = "waiting" | "sending" | "retrying" | "delivered" | "unchanged" | "filtered" | "dead";

export const STATES: Record<string, { label: string; tone: Tone }> = {
  delivered: { label: "Delivered", tone: "good" },
  unchanged: { label: "Skipped (no change)", tone: "idle" },
  filtered: { label: "Filtered", tone: "idle" },
  duplicate: { label: "Duplicate", tone: "idle" },
  forgotten: { label: "Forgotten", tone: "idle" },
  waiting: { label: "Waiting", tone: "wait" },
  sending: { label: "Sending", tone: "wait" },
  retrying: { label: "Retrying", tone: "wait" },
  dead: { label: "Failed", tone: "bad" },
  running: { label: "Running", tone: "good" },
  paused: { label: "Paused", tone: "bad" },
  down: { label: "Down", tone: "bad" },
  disabled: { label: "Disabled", tone: "idle" },
};
export const known = (state: string): { label: string; tone: Tone } => STATES[state] ?? { label: state, tone: "idle" };

/** What a chart stacks, from the bottom. */
export const BANDS: { label: string; tone: Tone; states: State[] }[] = [
  { label: "Delivered", tone: "good", states: ["delivered"] },
  { label: "Skipped and filtered", tone: "idle", states: ["unchanged", "filtered"] },
  { label: "Waiting and retrying", tone: "wait", states: ["waiting", "sending", "retrying"] },
  { label: "Failed", tone: "bad", states: ["dead"] },
];
export const total = (counts: Partial<Record<string, number>>, states: State[]): number => states.reduce((sum, s) => sum + (counts[s] ?? 0), 0);
