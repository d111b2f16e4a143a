// The trail of the calls that were just made: received → routed → sent → accepted, newest first.
import { Link } from "react-router-dom";
import { query } from "../lib/http";
import { useGet } from "../lib/hooks";
import { known } from "../lib/states";
import type { EventRow, Source } from "../lib/types";
import { Badge, SOLID, Tag, Waiting } from "../ui/basics";

export function Trails({ source, since }: { source: Source; since: string }) {
  const { data } = useGet(`/events${query({ source: source.id, limit: 12 })}`, { every: 700 });
  const made = data?.data.filter((e) => e.receivedAt >= since);
  if (!made) return <Waiting rows={3} />;
  return (
    <>
      {!made.length && <p className="soft flex items-center gap-2" role="status"><span className="size-2 rounded-full bg-wait pulse" aria-hidden="true" />The SDK is sending …</p>}
      <ol aria-label="Trail" className="space-y-3">{made.map((e) => <Trail key={e.id} event={e} />)}</ol>
    </>
  );
}

function Trail({ event: e }: { event: EventRow }) {
  return (
    <li className="border line rounded-lg px-3.5 py-2.5">
      <div className="flex items-center gap-2"><Tag tone={e.type === "identify" ? "accent" : "good"}>{e.type}</Tag><Link className="link" to={`/events/${e.id}`}>{e.event ?? e.userId ?? "–"}</Link></div>
      <div className="mt-2 space-y-1.5">
        <Stop tone="good">Received by {e.source}</Stop>
        {!e.fates.length && <Stop tone="wait">Waits to be routed</Stop>}
        {e.fates.map((f) => (
          <Stop key={f.destinationId ?? "none"} tone={known(f.state).tone}>
            {f.destination ?? "No destination"} <Badge state={f.state} /> <span className="soft text-sm">{f.reason} {f.destinationId && <Link className="link" to={`/deliveries/${e.id}/${f.destinationId}`}>Its story</Link>}</span>
          </Stop>
        ))}
        {e.fates.some((f) => f.state === "delivered") && <Stop tone="accent">See the {e.type === "identify" ? <Link className="link" to="/loops/audience">contact in the Audience</Link> : <Link className="link" to="/loops/settings/events">event in the Event Log</Link>}</Stop>}
      </div>
    </li>
  );
}

const Stop = ({ tone, children }: { tone: keyof typeof SOLID; children: React.ReactNode }) => <div className="flex gap-2.5 items-start"><span className={`size-2 rounded-full mt-[7px] shrink-0 ${SOLID[tone]} ${tone === "wait" ? "pulse" : ""}`} aria-hidden="true" /><span>{children}</span></div>;
