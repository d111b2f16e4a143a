// Live events of a destination: every delivery as it is decided.
import { useState } from "react";
import { Link, useParams } from "react-router-dom";
import { person } from "../lib/format";
import { useGet } from "../lib/hooks";
import { useLive } from "../lib/live";
import type { Delivery } from "../lib/types";
import { Badge, Empty } from "../ui/basics";
import type { Column } from "../ui/table";
import { At, type Entry, LiveTable, useEntries } from "./live";

interface Made extends Entry { delivery: Delivery }

const COLUMNS: Column<Made>[] = [
  { id: "at", head: "Time", cell: (m) => <At at={m.at} /> },
  { id: "type", head: "Event type", wide: true, cell: (m) => m.delivery.type },
  { id: "event", head: "Event name", cell: (m) => m.delivery.event || m.delivery.type, className: "font-medium" },
  { id: "person", head: "Person", cell: (m) => person(m.delivery.person) },
  { id: "state", head: "Status", cell: (m) => <Badge state={m.delivery.state} /> },
  { id: "reason", head: "Reason", wide: true, cell: (m) => <span className="soft line-clamp-1">{m.delivery.reason}</span> },
];

export default function LiveDestination() {
  const { id = "" } = useParams();
  const { data: destination } = useGet(`/destinations/${id}`);
  const feed = useEntries<Made>();
  const [sampled, setSampled] = useState(0);
  const listening = useLive("/live", { destination: id }, {
    delivery: (d: Delivery) => feed.add({ key: `${d.position}.${d.state}.${d.attempts}`, at: d.at, text: JSON.stringify(d), delivery: d }),
    sampled: (more: { skipped: number }) => setSampled((n) => n + more.skipped),
  });
  return (
    <LiveTable feed={feed} listening={listening} sampled={sampled} back={{ to: `/destinations/${id}`, label: destination?.name ?? "Destination" }} columns={COLUMNS}
      detail={({ delivery: d }) => <p>{d.reason} <Link className="link" to={`/deliveries/${d.position}/${d.destination.id}`}>Open its story</Link></p>}
      empty={<Empty title="Nothing yet">Deliveries appear here as they are made. Send a call from a connected source, or <Link className="link" to="/try">try it here</Link>.</Empty>} />
  );
}
