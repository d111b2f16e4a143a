// The trail of the calls that were just made: received → routed → sent → accepted, newest first.
import { Link } from "react-router-dom";
import { query } from "../lib/http";
import { useGet } from "../lib/hooks";
import { known } from "../lib/states";
import type { FullContact } from "../lib/engine";
import type { EventRow, LogRow, Source } from "../lib/types";
import { Badge, SOLID, Tag, Waiting } from "../ui/basics";
import { Icon } from "../ui/icons";

export function Trails({ source, since }: { source: Source; since: string }) {
  const { data } = useGet(`/events${query({ source: source.id, limit: 12 })}`, { every: 700 });
  const made = data?.data.filter((e) => e.receivedAt >= since);
  if (!made) return <Waiting rows={3} />;
  const there = made.find((e) => e.fates.some((f) => f.state === "delivered" || f.state === "unchanged"));
  return (
    <>
      {!made.length && <p className="soft flex items-center gap-2" role="status"><span className="size-2 rounded-full bg-wait pulse" aria-hidden="true" />The SDK is sending …</p>}
      {there && <Outcome source={source} event={there} />}
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
      </div>
    </li>
  );
}

/** What Loops (built-in) has of the person now, and what it processed last; nothing where another Loops is connected. */
function Outcome({ source, event }: { source: Source; event: EventRow }) {
  const { data } = useGet(`/trail${query({ message_id: event.messageId, source: source.id })}`, { every: 1500, keep: true });
  const contact = data?.contact as FullContact | null | undefined;
  if (!data || !contact) return null;
  const lists = contact.lists?.filter((l) => l.subscribed) ?? [];
  const log = data.log as unknown as LogRow[];
  return (
    <section aria-label="In Loops (built-in)" className="rounded-lg border border-good bg-good-soft text-good-text px-3.5 py-3 mb-3">
      <h3 className="text-sm font-medium mb-1.5">In Loops (built-in)</h3>
      <p className="flex flex-wrap gap-x-2 gap-y-1 items-center"><Icon name="user" size={14} /><Link className="underline font-semibold break-all" to={`/loops/audience/${contact.id}`}>{contact.email}</Link><span>{[contact.firstName, contact.lastName].filter(Boolean).join(" ")}</span>{lists.map((l) => <Tag key={l.id} tone="accent">{l.name}</Tag>)}</p>
      {log.map((row) => <p key={row.id} className="flex flex-wrap gap-x-2 gap-y-1 items-center mt-1"><Icon name="events" size={14} /><Link className="underline font-semibold" to={`/loops/settings/events/${row.id}`}>{row.eventName}</Link><span>{row.result}</span></p>)}
    </section>
  );
}

const Stop = ({ tone, children }: { tone: keyof typeof SOLID; children: React.ReactNode }) => <div className="flex gap-2.5 items-start"><span className={`size-2 rounded-full mt-[7px] shrink-0 ${SOLID[tone]} ${tone === "wait" ? "pulse" : ""}`} aria-hidden="true" /><span>{children}</span></div>;
