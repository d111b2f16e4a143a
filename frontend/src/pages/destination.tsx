import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import { call, type CatalogType, type Delivery, type Destination, get, type Page, type Source } from "../api";
import { Badge, Card, Empty, Figure, Heading, Labelled, Notice, number, person, Tabs, Time, Trouble, useTitle, Waiting } from "../ui";
import { type Settings, SettingsForm } from "./form";

interface Row { type: string; name: string; delivered: number; last_delivered: string | null; failed: number; last_failed: string | null }
interface Reason { code: string; sentence: string; count: number; sample: { position: number } }

export default function DestinationPage() {
  const { id = "", tab = "events" } = useParams();
  const queries = useQueryClient();
  const { data: d, error } = useQuery({ queryKey: ["destination", id], queryFn: () => get<Destination>(`/destinations/${id}`) });
  useTitle(d?.name ?? "Destination");
  if (error) return <Trouble error={error} />;
  if (!d) return <Waiting />;
  const act = async (what: string) => { await call("POST", `/destinations/${id}/${what}`); await queries.invalidateQueries(); };
  const halted = d.health.state === "paused" || d.health.state === "down";
  return (
    <>
      <Heading title={<span className="inline-flex items-center gap-3">{d.name} <Badge state={d.health.state} /></span>} back={{ to: "/destinations", label: "Destinations" }} actions={<>
        {halted ? <button type="button" className="button primary" onClick={() => act("resume")}>Try again now</button> : d.enabled && <button type="button" className="button" onClick={() => act("pause")}>Pause</button>}
        <Link className="button" to={`/destinations/${id}/live`}>Live events</Link></>}>
        {d.settings.base_url === "builtin" ? "Loops (built-in)" : d.label}
      </Heading>
      {halted && <Notice tone="red">{d.health.reason}</Notice>}
      {d.warnings.map((w) => <Notice key={w}>{w}</Notice>)}
      <Tabs active={tab} tabs={["Events", "Configuration", "Sources"].map((label) => ({ to: `/destinations/${id}/${label.toLowerCase()}`, label }))} />
      {tab === "configuration" ? <Configuration destination={d} /> : tab === "sources" ? <Sources destination={d} /> : <Events destination={d} />}
    </>
  );
}

function Events({ destination: d }: { destination: Destination }) {
  const [open, setOpen] = useState<Row>();
  const { data } = useQuery({ queryKey: ["destination-events", d.id], queryFn: () => get<Page<Row>>(`/destinations/${d.id}/events`) });
  const tried = d.counts.delivered + d.counts.dead;
  return (
    <>
      <div className="flex flex-wrap gap-3 mb-5">
        <Figure label="Delivered" value={number(d.counts.delivered)} tone="green" />
        <Figure label="Failed" value={<>{number(d.counts.dead)} <span className="soft text-base">{tried ? `${((d.counts.dead / tried) * 100).toFixed(1)} %` : ""}</span></>} tone={d.counts.dead ? "red" : undefined} />
        <Figure label="Waiting" value={number(d.counts.waiting + d.counts.sending + d.counts.retrying)} />
        <Figure label="Filtered" value={number(d.counts.filtered)} />
      </div>
      <Card title="Event details" pad={false}>
        {!data ? <Waiting /> : !data.data.length ? <Empty title="Nothing was sent yet">Send a call from a connected source.</Empty> : (
          <table>
            <thead><tr><th>Event name</th><th>Event type</th><th>Successful deliveries</th><th>Last successful delivery</th><th>Failures</th><th>Last failure</th></tr></thead>
            <tbody>{data.data.map((r) => (
              <tr key={r.type + r.name} className="row" onClick={() => setOpen(open === r ? undefined : r)}>
                <td><button type="button" className="underline font-medium">{r.name || r.type}</button></td><td>{r.type}</td><td className="tabular-nums">{number(r.delivered)}</td><td><Time at={r.last_delivered} /></td>
                <td className={`tabular-nums ${r.failed ? "text-red-700 dark:text-red-300 font-semibold" : ""}`}>{number(r.failed)}</td><td><Time at={r.last_failed} /></td></tr>
            ))}</tbody>
          </table>
        )}
      </Card>
      {open && <Deliveries id={d.id} row={open} />}
    </>
  );
}

