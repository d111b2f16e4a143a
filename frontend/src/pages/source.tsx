import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import { call, get, type MailingList, type Page, type Source } from "../api";
import { type Place, snippets } from "../snippets";
import { Card, Code, Copy, Empty, Heading, Labelled, number, Tabs, Time, Trouble, useTitle, Waiting } from "../ui";

interface Row { type: string; name: string; count: number; last_seen: string }

export default function SourcePage() {
  const { id = "", tab = "setup" } = useParams();
  const { data: source, error } = useQuery({ queryKey: ["source", id], queryFn: () => get<Source>(`/sources/${id}`) });
  useTitle(source?.name ?? "Source");
  if (error) return <Trouble error={error} />;
  if (!source) return <Waiting />;
  return (
    <>
      <Heading title={source.name} back={{ to: "/sources", label: "Sources" }} actions={<Link className="button" to={`/sources/${id}/live`}>Live events</Link>}>
        {source.type} · {source.last_event_at ? <>last event <Time at={source.last_event_at} /></> : "waiting for the first event …"}
      </Heading>
      <Tabs active={tab} tabs={[{ to: `/sources/${id}/setup`, label: "Setup" }, { to: `/sources/${id}/events`, label: "Events" }, { to: `/sources/${id}/settings`, label: "Settings" }]} />
      {tab === "events" ? <Events id={id} /> : tab === "settings" ? <Settings source={source} /> : <Setup source={source} />}
    </>
  );
}

function Setup({ source }: { source: Source }) {
  const first: Place = { javascript: "Browser", node: "Node", python: "Python", http: "curl" }[source.type] as Place ?? "Browser";
  const [place, setPlace] = useState<Place>(first);
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => get<Page<MailingList>>("/engine/lists"), retry: false });
  return (
    <>
      <Card title="Connect">
        <div className="grid md:grid-cols-2 gap-4">
          <div><div className="soft text-sm">Write key</div><div className="flex gap-2 items-center"><code className="font-mono break-all">{source.write_key}</code><Copy text={source.write_key} /></div></div>
          <div><div className="soft text-sm">Data plane URL</div><div className="flex gap-2 items-center"><code className="font-mono break-all">{source.data_plane_url}</code><Copy text={source.data_plane_url} /></div></div>
        </div>
      </Card>
      <Card title="The three calls" actions={
        <div className="flex gap-1" role="tablist">{(Object.keys(snippets) as Place[]).map((p) => <button key={p} type="button" role="tab" aria-selected={p === place} className={`button !py-1 ${p === place ? "primary" : ""}`} onClick={() => setPlace(p)}>{p}</button>)}</div>}>
        <Code text={snippets[place]({ gateway: source.data_plane_url, key: source.write_key, list: lists.data?.data[0]?.id })} />
        <p className="soft mt-3">identify creates or updates a contact; with <code>mailingLists</code> it subscribes; track sends an event. Call identify before track, so that the event belongs to a contact.</p>
        {!source.last_event_at && <p className="mt-3 font-medium" role="status">Waiting for the first event …</p>}
      </Card>
    </>
  );
}

function Events({ id }: { id: string }) {
  const { data } = useQuery({ queryKey: ["source-events", id], queryFn: () => get<Page<Row>>(`/sources/${id}/events`) });
  return (
    <Card pad={false}>
      {!data ? <Waiting /> : !data.data.length ? <Empty title="No events yet">Copy a snippet from Setup. Calls appear here and under Live events.</Empty> : (
        <table>
          <thead><tr><th>Event type</th><th>Event name</th><th>Count</th><th>Last seen</th></tr></thead>
          <tbody>{data.data.map((r) => <tr key={r.type + r.name}><td>{r.type}</td><td>{r.name || <span className="soft">–</span>}</td><td className="tabular-nums">{number(r.count)}</td><td><Time at={r.last_seen} /></td></tr>)}</tbody>
        </table>
      )}
    </Card>
  );
}

function Settings({ source }: { source: Source }) {
  const [name, setName] = useState(source.name);
  const [error, setError] = useState<unknown>();
  const queries = useQueryClient();
  const go = useNavigate();
  const change = async (body: object) => {
    try { await call("PATCH", `/sources/${source.id}`, body); setError(undefined); await queries.invalidateQueries(); } catch (problem) { setError(problem); }
  };
  const remove = async () => {
    if (!confirm(`Delete the source ${source.name}? Its write key stops working; its events stay.`)) return;
    await call("DELETE", `/sources/${source.id}`); await queries.invalidateQueries({ queryKey: ["sources"] }); go("/sources");
  };
  return (
    <Card title="Settings">
      <Labelled label="Name"><input className="field" value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
      {error !== undefined && <Trouble error={error} />}
      <div className="flex flex-wrap gap-2 mt-3">
        <button type="button" className="button primary" onClick={() => change({ name })}>Save</button>
        <button type="button" className="button" onClick={() => change({ enabled: !source.enabled })}>{source.enabled ? "Disable" : "Enable"}</button>
        <button type="button" className="button" onClick={() => confirm("Make a new write key? The old one stays valid for a week.") && change({ rotate_key: true })}>Rotate write key</button>
        <button type="button" className="button danger" onClick={remove}>Delete</button>
      </div>
    </Card>
  );
}
