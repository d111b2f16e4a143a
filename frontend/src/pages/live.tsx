import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, useParams } from "react-router-dom";
import { base, type Delivery, type EventRow, get, type Rejected } from "../api";
import { Badge, Card, Empty, Heading, Json, person, Time, useTitle } from "../ui";

type Entry = { key: string; at: string; kind: "event" | "rejected" | "delivery"; event?: EventRow; rejected?: Rejected; delivery?: Delivery };
const KEPT = 300;

export default function Live({ of }: { of: "source" | "destination" }) {
  const { id = "" } = useParams();
  const { data: owner } = useQuery({ queryKey: [of, id], queryFn: () => get<{ name: string }>(`/${of}s/${id}`) });
  const [entries, setEntries] = useState<Entry[]>([]);
  const [paused, setPaused] = useState(false);
  const [search, setSearch] = useState("");
  const [sampled, setSampled] = useState(0);
  const [connected, setConnected] = useState(false);
  const [open, setOpen] = useState<string>();
  const stopped = useRef(false);
  stopped.current = paused;
  useTitle("Live events");
  useEffect(() => {
    const feed = new EventSource(`${base}/api/v1/live?${of}=${id}`);
    const add = (entry: Entry) => { if (!stopped.current) setEntries((old) => old.some((e) => e.key === entry.key) ? old : [entry, ...old].slice(0, KEPT)); };
    feed.onopen = () => setConnected(true);
    feed.onerror = () => setConnected(false);
    feed.addEventListener("event", (m) => { const event = JSON.parse(m.data) as EventRow; add({ key: `e${event.id}`, at: event.receivedAt, kind: "event", event }); });
    feed.addEventListener("rejected", (m) => { const rejected = JSON.parse(m.data) as Rejected; add({ key: `r${rejected.id}`, at: rejected.at, kind: "rejected", rejected }); });
    feed.addEventListener("delivery", (m) => { const delivery = JSON.parse(m.data) as Delivery; add({ key: `d${delivery.position}${delivery.state}${delivery.attempts}`, at: delivery.at, kind: "delivery", delivery }); });
    feed.addEventListener("sampled", (m) => setSampled((n) => n + JSON.parse(m.data).skipped));
    return () => feed.close();
  }, [of, id]);
  const shown = useMemo(() => entries.filter((e) => !search || JSON.stringify(e).toLowerCase().includes(search.toLowerCase())), [entries, search]);
  return (
    <>
      <Heading title="Live events" back={{ to: `/${of}s/${id}`, label: owner?.name ?? "Back" }} actions={
        <button type="button" className="button" onClick={() => setPaused(!paused)}>{paused ? "Resume" : "Pause"}</button>}>
        <span role="status">{connected ? (paused ? "Paused." : "Listening …") : "Connecting …"}</span>{sampled > 0 && ` ${sampled} more came in than are shown (sampled).`}
      </Heading>
      <input className="field mb-4" type="search" placeholder="Filter ( / )" aria-label="Filter" value={search} onChange={(e) => setSearch(e.target.value)} />
      <Card pad={false}>
        {!shown.length ? <Empty title="Nothing yet">{of === "source" ? "Calls appear here within a second of their arrival, refused ones too." : "Deliveries appear here as they are made."}</Empty> : (
          <table aria-label="Live events">
            <thead><tr><th>Time</th><th>Type</th><th>Event</th><th>Person</th><th>Result</th></tr></thead>
            <tbody>{shown.map((e) => <Line key={e.key} entry={e} open={open === e.key} toggle={() => setOpen(open === e.key ? undefined : e.key)} />)}</tbody>
          </table>
        )}
      </Card>
    </>
  );
}

function Line({ entry, open, toggle }: { entry: Entry; open: boolean; toggle: () => void }) {
  const { event, rejected, delivery } = entry;
  return (
    <>
      <tr className="row" onClick={toggle}>
        <td><Time at={entry.at} /></td>
        {rejected ? <><td colSpan={3}><code>{rejected.path}</code> <span className="soft">{rejected.sdk}</span></td><td><span className="text-red-700 dark:text-red-300 font-medium">{rejected.status} {rejected.reason}</span></td></>
          : delivery ? <><td>{delivery.type}</td><td>{delivery.event || "–"}</td><td>{person(delivery.person)}</td><td><Badge state={delivery.state} /></td></>
          : event ? <><td>{event.type}</td><td>{event.event ?? "–"}</td><td>{person(event.person)}</td><td><span className="text-emerald-700 dark:text-emerald-300">Accepted</span></td></> : null}
      </tr>
      {open && <tr><td colSpan={5}>{delivery ? <Link className="underline" to={`/deliveries/${delivery.position}/${delivery.destination.id}`}>{delivery.reason} Open its story</Link> : <Json value={event?.message ?? rejected} />}</td></tr>}
    </>
  );
}