function Deliveries({ id, row }: { id: string; row: Row }) {
  const [failed, setFailed] = useState(row.failed > 0);
  const query = new URLSearchParams({ type: row.type, name: row.name, ...(failed ? { state: "dead" } : {}) });
  const { data } = useQuery({ queryKey: ["deliveries", id, String(query)], queryFn: () => get<Page<Delivery>>(`/destinations/${id}/deliveries?${query}`) });
  const reasons = useQuery({ queryKey: ["reasons", id], queryFn: () => get<Page<Reason>>(`/destinations/${id}/reasons`), enabled: failed });
  return (
    <Card title={`${row.name || row.type}: ${failed ? "errors" : "deliveries"}`} pad={false} actions={<label className="flex gap-2 items-center"><input type="checkbox" checked={failed} onChange={(e) => setFailed(e.target.checked)} />Failed only</label>}>
      {failed && reasons.data && <ul className="px-4 py-3 border-b line space-y-1">{reasons.data.data.map((r) => <li key={r.code}><b className="tabular-nums">{number(r.count)}</b> × <code>{r.code}</code> <span className="soft">{r.sentence}</span></li>)}</ul>}
      {!data ? <Waiting /> : <DeliveryTable rows={data.data} />}
    </Card>
  );
}

export function DeliveryTable({ rows }: { rows: Delivery[] }) {
  const go = useNavigate();
  if (!rows.length) return <Empty title="None" />;
  return (
    <table aria-label="Deliveries">
      <thead><tr><th>Status</th><th>Person</th><th>Event</th><th>Time</th><th>Attempts</th><th>Reason</th></tr></thead>
      <tbody>{rows.map((r) => (
        <tr key={`${r.position}${r.destination.id}`} className="row" onClick={() => go(`/deliveries/${r.position}/${r.destination.id}`)}>
          <td><Badge state={r.state} /></td><td>{person(r.person)}</td><td><Link className="underline" to={`/deliveries/${r.position}/${r.destination.id}`}>{r.event || r.type}</Link></td>
          <td><Time at={r.at} /></td><td className="tabular-nums">{r.attempts}</td><td className="soft max-w-md">{r.reason}</td></tr>
      ))}</tbody>
    </table>
  );
}

function Configuration({ destination: d }: { destination: Destination }) {
  const { data } = useQuery({ queryKey: ["catalog", ""], queryFn: () => get<Page<CatalogType>>("/catalog") });
  const [settings, setSettings] = useState<Settings>(d.settings);
  const [name, setName] = useState(d.name);
  const [told, setTold] = useState<{ ok: boolean; message: string }>();
  const [error, setError] = useState<unknown>();
  const queries = useQueryClient();
  const go = useNavigate();
  const fields = data?.data.find((t) => t.type === d.type)?.fields;
  if (!fields) return <Waiting />;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await call("PATCH", `/destinations/${d.id}`, { name, settings });
      setTold(await call("POST", `/destinations/${d.id}/test`)); setError(undefined);
      await queries.invalidateQueries();
    } catch (problem) { setError(problem); }
  };
  const enable = async () => { await call("PATCH", `/destinations/${d.id}`, { enabled: !d.enabled }); await queries.invalidateQueries(); };
  const remove = async () => {
    if (!confirm(`Delete ${d.name}? What waits for it becomes failed events.`)) return;
    await call("DELETE", `/destinations/${d.id}`); await queries.invalidateQueries({ queryKey: ["destinations"] }); go("/destinations");
  };
  return (
    <Card title="Configuration">
      <form onSubmit={save}>
        <Labelled label="Name"><input className="field" value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
        <SettingsForm fields={fields} value={settings} change={setSettings} />
        {told && <Notice tone={told.ok ? "green" : "red"}>Saved. {told.message}</Notice>}
        {error !== undefined && <div className="mb-4"><Trouble error={error} /></div>}
        <div className="flex flex-wrap gap-2"><button type="submit" className="button primary">Save</button>
          <button type="button" className="button" onClick={enable}>{d.enabled ? "Disable (the queue is kept)" : "Enable"}</button>
          <button type="button" className="button danger" onClick={remove}>Delete</button></div>
      </form>
    </Card>
  );
}

function Sources({ destination: d }: { destination: Destination }) {
  const { data } = useQuery({ queryKey: ["sources"], queryFn: () => get<Page<Source>>("/sources") });
  const queries = useQueryClient();
  const toggle = async (source: Source, on: boolean) => { await call(on ? "POST" : "DELETE", "/connections", { source_id: source.id, destination_id: d.id }); await queries.invalidateQueries(); };
  return (
    <Card title="Sources">
      {data?.data.map((s) => <label key={s.id} className="flex gap-2 items-center py-1"><input type="checkbox" checked={d.sources.some((x) => x.id === s.id)} onChange={(e) => toggle(s, e.target.checked)} />{s.name}</label>)}
      <p className="soft mt-2">A connection takes events from the moment it is made.</p>
    </Card>
  );
}
