// A filter of the audience, built by hand: conditions on properties, opt-in and activity, all of them or any.
import { type Condition, type ActivityCondition, type Filter, type Property, type PropertyCondition, bare, operators, startOf } from "../lib/engine";
import { useGet } from "../lib/hooks";
import { Icon } from "../ui/icons";
import { Segments, Select } from "../ui/fields";

const ACTIONS: [string, string][] = [["received", "sent the event"], ["sent", "was sent"], ["opened", "opened"], ["clicked", "clicked in"]];
const TARGETS: [string, string][] = [["workflow", "an email of the workflow"], ["workflowEmail", "the email"]];

export function FilterBuilder({ value, change }: { value: Filter; change: (to: Filter) => void }) {
  const properties = useGet("/engine/properties").data?.data ?? [];
  const set = (at: number, to: Condition) => change({ ...value, conditions: value.conditions.map((c, i) => (i === at ? to : c)) });
  const drop = (at: number) => change({ ...value, conditions: value.conditions.filter((_, i) => i !== at) });
  const add = (c: Condition) => change({ ...value, conditions: [...value.conditions, c] });
  return (
    <div className="space-y-2" role="group" aria-label="Filter">
      {value.conditions.length > 1 && <div className="flex items-center gap-2"><span className="soft">Contacts that match</span><Segments label="Match" value={value.match} options={[["all", "all"], ["any", "any"]] as const} change={(match) => change({ ...value, match })} /></div>}
      {value.conditions.map((c, i) => (
        <div key={i} className="flex items-start gap-1 sunk border line rounded-lg p-2">
          <div className="grow min-w-0 flex flex-wrap items-center gap-2 [&>select]:max-w-full">
            {c.type === "property" && <PropertyRow value={c} properties={properties} set={(to) => set(i, to)} />}
            {c.type === "optIn" && <><span className="px-1">Double opt-in</span><Select label="Opt-in status" value={c.status ?? ""} options={[["accepted", "accepted"], ["pending", "pending"], ["rejected", "rejected"], ["", "not asked"]]} change={(s) => set(i, { ...c, status: s || null })} /></>}
            {c.type === "activity" && <ActivityRow value={c} set={(to) => set(i, to)} />}
          </div>
          <button type="button" className="button plain small mt-[3px] shrink-0" aria-label={`Remove condition ${i + 1}`} onClick={() => drop(i)}><Icon name="close" size={13} /></button>
        </div>
      ))}
      <div className="flex flex-wrap gap-2">
        <button type="button" className="button small" onClick={() => add({ type: "property", key: "email", operator: "contains", value: "" })}>+ Property</button>
        <button type="button" className="button small" onClick={() => add({ type: "activity", action: "received", target: "event", id: "", negate: false })}>+ Activity</button>
        <button type="button" className="button small" onClick={() => add({ type: "optIn", status: "accepted" })}>+ Opt-in</button>
      </div>
    </div>
  );
}

function PropertyRow({ value: c, properties, set }: { value: PropertyCondition; properties: Property[]; set: (to: PropertyCondition) => void }) {
  const type = properties.find((p) => p.key === c.key)?.type ?? "string";
  const options: [string, string][] = properties.map((p) => [p.key, p.label]);
  if (!options.some(([key]) => key === c.key)) options.push([c.key, `${c.key} (not defined)`]);
  const pick = (key: string) => { const to = properties.find((p) => p.key === key)?.type ?? "string"; set(to === type ? { ...c, key } : { type: "property", key, operator: startOf(to), value: "" }); };
  const operate = (operator: string) => set({ type: "property", key: c.key, operator, ...(bare(operator) ? {} : { value: operator === "between" ? { from: "", to: "" } : typeof c.value === "object" ? "" : c.value ?? "" }) });
  const range = typeof c.value === "object" ? c.value : { from: "", to: "" };
  const kind = type === "date" ? "date" : type === "number" ? "number" : "text";
  return (
    <>
      <Select label="Property" value={c.key} options={options} change={pick} />
      <Select label="Operator" value={c.operator} options={operators(type, c.operator)} change={operate} />
      {c.operator === "between" ? (
        <span className="inline-flex flex-wrap items-center gap-2"><input type="date" className="field !w-auto" aria-label="From" value={range.from.slice(0, 10)} onChange={(e) => set({ ...c, value: { ...range, from: e.target.value } })} />and<input type="date" className="field !w-auto" aria-label="To" value={range.to.slice(0, 10)} onChange={(e) => set({ ...c, value: { ...range, to: e.target.value } })} /></span>
      ) : !bare(c.operator) && <input className="field !w-44" type={kind} step="any" aria-label="Value" value={typeof c.value === "object" ? "" : c.value ?? ""} onChange={(e) => set({ ...c, value: kind === "number" && e.target.value !== "" ? Number(e.target.value) : e.target.value })} />}
    </>
  );
}

/** Once is what a condition means when it says nothing. */
function times({ times: _, ...c }: ActivityCondition, count: number): ActivityCondition {
  return count > 1 ? { ...c, times: Math.floor(count) } : c;
}

function ActivityRow({ value: c, set }: { value: ActivityCondition; set: (to: ActivityCondition) => void }) {
  const events = useGet("/engine/event-definitions").data?.data ?? [];
  const workflows = useGet("/engine/workflows").data?.data ?? [];
  const act = (action: string) => set({ ...times(c, 1), action, ...(action === "received" ? { target: "event", id: "" } : c.target === "event" ? { target: "workflow", id: "" } : {}) });
  const emails = useGet("/engine/workflow-emails", { on: c.target === "workflowEmail" }).data?.data ?? [];
  const known: [string, string][] = c.target === "workflowEmail" ? emails.map((e) => [e.id, `${e.workflow}: ${e.subject || "no subject yet"}`]) : c.target === "event" ? events.map((e) => [e.name, e.name]) : c.target === "workflow" ? workflows.map((w) => [w.id, w.name || w.id]) : [];
  const options: [string, string][] = [["", "Choose …"], ...known];
  if (c.id && !options.some(([id]) => id === c.id)) options.push([c.id, c.id]);
  return (
    <>
      <Select label="Whether" value={String(c.negate)} options={[["false", "Has"], ["true", "Has not"]]} change={(n) => set({ ...c, negate: n === "true" })} />
      <Select label="Activity" value={c.action} options={ACTIONS} change={act} />
      {c.target !== "event" && <Select label="What" value={c.target} options={TARGETS} change={(target) => set({ ...c, target, id: "" })} />}
      <Select label="Which" value={c.id} options={options} change={(id) => set({ ...c, id })} />
      {c.target === "event" && <span className="inline-flex items-center gap-2">at least<input type="number" min={1} max={1_000_000} step={1} required className="field !w-20" aria-label="Times" value={c.times ?? 1} onChange={(e) => set(times(c, Number(e.target.value)))} />{(c.times ?? 1) === 1 ? "time" : "times"}</span>}
    </>
  );
}
