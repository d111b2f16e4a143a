// One event: what was called, and what became of it at every destination.
import { Link, useParams } from "react-router-dom";
import { person } from "../lib/format";
import { useGet } from "../lib/hooks";
import { Badge, Copy, Empty, Time, Trouble, Waiting } from "../ui/basics";
import { Json } from "../ui/code";
import { Card, Heading, useTitle } from "../ui/page";

export default function EventPage() {
  const { position = "" } = useParams();
  const { data: e, error } = useGet(`/events/${position}`, { every: 4000 });
  useTitle(e?.event ?? e?.type ?? "Event");
  if (!e) return error ? <Trouble error={error} /> : <Waiting />;
  return (
    <>
      <Heading title={e.event ?? e.type ?? "Event"} back={{ to: "/sources", label: "Sources" }} actions={<Copy text={location.href} label="Share link" />}>
        {e.type} of {e.person ? <Link className="link" to={`/people/${encodeURIComponent(e.person)}`}>{person(e.person)}</Link> : "nobody"} · {e.source} · <Time at={e.receivedAt} />
      </Heading>
      <Card title="What became of it" pad={false}>
        {!e.fates.length ? <Empty title="Not decided yet">It is routed in a moment.</Empty> : (
          <ul>{e.fates.map((f) => (
            <li key={f.destinationId ?? "none"} className="flex flex-wrap gap-3 items-center px-4 py-3 border-b line last:border-0">
              <span className="font-medium min-w-32">{f.destination ?? "No destination"}</span><Badge state={f.state} /><span className="soft grow basis-64">{f.reason}</span>
              {f.destinationId && <Link className="link" to={`/deliveries/${e.id}/${f.destinationId}`}>Its story</Link>}
            </li>
          ))}</ul>
        )}
      </Card>
      <Card title="The event"><Json tall value={e.message ?? null} label="The event" /></Card>
    </>
  );
}
