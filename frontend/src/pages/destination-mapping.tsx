// Mapping: which traits and properties are sent and under which name, with a preview of the exact request.
import { useState } from "react";
import { call } from "../lib/http";
import { useAct } from "../lib/hooks";
import type { Destination, NameFilter, Preview, Rendering } from "../lib/types";
import { Empty, Notice, Tag } from "../ui/basics";
import { Json } from "../ui/code";
import { Labelled } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card } from "../ui/page";
import { SaveBar, useDraft } from "./save";

export function Mapping({ destination: d }: { destination: Destination }) {
  const draft = useDraft(d, ["contact_properties", "event_properties"], { contact_properties: {}, event_properties: {} });
  return (
    <>
      <div className="grid lg:grid-cols-2 gap-x-4 items-start">
        <Part title="Contact properties" from="Trait" value={draft.draft.contact_properties as NameFilter} change={(to) => draft.set("contact_properties", to)} may={draft.may} />
        <Part title="Event properties" from="Property" value={draft.draft.event_properties as NameFilter} change={(to) => draft.set("event_properties", to)} may={draft.may} />
      </div>
      <Card><p className="soft">A path like <code className="inline-code">address.city</code> reaches inside an object. What is not named here is sent under its own name.</p><SaveBar draft={draft} /></Card>
      {draft.may && <Previews destination={d} settings={draft.draft} />}
    </>
  );
}

function Part({ title, from, value, change, may }: { title: string; from: string; value: NameFilter; change: (to: NameFilter) => void; may: boolean }) {
  const renames = Object.entries(value.rename ?? {});
  const set = (pairs: [string, string][]) => change({ ...value, rename: Object.fromEntries(pairs) });
  const lines = (text: string) => text.split("\n").map((l) => l.trim()).filter(Boolean);
  return (
    <Card title={title}>
      <fieldset disabled={!may}>
        <div className="font-medium mb-1">Renamed</div>
        {renames.map(([a, b], i) => (
          <div key={i} className="flex gap-2 items-center mb-2">
            <input className="field mono" aria-label={from} defaultValue={a} onBlur={(e) => set(renames.map((r, j) => j === i ? [e.target.value.trim(), r[1]] : r))} /><Icon name="chevron" className="soft" />
            <input className="field mono" aria-label="Name in Loops" defaultValue={b} onBlur={(e) => set(renames.map((r, j) => j === i ? [r[0], e.target.value.trim()] : r))} />
            <button type="button" className="button plain small" aria-label={`Remove ${a}`} onClick={() => set(renames.filter((_, j) => j !== i))}><Icon name="close" size={13} /></button>
          </div>
        ))}
        <button type="button" className="button small mb-4" onClick={() => set([...renames, ["", ""]])}><Icon name="plus" size={12} />Add a name</button>
        <Labelled label="Left out" help="One a line; `*` stands for any characters."><textarea className="field mono" rows={3} defaultValue={(value.deny ?? []).join("\n")} onBlur={(e) => { const deny = lines(e.target.value); change({ ...(value.rename ? { rename: value.rename } : {}), ...(deny.length ? { deny } : value.allow ? { allow: value.allow } : {}) }); }} /></Labelled>
        {value.allow && <Notice tone="idle">Only these are sent, as the workspace file says: {value.allow.join(", ")}.</Notice>}
      </fieldset>
    </Card>
  );
}

function Previews({ destination: d, settings }: { destination: Destination; settings: Record<string, unknown> }) {
  const [shown, setShown] = useState<Preview[]>();
  const { run, busy } = useAct();
  const look = () => void run(async () => setShown((await call("POST", `/destinations/${d.id}/preview`, { settings: { ...d.settings, ...settings }, limit: 5 })).data));
  return (
    <Card title="Preview" note="The exact request of recent events, with the settings above; nothing is saved or sent." actions={<button type="button" className="button" disabled={busy} onClick={look}>Preview on recent events</button>}>
      {!shown ? <p className="soft">Press Preview to see what would be sent.</p> : !shown.length ? <Empty title="No recent events">Send a call from a connected source, then preview again.</Empty> : shown.map((p) => (
        <div key={p.position} className="mb-5 last:mb-0">
          <p className="mb-1.5 flex flex-wrap gap-2 items-center"><Tag>{p.type}</Tag><b className="font-medium">{p.event || p.type}</b>{p.changed ? <Tag tone="accent">changed by this draft</Tag> : <Tag>as it is now</Tag>}</p>
          {p.changed ? <div className="grid lg:grid-cols-2 gap-3"><Rendered title="Now" value={p.before} /><Rendered title="With this draft" value={p.after} /></div> : <Rendered value={p.after} />}
        </div>
      ))}
    </Card>
  );
}

function Rendered({ title, value: r }: { title?: string; value: Rendering }) {
  return (
    <div className="min-w-0">
      {title && <div className="soft text-sm mb-1">{title}</div>}
      {r.outcome === "request" ? <><p className="mb-1"><code className="soft break-all">{r.method} {r.url}</code></p><Json value={r.body} label="The request" /></> : <Notice tone={r.outcome === "filtered" ? "idle" : "bad"}>{r.outcome === "filtered" ? "Filtered" : "Refused"}: {r.reason}</Notice>}
      {r.warnings.map((w) => <p key={w} className="text-wait-text text-sm mt-1">{w}</p>)}
    </div>
  );
}
