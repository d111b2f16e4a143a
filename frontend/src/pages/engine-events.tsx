import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router-dom";
import { type Definition, get, type LogRow, type Page } from "../api";
import { Card, Empty, Heading, Json, Notice, number, Time, Trouble, useTitle, Waiting } from "../ui";

export default function EngineEvents() {
  const { row } = useParams();
  useTitle("Events");
  return row ? <Row id={row} /> : <Lists />;
}

function Lists() {
  const [search, setSearch] = useState("");
  const definitions = useQuery({ queryKey: ["definitions"], queryFn: () => get<Page<Definition>>("/engine/event-definitions") });
  const log = useQuery({ queryKey: ["event-log", search], queryFn: () => get<Page<LogRow>>(`/engine/event-log?search=${encodeURIComponent(search)}`) });
  return (
    <>
      <Heading title="Events">Settings of Loops (built-in): event definitions, and the Event Log.</Heading>
      <Card title="Event definitions" pad={false}>
        {!definitions.data ? <Waiting /> : !definitions.data.data.length ? <Empty title="No event yet">The first event of a name defines it.</Empty> : (
          <table><thead><tr><th>Event</th><th>Expected properties</th><th>Received</th><th>Last seen</th></tr></thead><tbody>{definitions.data.data.map((d) => (
            <tr key={d.id}><td className="font-medium">{d.name}</td><td>{d.properties.map((p) => `${p.name}: ${p.type}`).join(", ") || "–"}</td><td className="tabular-nums">{number(d.count)}</td><td><Time at={d.lastSeen} /></td></tr>
          ))}</tbody></table>
        )}
      </Card>
      <Card title="Event Log" pad={false} actions={<input className="field !w-56" type="search" placeholder="Search ( / )" aria-label="Search the Event Log" value={search} onChange={(e) => setSearch(e.target.value)} />}>
        {!log.data ? <Waiting /> : !log.data.data.length ? <Empty title="Nothing here">Events that were processed appear here, with what became of each.</Empty> : (
          <table aria-label="Event Log"><thead><tr><th>Time</th><th>Event</th><th>Contact</th><th>Source</th><th>Result</th><th>Warnings</th></tr></thead><tbody>{log.data.data.map((r) => (
            <tr key={r.id}><td><Time at={r.at} /></td><td><Link className="underline font-medium" to={`/loops/settings/events/${r.id}`}>{r.eventName}</Link></td><td>{r.contact.email}</td><td>{r.source}</td><td>{r.result}</td><td className="tabular-nums">{r.warnings.length || "–"}</td></tr>
          ))}</tbody></table>
        )}
      </Card>
    </>
  );
}

function Row({ id }: { id: string }) {
  const { data, error } = useQuery({ queryKey: ["event-log-row", id], queryFn: () => get<LogRow>(`/engine/event-log/${id}`) });
  if (error) return <Trouble error={error} />;
  if (!data) return <Waiting />;
  return (
    <>
      <Heading title={data.eventName} back={{ to: "/loops/settings/events", label: "Event Log" }}><Time at={data.at} /> · {data.contact.email}</Heading>
      {data.warnings.map((w) => <Notice key={w}>{w}</Notice>)}
      <div className="grid md:grid-cols-2 gap-5 items-start">
        <Card title="Payload as received"><Json value={data.received} /></Card>
        <Card title="As processed"><Json value={data.processed} /></Card>
      </div>
    </>
  );
}
