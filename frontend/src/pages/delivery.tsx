import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router-dom";
import { type Attempt, type Delivery, get } from "../api";
import { Badge, Card, Heading, Json, Code, Notice, person, Time, Trouble, useTitle, Waiting } from "../ui";

interface Story { delivery: Delivery; message: unknown; attempts: Attempt[] }
const KINDS: Record<string, string> = { delivery: "Request", question: "Question", preparation: "Preparation" };

export default function DeliveryPage() {
  const { position = "", destination = "" } = useParams();
  const { data, error } = useQuery({ queryKey: ["story", position, destination], queryFn: () => get<Story>(`/events/${position}/deliveries/${destination}`) });
  useTitle("Delivery");
  if (error) return <Trouble error={error} />;
  if (!data) return <Waiting />;
  const { delivery: d, message, attempts } = data;
  return (
    <>
      <Heading title={<span className="inline-flex items-center gap-3">{d.event || d.type} <Badge state={d.state} /></span>} back={{ to: `/destinations/${d.destination.id}`, label: d.destination.name }}>
        {person(d.person)} · from {d.source.name} · <Time at={d.received_at} />
      </Heading>
      <Notice tone={d.state === "dead" ? "red" : d.state === "delivered" ? "green" : ["filtered", "unchanged"].includes(d.state) ? "grey" : "amber"}>
        <b>{d.reason}</b> <code className="opacity-80">{d.code}</code>{d.next_at && <> Next attempt: <Time at={d.next_at} />.</>}
      </Notice>
      {d.warnings.map((w) => <Notice key={w}>{w}</Notice>)}
      {attempts.map((a) => (
        <Card key={`${a.at}${a.number}`} title={<>{KINDS[a.kind] ?? a.kind} at <Time at={a.at} />: {a.outcome}</>}>
          <p className="mb-2"><code className="font-mono break-all">{a.method} {a.url}</code> <span className="soft">→ {a.status ?? a.error} in {a.duration_ms} ms</span></p>
          <div className="grid md:grid-cols-2 gap-4">
            <div><div className="soft text-sm mb-1">Request (secrets masked)</div><Json value={{ headers: a.headers, body: a.body }} /></div>
            <div><div className="soft text-sm mb-1">Answer</div><Code text={pretty(a.answer ?? a.error ?? "")} /></div>
          </div>
        </Card>
      ))}
      {!attempts.length && <Card>No request was made{d.attempts > 0 ? " that is still kept" : ""}.</Card>}
      <Card title="The event"><Json value={message} /></Card>
    </>
  );
}

function pretty(text: string): string { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } }
