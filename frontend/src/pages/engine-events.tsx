// Settings → Events of Loops (built-in): event definitions, and the Event Log with its payloads.
import { useDeferredValue, useState } from "react";
import { Link, useParams } from "react-router-dom";
import { number } from "../lib/format";
import { query } from "../lib/http";
import { useGet } from "../lib/hooks";
import type { Definition, LogRow, Page } from "../lib/types";
import { Empty, Notice, Time, Trouble, Waiting } from "../ui/basics";
import { Json } from "../ui/code";
import { Search } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const DEFINITIONS: Column<Definition>[] = [
  { id: "name", head: "Event", sort: (d) => d.name, cell: (d) => <span className="font-medium">{d.name}</span> }, { id: "properties", head: "Expected properties", cell: (d) => d.properties.map((p) => `${p.name}: ${p.type}`).join(", ") || "–" },
  { id: "count", head: "Received", num: true, sort: (d) => d.count, cell: (d) => number(d.count) }, { id: "last", head: "Last seen", wide: true, sort: (d) => d.lastSeen ?? "", cell: (d) => <Time at={d.lastSeen} relative /> },
];
const LOG: Column<LogRow>[] = [
  { id: "at", head: "Time", sort: (r) => r.at, cell: (r) => <Time at={r.at} /> }, { id: "event", head: "Event", sort: (r) => r.eventName, cell: (r) => <Link className="link" to={`/loops/settings/events/${r.id}`}>{r.eventName}</Link> },
  { id: "contact", head: "Contact", sort: (r) => r.contact.email, cell: (r) => r.contact.email }, { id: "source", head: "Source", wide: true, cell: (r) => r.source }, { id: "result", head: "Result", wide: true, cell: (r) => r.result }, { id: "warnings", head: "Warnings", num: true, wide: true, cell: (r) => r.warnings.length || "–" },
];

export default function EngineEvents() {
  const { row } = useParams();
  useTitle("Events");
  return row ? <Row id={row} /> : <Lists />;
}

function Lists() {
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed);
  const definitions = useGet<Page<Definition>>("/engine/event-definitions");
  const log = useGet<Page<LogRow>>(`/engine/event-log${query({ search })}`, { keep: true, every: 4000 });
  return (
    <>
      <Heading title="Events">Settings of Loops (built-in): event definitions, and the Event Log.</Heading>
      <Card title="Event definitions" pad={false}><DataTable label="Event definitions" columns={DEFINITIONS} rows={definitions.data?.data} id={(d) => d.id} empty={<Empty title="No event yet">The first event of a name defines it.</Empty>} /></Card>
      <Card title={<span className="flex flex-wrap items-center gap-3">Event Log<Search label="Search the Event Log" value={typed} change={setTyped} className="max-w-xs font-normal" /></span>} pad={false}>
        <DataTable label="Event Log" columns={LOG} rows={log.data?.data} id={(r) => r.id} to={(r) => `/loops/settings/events/${r.id}`} empty={<Empty title="Nothing here">Events that were processed appear here, with what became of each.</Empty>} />
      </Card>
    </>
  );
}

function Row({ id }: { id: string }) {
  const { data, error } = useGet<LogRow>(`/engine/event-log/${id}`);
  if (!data) return error ? <Trouble error={error} /> : <Waiting />;
  return (
    <>
      <Heading title={data.eventName} back={{ to: "/loops/settings/events", label: "Event Log" }}><Time at={data.at} /> · {data.contact.email}</Heading>
      {data.warnings.map((w) => <Notice key={w}>{w}</Notice>)}
      <div className="grid md:grid-cols-2 gap-x-4 items-start"><Card title="Payload as received"><Json value={data.received} /></Card><Card title="As processed"><Json value={data.processed} /></Card></div>
    </>
  );
}
