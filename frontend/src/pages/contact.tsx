// One contact of Loops (built-in): properties edited, lists toggled, subscribed, what they did and were sent.
import { type FormEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import { type FullContact, type Property, type Sent, typed } from "../lib/engine";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { LogRow } from "../lib/types";
import { Badge, Empty, Notice, Time, Trouble, Waiting } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Check } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { ContactLine } from "./contact-line";

const EVENTS: Column<LogRow>[] = [
  { id: "at", head: "Time", cell: (e) => <Time at={e.at} /> }, { id: "name", head: "Event", cell: (e) => <Link className="link" to={`/loops/settings/events/${e.id}`}>{e.eventName}</Link> }, { id: "warnings", head: "Notes", num: true, cell: (e) => e.warnings.length || "–" },
];
const EMAILS: Column<Sent>[] = [
  { id: "at", head: "Time", cell: (e) => <Time at={e.at} /> }, { id: "subject", head: "Subject", cell: (e) => e.subject || <span className="soft">(not written yet)</span> }, { id: "kind", head: "Kind", wide: true, cell: (e) => e.kind },
  { id: "state", head: "State", cell: (e) => <span title={e.why}>{e.state}{e.why && <span className="soft text-sm block">{e.why}</span>}</span> }, { id: "opens", head: "Opened", num: true, cell: (e) => e.opens || "–" }, { id: "clicks", head: "Clicked", num: true, cell: (e) => e.clicks || "–" },
];

export default function ContactPage() {
  const { id = "" } = useParams();
  const { data: c, error } = useGet(`/engine/contacts/${id}`, { every: 5000 });
  const properties = useGet("/engine/properties").data?.data;
  useTitle(c?.email ?? "Contact");
  if (!c || !properties) return error ? <Trouble error={error} /> : <Waiting />;
  return (
    <>
      <Heading title={<span className="break-all">{c.email}</span>} back={{ to: "/loops/audience", label: "Audience" }} actions={<Actions contact={c} />}>Created <Time at={c.createdAt} /> · source {c.source}{c.optInStatus && <> · double opt-in {c.optInStatus}</>}</Heading>
      {c.suppressed && <Suppressed contact={c} />}
      <Edit key={c.id} contact={c} properties={properties} />
      <Card title="Events" pad={false}><DataTable label="Events" columns={EVENTS} rows={c.events ?? []} id={(e) => e.id} to={(e) => `/loops/settings/events/${e.id}`} empty={<Empty title="No events yet">A track call of this person appears here.</Empty>} /></Card>
      <Card title="Emails" pad={false}><DataTable label="Emails" columns={EMAILS} rows={c.emails} id={(e) => e.id} empty={<Empty title="No mail yet">What is sent to this address, or why it was not, appears here.</Empty>} /></Card>
    </>
  );
}

function Actions({ contact: c }: { contact: FullContact }) {
  const { run, busy } = useAct();
  const go = useNavigate();
  const may = useMay("editor");
  const remove = async () => { if (await confirm({ title: `Delete ${c.email}?`, body: "Their properties and lists are gone for good.", action: "Delete", danger: true }) && await run(() => call("DELETE", `/engine/contacts/${c.id}`), "Deleted.")) go("/loops/audience"); };
  return <><Link className="button" to={`/people/${encodeURIComponent(c.userId ?? c.email)}`}>Their calls</Link>{may && <button type="button" className="button danger" disabled={busy} onClick={remove}>Delete</button>}</>;
}

function Suppressed({ contact: c }: { contact: FullContact }) {
  const { run, busy } = useAct();
  const may = useMay("editor");
  return <Notice tone="bad" actions={may && <button type="button" className="button small" disabled={busy} onClick={() => void run(() => call("DELETE", `/engine/contacts/${c.id}/suppression`), "Mail is sent again.")}>Take off</button>}><b className="font-semibold">Suppressed:</b> nothing is sent to this address, because {c.suppressed}</Notice>;
}

