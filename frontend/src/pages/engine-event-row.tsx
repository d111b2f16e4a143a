// One row of the Event Log: as received and as processed, what is to be said about it, and what came of it.
import { Link } from "react-router-dom";
import type { LogEntry, Note } from "../lib/engine";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { Tone } from "../lib/states";
import { Badge, Empty, Tag, Time, Trouble, Waiting } from "../ui/basics";
import { Json } from "../ui/code";
import { Rich } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";

const SAID: Record<string, [label: string, tone: Tone]> = {
  ignored: ["Ignored", "wait"], near: ["Nearly known", "wait"], undefined: ["Not defined", "wait"], converted: ["Converted", "idle"], kept: ["Not converted", "wait"], list: ["Mailing list", "wait"], defined: ["New event", "idle"], refused: ["Refused", "bad"],
};

export function LogRowPage({ id }: { id: string }) {
  const { data, error } = useGet(`/engine/event-log/${id}`, { every: 4000 });
  useTitle(data?.eventName ?? "Event Log");
  if (!data) return error ? <Trouble error={error} /> : <Waiting />;
  const refused = data.result === "refused";
  return (
    <>
      <Heading title={<span className="break-all">{data.eventName}</span>} back={{ to: "/loops/settings/events", label: "Event Log" }}><Time at={data.at} /> · {data.contact.id ? <Link className="link" to={`/loops/audience/${data.contact.id}`}>{data.contact.email}</Link> : data.contact.email ?? data.contact.userId ?? "nobody"} · {data.source} · {data.result}</Heading>
      {data.notes.length > 0 && <Card title={refused ? "Why it was refused" : "Notes"} note={refused ? "Nothing was changed." : "What was not taken as it came."} pad={false}><ul>{data.notes.map((n, i) => <NoteLine key={i} note={n} event={data.eventName} />)}</ul></Card>}
      {!refused && <Came entry={data} />}
      <div className={refused ? "" : "grid md:grid-cols-2 gap-x-4 items-start"}><Card title="Payload as received"><Json value={data.received} label="Payload as received" /></Card>{!refused && <Card title="As processed"><Json value={data.processed} label="As processed" /></Card>}</div>
    </>
  );
}

function NoteLine({ note: n, event }: { note: Note; event: string }) {
  const { run, busy } = useAct();
  const may = useMay("editor");
  const [label, tone] = SAID[n.kind] ?? [n.kind, "idle"];
  const define = () => void run(() => call("POST", "/engine/define", { ...n.define!, event }), `${n.define!.name} is defined. The next event uses it.`);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5 border-b line last:border-0">
      <Tag tone={tone}>{label}</Tag><span className="grow basis-64 min-w-0 break-words"><Rich text={n.text} /></span>
      {may && n.define && <button type="button" className="button small" disabled={busy} onClick={define}>Define {n.define.name} ({n.define.type})</button>}
    </li>
  );
}

function Came({ entry }: { entry: LogEntry }) {
  return (
    <Card title="What came of it" pad={false}>
      {!entry.workflows.length && !entry.emails.length && <Empty title="No workflow waits for this event">A workflow with the trigger “Event received” starts with it.</Empty>}
      <ul>
        {entry.workflows.map((w) => <li key={w.id} className="flex flex-wrap items-center gap-3 px-4 py-2.5 border-b line last:border-0"><Badge tone={w.started ? "good" : "idle"}>{w.started ? "Started" : "Not started"}</Badge><Link className="link" to={`/loops/workflows/${w.id}`}>{w.name || w.id}</Link><span className="soft">{w.why}</span></li>)}
        {entry.emails.map((e) => <li key={e.id} className="flex flex-wrap items-center gap-3 px-4 py-2.5 border-b line last:border-0"><Badge tone={["sent", "delivered"].includes(e.state) ? "good" : ["queued", "sending"].includes(e.state) ? "wait" : "bad"}>{e.state}</Badge><span>{e.subject || "Email"} → {e.email}</span><span className="soft">{e.why}</span></li>)}
      </ul>
    </Card>
  );
}
