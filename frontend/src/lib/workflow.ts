// A workflow as its builder sees it, and where each node stands: layers from the trigger down, forks side by side.
import type { Schemas } from "./contract";
import { type Filter, inWords } from "./engine";

export type WorkflowRow = Schemas["WorkflowRow"];
export type Workflow = Schemas["Workflow"];
export type WorkflowNode = Schemas["Node"];
export type Metrics = Schemas["Metrics"];
export type Run = Schemas["Run"];
type Status = WorkflowRow["status"];
// Filters are as in Loops' API, which the engine itself reads.
export type Compared = { operator: string; value: string | number | boolean };
/** Of a node. */
export const filterOf = (node: WorkflowNode): Filter | null => node.audienceFilter as Filter | null ?? null;
export const queryOf = (node: WorkflowNode): { key: string; is: Compared; was: Compared } | null => node.contactPropertyQuery as { key: string; is: Compared; was: Compared } | null ?? null;

export const STATUS: Record<Status, { label: string; tone: "good" | "idle" | "wait" }> = {
  Draft: { label: "Draft", tone: "idle" }, Sending: { label: "Sending", tone: "good" }, PausedAndQueueing: { label: "Paused, queueing", tone: "wait" }, Paused: { label: "Stopped", tone: "idle" },
};
export const ADDABLE: [string, string][] = [["SendEmailAction", "Send email"], ["TimerAction", "Timer"], ["AudienceFilter", "Audience filter"], ["BranchNode", "Branch"], ["ExperimentBranchNode", "Experiment"]];
export const FORKS = ["BranchNode", "ExperimentBranchNode"];
export const isTrigger = (node: WorkflowNode): boolean => node.typeName.endsWith("Trigger");

const UNITS = { m: "minute", h: "hour", d: "day" };
export function summary(node: WorkflowNode): string {
  switch (node.typeName) {
    case "EventTrigger": return node.eventName ?? "Which event?";
    case "ContactPropertyTrigger": return queryOf(node)?.key ?? "Which property?";
    case "TimerAction": return node.amount === 0 ? "At once" : `Wait ${node.amount} ${UNITS[node.unit ?? "d"]}${node.amount === 1 ? "" : "s"}`;
    case "SendEmailAction": return node.subject || "No subject yet";
    case "AudienceFilter": return filterText(node);
    case "ExperimentBranchNode": return `${node.samplingRate} % into variants`;
    case "VariantNode": return node.isControl ? "Control" : "Variant";
    case "BranchNode": return "First match, left to right";
    case "ExitAction": return "";
    default: return node.typeName === "BlankTrigger" ? "What starts it?" : "";
  }
}

function filterText(node: WorkflowNode): string {
  const parts = (filterOf(node)?.conditions ?? []).map(inWords);
  if (node.audienceSegmentId) parts.unshift("segment");
  return parts.length ? parts.join(filterOf(node)?.match === "any" ? " or " : ", ") : "Everybody";
}

export const WIDTH = 208, HEIGHT = 66, GAP_X = 28, GAP_Y = 58;
export interface Place { x: number; y: number }
export interface Drawing { places: Record<string, Place>; width: number; height: number }

/** `nodes` come with every node after all that lead to it. */
export function drawing(nodes: WorkflowNode[]): Drawing {
  const byId = new Map(nodes.map((n) => [n.id, n]));
  const parents = new Map<string, string[]>(nodes.map((n) => [n.id, []]));
  for (const n of nodes) for (const to of n.nextNodeIds) parents.get(to)?.push(n.id);
  const depth = new Map<string, number>(), lanes = new Map<string, number>(), x = new Map<string, number>();
  for (const n of nodes) depth.set(n.id, Math.max(-1, ...parents.get(n.id)!.map((p) => depth.get(p)!)) + 1);
  const joins = (id: string) => parents.get(id)!.length > 1;
  for (const n of [...nodes].reverse()) lanes.set(n.id, Math.max(1, n.nextNodeIds.reduce((sum, to) => sum + (joins(to) ? (n.nextNodeIds.length > 1 ? 1 : 0) : lanes.get(to)!), 0)));
  for (const n of nodes) {
    const from = parents.get(n.id)!;
    if (!from.length) { x.set(n.id, 0); continue; }
    if (from.length > 1) { x.set(n.id, from.reduce((sum, p) => sum + x.get(p)!, 0) / from.length); continue; }
    const parent = byId.get(from[0]!)!, wide = (to: string) => joins(to) ? 1 : lanes.get(to)!;
    const all = parent.nextNodeIds.reduce((sum, to) => sum + wide(to), 0), before = parent.nextNodeIds.slice(0, parent.nextNodeIds.indexOf(n.id)).reduce((sum, to) => sum + wide(to), 0);
    x.set(n.id, x.get(parent.id)! + before + wide(n.id) / 2 - all / 2);
  }
  apart(nodes, depth, x);
  const least = Math.min(...x.values()), most = Math.max(...x.values()), step = WIDTH + GAP_X;
  const places = Object.fromEntries(nodes.map((n) => [n.id, { x: (x.get(n.id)! - least) * step, y: depth.get(n.id)! * (HEIGHT + GAP_Y) }]));
  return { places, width: (most - least) * step + WIDTH, height: (Math.max(...depth.values()) + 1) * (HEIGHT + GAP_Y) - GAP_Y };
}

/** Nobody stands on anybody: on each layer from left to right. */
function apart(nodes: WorkflowNode[], depth: Map<string, number>, x: Map<string, number>): void {
  const layers = new Map<number, string[]>();
  for (const n of nodes) layers.set(depth.get(n.id)!, [...(layers.get(depth.get(n.id)!) ?? []), n.id]);
  for (const layer of layers.values()) {
    layer.sort((a, b) => x.get(a)! - x.get(b)!);
    layer.forEach((id, i) => { if (i) x.set(id, Math.max(x.get(id)!, x.get(layer[i - 1]!)! + 1)); });
  }
}
