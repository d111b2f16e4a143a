// What a node asks of a contact: an audience filter, and the two sides of a "contact updated" trigger.
import { useState } from "react";
import { complete, type Filter, type Property } from "../lib/engine";
import { useGet } from "../lib/hooks";
import { type Compared, filterOf, queryOf, type WorkflowNode } from "../lib/workflow";
import { Check, Labelled } from "../ui/fields";
import { FilterBuilder } from "./filter-builder";

type Set = (payload: Record<string, unknown>) => Promise<unknown>;
const NONE: Filter = { match: "all", conditions: [] };

export function FilterForm({ node, set }: { node: WorkflowNode; set: Set }) {
  const [filter, setFilter] = useState<Filter>(filterOf(node) ?? NONE);
  const segments = useGet("/engine/segments", { every: 60_000 }).data?.data;
  const [segment, setSegment] = useState(node.audienceSegmentId ?? "");
  const [scope, setScope] = useState(node.appliesDownstream ?? true);
  const ready = complete(filter);
  const save = () => set({ audienceFilter: filter.conditions.length ? filter : null, audienceSegmentId: segment || null, appliesDownstream: scope });
  return (
    <form onSubmit={(e) => { e.preventDefault(); if (ready) void save(); }}>
      {!!segments?.length && <Labelled label="Segment"><select className="field" value={segment} onChange={(e) => setSegment(e.target.value)}><option value="">None</option>{segments.map((s) => <option key={s.id} value={s.id}>{s.name}</option>)}</select></Labelled>}
      {segment && filter.conditions.length > 0 && <p className="soft text-sm mb-2">Whoever is in the segment and matches this, too:</p>}
      <div className="mb-3"><FilterBuilder value={filter} change={setFilter} /></div>
      <Check label="Also at every following node" help="Who stops matching later leaves then. Otherwise only the next node asks." checked={scope} change={setScope} />
      <div className="mt-3 flex flex-wrap gap-x-3 gap-y-2 items-center"><button type="submit" className="button primary" disabled={!ready}>Save</button>{!ready && <span className="soft text-sm">Fill in every condition.</span>}</div>
    </form>
  );
}

const BARE = ["empty", "not_empty", "true", "false", "any"];
const ASKS: Record<string, [string, string][]> = {
  string: [["any", "anything"], ["equal", "is"], ["not_equal", "is not"], ["contains", "contains"], ["not_contains", "does not contain"], ["empty", "empty"], ["not_empty", "not empty"]],
  number: [["any", "anything"], ["numeric_equal", "="], ["numeric_not_equal", "≠"], ["greater_than", ">"], ["less_than", "<"], ["empty", "empty"], ["not_empty", "not empty"]],
  boolean: [["any", "anything"], ["true", "true"], ["false", "false"], ["empty", "empty"], ["not_empty", "not empty"]],
  date: [["any", "anything"], ["after", "after"], ["before", "before"], ["between", "between"], ["empty", "empty"], ["not_empty", "not empty"]],
};
const ANYTHING: Compared = { operator: "any", value: "" };

export function PropertyQuery({ node, properties, set }: { node: WorkflowNode; properties: Property[]; set: Set }) {
  const known = queryOf(node);
  const [key, setKey] = useState(known?.key ?? ""), [was, setWas] = useState(known?.was ?? ANYTHING), [is, setIs] = useState(known?.is ?? ANYTHING);
  const type = properties.find((p) => p.key === key)?.type ?? "string";
  const usable = properties.filter((p) => !["createdAt", "notes"].includes(p.key));
  return (
    <div className="mb-4">
      <Labelled label="Property"><select className="field" value={key} onChange={(e) => { setKey(e.target.value); setWas(ANYTHING); setIs(ANYTHING); }}><option value="">Choose …</option>{usable.map((p) => <option key={p.key} value={p.key}>{p.key}</option>)}</select></Labelled>
      {key && <><Side label="Was" type={type} value={was} change={setWas} /><Side label="Is now" type={type} value={is} change={setIs} /></>}
      <button type="button" className="button primary" disabled={!key || unfinished(was) || unfinished(is)} onClick={() => void set({ contactPropertyQuery: { key, was, is } })}>Save</button>
    </div>
  );
}

function Side({ label, type, value, change }: { label: string; type: string; value: Compared; change: (to: Compared) => void }) {
  const say = (text: string) => change({ ...value, value: type === "number" && text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text });
  return (
    <div className="mb-3"><span className="font-medium block mb-1">{label}</span><div className="flex flex-wrap gap-2">
      <select aria-label={label} className="field !w-auto grow" value={value.operator} onChange={(e) => change({ operator: e.target.value, value: e.target.value === "between" ? "/" : "" })}>{(ASKS[type] ?? ASKS.string!).map(([o, text]) => <option key={o} value={o}>{text}</option>)}</select>
      {value.operator === "between" ? <Between label={label} value={String(value.value)} change={say} />
        : type === "date" && !BARE.includes(value.operator) ? <Day label={`${label}: value`} value={String(value.value)} change={(day) => say(day && `${day}${MIDNIGHT}`)} />
        : !BARE.includes(value.operator) && <input aria-label={`${label}: value`} className="field !w-36 grow" value={String(value.value)} onChange={(e) => say(e.target.value)} />}
    </div></div>
  );
}

const MIDNIGHT = "T00:00:00.000Z", LAST = "T23:59:59.999Z";

/** "from/to", both days with all their hours. */
function Between({ label, value, change }: { label: string; value: string; change: (to: string) => void }) {
  const [from = "", to = ""] = value.split("/");
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Day label={`${label}: from`} value={from} change={(day) => change(`${day && day + MIDNIGHT}/${to}`)} />and<Day label={`${label}: to`} value={to} change={(day) => change(`${from}/${day && day + LAST}`)} />
    </span>
  );
}

const Day = ({ label, value, change }: { label: string; value: string; change: (to: string) => void }) => <input aria-label={label} className="field !w-auto" type="date" value={value.slice(0, 10)} onChange={(e) => change(e.target.value)} />;

const unfinished = (asked: Compared) => !BARE.includes(asked.operator) && String(asked.value).split("/").some((part) => part === "");
