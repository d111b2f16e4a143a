// Conditions on contact properties: an audience filter's, and the two sides of a "contact updated" trigger.
import { useState } from "react";
import { useGet } from "../lib/hooks";
import { type Compared, type Condition, type Filter, filterOf, queryOf, type WorkflowNode } from "../lib/workflow";
import { Check, Labelled, Segments } from "../ui/fields";

export interface Property { key: string; label: string; type: string }
type Set = (payload: Record<string, unknown>) => Promise<unknown>;
const OF_TYPE: Record<string, [string, string][]> = {
  string: [["equals", "is"], ["notEquals", "is not"], ["contains", "contains"], ["notContains", "does not contain"], ["empty", "is empty"], ["notEmpty", "is not empty"]],
  number: [["equals", "="], ["notEquals", "≠"], ["greaterThan", ">"], ["lessThan", "<"], ["empty", "is empty"], ["notEmpty", "is not empty"]],
  boolean: [["isTrue", "is true"], ["isFalse", "is false"]],
  date: [["after", "after"], ["before", "before"], ["dateEmpty", "is empty"], ["dateNotEmpty", "is not empty"]],
};
const BARE = ["empty", "notEmpty", "isTrue", "isFalse", "dateEmpty", "dateNotEmpty", "any", "not_empty", "true", "false"];
const MATCH = [["all", "All"], ["any", "Any"]] as const;

export function FilterForm({ node, set }: { node: WorkflowNode; set: Set }) {
  const properties = useGet("/engine/properties").data?.data ?? [];
  const [match, setMatch] = useState<Filter["match"]>(filterOf(node)?.match ?? "all");
  const [conditions, setConditions] = useState<Condition[]>(filterOf(node)?.conditions ?? []);
  const segments = useGet("/engine/segments", { every: 60_000 }).data?.data;
  const [segment, setSegment] = useState(node.audienceSegmentId ?? "");
  const [scope, setScope] = useState(node.appliesDownstream ?? true);
  const put = (at: number, to: Condition) => setConditions(conditions.map((c, i) => i === at ? to : c));
  const save = () => {
    const tree = conditions.length ? { match, conditions } : null;
    return set({ audienceFilter: tree, audienceSegmentId: segment || null, appliesDownstream: scope });
  };
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      {!!segments?.length && <Labelled label="Segment"><select className="field" value={segment} onChange={(e) => setSegment(e.target.value)}><option value="">None</option>{segments.map((s) => <option key={s.id} value={s.id}>{s.name}</option>)}</select></Labelled>}
      {conditions.length > 1 && <div className="mb-3"><Segments label="Match" value={match} options={MATCH} change={setMatch} /></div>}
      {conditions.map((c, i) => c.type === "property"
        ? <One key={i} condition={c} properties={properties} change={(to) => put(i, to)} remove={() => setConditions(conditions.filter((_, j) => j !== i))} />
        : <p key={i} className="soft text-sm mb-2">A condition on {c.type === "activity" ? `${c.action} ${c.target}` : "opt-in"}, set over the API; it is kept.</p>)}
      <button type="button" className="button small mb-3" onClick={() => setConditions([...conditions, { type: "property", key: properties[0]?.key ?? "email", operator: "notEmpty" }])}>Add a condition</button>
      <Check label="Also at every following node" help="Who stops matching later leaves then. Otherwise only the next node asks." checked={scope} change={setScope} />
      <div className="mt-3"><button type="submit" className="button primary">Save</button></div>
    </form>
  );
}

function One({ condition, properties, change, remove }: { condition: Condition; properties: Property[]; change: (to: Condition) => void; remove: () => void }) {
  const type = properties.find((p) => p.key === condition.key)?.type ?? "string", operators = OF_TYPE[type] ?? OF_TYPE.string!;
  const value = (text: string) => type === "number" && text !== "" ? Number(text) : text;
  return (
    <div className="sunk border line rounded-lg p-2 mb-2 space-y-2">
      <div className="flex gap-2"><select aria-label="Property" className="field" value={condition.key} onChange={(e) => { const kind = properties.find((p) => p.key === e.target.value)?.type ?? "string"; change({ type: "property", key: e.target.value, operator: OF_TYPE[kind]![0]![0] }); }}>{properties.map((p) => <option key={p.key} value={p.key}>{p.key}</option>)}</select><button type="button" className="button plain small" aria-label="Remove the condition" onClick={remove}>×</button></div>
      <div className="flex gap-2">
        <select aria-label="Operator" className="field" value={condition.operator} onChange={(e) => { const { value: old, ...rest } = condition; change({ ...rest, operator: e.target.value, ...(BARE.includes(e.target.value) ? {} : { value: old ?? "" }) }); }}>{!operators.some(([o]) => o === condition.operator) && <option>{condition.operator}</option>}{operators.map(([o, text]) => <option key={o} value={o}>{text}</option>)}</select>
        {!BARE.includes(condition.operator ?? "") && typeof condition.value !== "object" && <input aria-label="Value" required className="field" type={type === "number" ? "number" : type === "date" ? "date" : "text"} value={String(condition.value ?? "").slice(0, type === "date" ? 10 : undefined)} onChange={(e) => change({ ...condition, value: type === "date" && e.target.value ? `${e.target.value}T00:00:00.000Z` : value(e.target.value) })} />}
      </div>
    </div>
  );
}

const ASKS: Record<string, [string, string][]> = {
  string: [["any", "anything"], ["equal", "is"], ["not_equal", "is not"], ["contains", "contains"], ["not_contains", "does not contain"], ["empty", "empty"], ["not_empty", "not empty"]],
  number: [["any", "anything"], ["numeric_equal", "="], ["numeric_not_equal", "≠"], ["greater_than", ">"], ["less_than", "<"], ["empty", "empty"], ["not_empty", "not empty"]],
  boolean: [["any", "anything"], ["true", "true"], ["false", "false"], ["empty", "empty"], ["not_empty", "not empty"]],
  date: [["any", "anything"], ["after", "after"], ["before", "before"], ["empty", "empty"], ["not_empty", "not empty"]],
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
      <button type="button" className="button primary" disabled={!key} onClick={() => void set({ contactPropertyQuery: { key, was, is } })}>Save</button>
    </div>
  );
}

function Side({ label, type, value, change }: { label: string; type: string; value: Compared; change: (to: Compared) => void }) {
  return (
    <div className="mb-3"><span className="font-medium block mb-1">{label}</span><div className="flex gap-2">
      <select aria-label={label} className="field" value={value.operator} onChange={(e) => change({ operator: e.target.value, value: "" })}>{(ASKS[type] ?? ASKS.string!).map(([o, text]) => <option key={o} value={o}>{text}</option>)}</select>
      {![...BARE, "empty"].includes(value.operator) && <input aria-label={`${label}: value`} className="field" type={type === "date" ? "date" : "text"} value={String(value.value).slice(0, type === "date" ? 10 : undefined)} onChange={(e) => change({ ...value, value: type === "date" && e.target.value ? `${e.target.value}T00:00:00.000Z` : type === "number" && e.target.value !== "" && !Number.isNaN(Number(e.target.value)) ? Number(e.target.value) : e.target.value })} />}
    </div></div>
  );
}