const FIXED = ["createdAt", "subscribed"];

function Edit({ contact: c, properties }: { contact: FullContact; properties: Property[] }) {
  const stored = (p: Property) => { const value = p.custom ? c.properties[p.key] : (c as unknown as Record<string, unknown>)[p.key]; return value === null || value === undefined ? "" : String(value); };
  const [draft, setDraft] = useState<Record<string, string>>({});
  const [lists, setLists] = useState<Record<string, boolean>>({});
  const [subscribed, setSubscribed] = useState<boolean>();
  const [told, setTold] = useState<string[]>([]);
  const { run, busy } = useAct();
  const may = useMay("editor");
  const changed = Object.keys(draft).length + Object.keys(lists).length > 0 || subscribed !== undefined;
  const save = (trigger: boolean) => void run(async () => {
    const values: Record<string, unknown> = Object.fromEntries(properties.filter((p) => draft[p.key] !== undefined).map((p) => [p.key, typed(p.type, draft[p.key]!)]));
    if (subscribed !== undefined) values.subscribed = subscribed;
    const saved = await call("PATCH", `/engine/contacts/${c.id}`, { properties: values, lists, trigger });
    setTold(saved.warnings); setDraft({}); setLists({}); setSubscribed(undefined);
  }, trigger ? "Saved, and workflows were told." : "Saved.");
  const submit = (event: FormEvent) => { event.preventDefault(); save(false); };
  const on = subscribed ?? c.subscribed;
  return (
    <form onSubmit={submit}><fieldset disabled={!may}>
      {told.map((w) => <Notice key={w}>{w}</Notice>)}
      <div className="grid md:grid-cols-[3fr_2fr] md:grid-rows-[auto_1fr] gap-x-4 items-start">
        <Card title="Properties" pad={false}><table aria-label="Properties"><tbody>
          {properties.filter((p) => !FIXED.includes(p.key)).map((p) => (
            <tr key={p.key}><td className="soft w-44"><label htmlFor={`p-${p.key}`}>{p.label}</label></td><td><Field property={p} value={draft[p.key] ?? stored(p)} set={(to) => setDraft({ ...draft, [p.key]: to })} /></td></tr>
          ))}
        </tbody></table></Card>
        <div className="md:row-span-2"><Card title="Subscribed">
          <Check label={<>Subscribed {!on && <Badge tone="idle">Gets transactional mail only</Badge>}</>} checked={on} change={setSubscribed} />
          <div className="border-t line mt-3 pt-3 font-medium">Mailing lists</div>
          {c.lists?.map((l) => <Check key={l.id} label={l.name} disabled={!on} checked={lists[l.id] ?? l.subscribed} change={(to) => setLists({ ...lists, [l.id]: to })} />)}
          {!c.lists?.length && <p className="soft">There is no list yet.</p>}
        </Card><ContactLine moments={c.timeline} /></div>
        {may && <div className="flex flex-wrap gap-2 mb-4"><button type="submit" className="button primary" disabled={busy || !changed}>Save changes</button><button type="button" className="button" disabled={busy || !changed} onClick={() => save(true)}>Save and trigger</button>{changed && <button type="button" className="button plain" onClick={() => { setDraft({}); setLists({}); setSubscribed(undefined); }}>Undo</button>}</div>}
      </div>
    </fieldset></form>
  );
}

function Field({ property: p, value, set }: { property: Property; value: string; set: (to: string) => void }) {
  const common = { id: `p-${p.key}`, className: "field", value, onChange: (e: { target: { value: string } }) => set(e.target.value) };
  if (p.type === "boolean") return <select {...common}><option value="">–</option><option value="true">true</option><option value="false">false</option></select>;
  if (p.type === "number") return <input {...common} type="number" step="any" />;
  return <input {...common} type={p.key === "email" ? "email" : "text"} placeholder={p.type === "date" ? "2026-01-31 or 2026-01-31T12:00Z" : ""} required={p.key === "email"} />;
}
