// Settings → Events of Loops (built-in): event definitions, made and changed, and the Event Log below.
import { useDeferredValue, useState } from "react";
import { Link, useParams } from "react-router-dom";
import { number } from "../lib/format";
import { api } from "../lib/http";
import { useGet, useList, useMay } from "../lib/hooks";
import type { Definition, LogRow } from "../lib/types";
import { Empty, Tag, Time } from "../ui/basics";
import { Check, Search, Select } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { Started } from "./started";
import { EventEditor } from "./engine-event-editor";
import { LogRowPage } from "./engine-event-row";

const DEFINITIONS: Column<Definition>[] = [
  { id: "name", head: "Event", sort: (d) => d.name, cell: (d) => <span className="font-medium">{d.name}</span> }, { id: "properties", head: "Expected properties", cell: (d) => <span className="inline-flex flex-wrap gap-1">{d.properties.map((p) => <Tag key={p.name}>{p.name}: {p.type}</Tag>)}{!d.properties.length && "–"}</span> },
  { id: "count", head: "Received", num: true, sort: (d) => d.count, cell: (d) => number(d.count) }, { id: "last", head: "Last seen", wide: true, sort: (d) => d.lastSeen ?? "", cell: (d) => <Time at={d.lastSeen} relative /> },
];
const RESULTS: [string, string][] = [["", "Any result"], ["processed", "Processed"], ["refused", "Refused"]];
const LOG: Column<LogRow>[] = [
  { id: "at", head: "Time", sort: (r) => r.at, cell: (r) => <Time at={r.at} /> }, { id: "event", head: "Event", sort: (r) => r.eventName, cell: (r) => <Link className="link break-all" to={`/loops/settings/events/${r.id}`}>{r.eventName}</Link> },
  { id: "contact", head: "Contact", sort: (r) => r.contact.email ?? "", cell: (r) => <span className="break-all">{r.contact.email ?? r.contact.userId ?? "–"}</span> }, { id: "source", head: "Source", wide: true, cell: (r) => r.source }, { id: "result", head: "Result", cell: (r) => r.result === "refused" ? <span title={r.warnings[0]}><Tag tone="bad">refused</Tag></span> : r.result }, { id: "warnings", head: "Notes", num: true, wide: true, cell: (r) => r.warnings.length ? <Tag tone="wait">{r.warnings.length}</Tag> : "–" },
];

export default function EngineEvents() {
  const { row } = useParams();
  useTitle("Events");
  return row ? <LogRowPage id={row} /> : <Lists />;
}

function Lists() {
  const [editing, setEditing] = useState<Definition | "new">();
  const definitions = useGet("/engine/event-definitions", { every: 5000 });
  const may = useMay("editor");
  return (
    <>
      <Heading title="Events" actions={may && <button type="button" className="button primary" onClick={() => setEditing("new")}>New event</button>}>Settings of Loops (built-in): event definitions, and the Event Log.</Heading>
      <Card title="Event definitions" pad={false}><DataTable label="Event definitions" columns={DEFINITIONS} rows={definitions.data?.data} id={(d) => d.id} open={may ? setEditing : undefined} empty={<Empty title="No event yet" actions={<Started />}>The first event of a name defines it: <code className="inline-code">rudderanalytics.track("newUser", {`{ plan: "Pro Annual" }`})</code>. Or define it before, with New event.</Empty>} /></Card>
      <Log names={(definitions.data?.data ?? []).map((d) => d.name)} />
      {editing && <EventEditor definition={editing === "new" ? undefined : editing} close={() => setEditing(undefined)} />}
    </>
  );
}

function Log({ names }: { names: string[] }) {
  const [typed, setTyped] = useState("");
  const [event, setEvent] = useState("");
  const [noted, setNoted] = useState(false);
  const [result, setResult] = useState("");
  const search = useDeferredValue(typed);
  const { rows, more, busy } = useList("/engine/event-log", { search, event, noted: noted ? "true" : undefined, result: result || undefined }, "cursor", 4000);
  return (
    <Card pad={false} title="Event Log" note="Kept 30 days by default." actions={<a className="button small" href={`${api}/engine/export/event-log.jsonl`} download>Export</a>}>
      <div className="flex flex-wrap items-center gap-3 px-4 py-2.5 border-b line"><Search label="Search the Event Log" placeholder="Search by event, email or user ID" value={typed} change={setTyped} className="max-w-xs" /><Select label="Event" value={event} options={[["", "All events"], ...names.map((n): [string, string] => [n, n])]} change={setEvent} /><Select label="Result" value={result} options={RESULTS} change={setResult} /><Check label="Only with notes" checked={noted} change={setNoted} /></div>
      <DataTable label="Event Log" columns={LOG} rows={rows} id={(r) => r.id} to={(r) => `/loops/settings/events/${r.id}`} more={more} busy={busy} empty={<Empty title={search || event || noted || result ? "Nothing is found" : "Nothing here"}>Events that were processed appear here, with what became of each; calls that were refused, with the reason.</Empty>} />
    </Card>
  );
}
