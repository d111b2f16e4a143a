// The editor of an event's definition: its name, and its properties with their types.
import { type FormEvent, useState } from "react";
import { call } from "../lib/http";
import { useAct } from "../lib/hooks";
import type { Definition } from "../lib/types";
import { Dialog } from "../ui/dialog";
import { Labelled, Select } from "../ui/fields";
import { Icon } from "../ui/icons";
import { TYPES } from "./engine-api";

type Row = Definition["properties"][number] & { key: number };

export function EventEditor({ definition: d, close }: { definition?: Definition; close: () => void }) {
  const [name, setName] = useState(d?.name ?? "");
  const [rows, setRows] = useState<Row[]>((d?.properties ?? []).map((p, key) => ({ key, ...p })));
  const { run, busy } = useAct();
  const set = (key: number, to: Partial<Row>) => setRows(rows.map((r) => (r.key === key ? { ...r, ...to } : r)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const properties = rows.filter((r) => r.name.trim()).map((r) => ({ name: r.name.trim(), type: r.type }));
    void run(async () => { await (d ? call("PUT", `/engine/event-definitions/${d.id}`, { properties }) : call("POST", "/engine/event-definitions", { name, properties })); close(); }, "Saved. It holds for events that come from now on.");
  };
  return (
    <Dialog title={d ? d.name : "New event"} close={close}><form onSubmit={submit}>
      {!d && <Labelled label="Name" help="Exactly as it is sent: upper and lower case count."><input className="field" required maxLength={498} autoFocus value={name} onChange={(e) => setName(e.target.value)} /></Labelled>}
      <p className="font-medium mb-2">Event properties</p>
      {rows.map((r) => <div key={r.key} className="flex gap-2 mb-2"><input className="field mono" aria-label="Property name" placeholder="plan" maxLength={498} value={r.name} onChange={(e) => set(r.key, { name: e.target.value })} /><Select label={`Type of ${r.name || "the property"}`} value={r.type} options={TYPES} change={(type) => set(r.key, { type })} /><button type="button" className="button plain small" aria-label={`Remove ${r.name || "the property"}`} onClick={() => setRows(rows.filter((x) => x.key !== r.key))}><Icon name="trash" size={14} /></button></div>)}
      <button type="button" className="button small" onClick={() => setRows([...rows, { key: Math.max(-1, ...rows.map((r) => r.key)) + 1, name: "", type: "string" }])}>+ Add event property</button>
      <div className="flex justify-end gap-2 mt-5"><button type="button" className="button" onClick={close}>Cancel</button><button type="submit" className="button primary" disabled={busy || !(d || name.trim())}>Save</button></div>
    </form></Dialog>
  );
}
