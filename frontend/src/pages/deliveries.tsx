// Single deliveries as a table: state, person, event, time, attempts, reason.
import { Link } from "react-router-dom";
import { person } from "../lib/format";
import type { Delivery } from "../lib/types";
import { Badge, Empty, Time } from "../ui/basics";
import { Rich } from "../ui/fields";
import { type Column, DataTable } from "../ui/table";

const COLUMNS: Column<Delivery>[] = [
  { id: "state", head: "Status", sort: (d) => d.state, cell: (d) => <Badge state={d.state} /> },
  { id: "person", head: "Person", sort: (d) => d.person, cell: (d) => <span className="break-all">{person(d.person)}</span> },
  { id: "event", head: "Event", sort: (d) => d.event || d.type, cell: (d) => <Link className="link" to={storyOf(d)}>{d.event || d.type}</Link> },
  { id: "at", head: "Time", sort: (d) => d.at, cell: (d) => <Time at={d.at} /> },
  { id: "attempts", head: "Attempts", num: true, wide: true, sort: (d) => d.attempts, cell: (d) => d.attempts },
  { id: "reason", head: "Reason", wide: true, cell: (d) => <span className="soft line-clamp-2 max-w-md" title={d.reason}><Rich text={d.reason} /></span> },
];
const WHERE: Column<Delivery> = { id: "where", head: "Destination", wide: true, sort: (d) => d.destination.name, cell: (d) => d.destination.name };

const storyOf = (d: Delivery): string => `/deliveries/${d.position}/${d.destination.id}`;

export function Deliveries({ rows, more, busy, everywhere = false, empty }: { rows: Delivery[] | undefined; more?: () => void; busy?: boolean; everywhere?: boolean; empty?: React.ReactNode }) {
  const columns = everywhere ? [COLUMNS[0]!, WHERE, ...COLUMNS.slice(1)] : COLUMNS;
  return <DataTable label="Deliveries" columns={columns} rows={rows} id={(d) => `${d.position}.${d.destination.id}`} to={storyOf} more={more} busy={busy} empty={empty ?? <Empty title="None">No delivery is in this state.</Empty>} />;
}
