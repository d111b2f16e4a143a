// Events of a source: the graph, and the table Event type, Event name, Count, Last seen.
import { useState } from "react";
import { Link } from "react-router-dom";
import { number } from "../lib/format";
import { useGet } from "../lib/hooks";
import type { SourceEventRow } from "../lib/types";
import { Empty, Tag, Time } from "../ui/basics";
import { Search } from "../ui/fields";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { EventGraph } from "./charts";

const COLUMNS: Column<SourceEventRow>[] = [
  { id: "type", head: "Event type", sort: (r) => r.type, cell: (r) => <Tag tone={r.type === "track" ? "good" : r.type === "identify" ? "accent" : "idle"}>{r.type}</Tag> },
  { id: "name", head: "Event name", sort: (r) => r.name, cell: (r) => r.name ? <span className="font-medium">{r.name}</span> : <span className="soft">–</span> },
  { id: "count", head: "Count", num: true, sort: (r) => r.count, cell: (r) => number(r.count) },
  { id: "last", head: "Last seen", sort: (r) => r.last_seen, cell: (r) => <Time at={r.last_seen} relative /> },
];

export function SourceEvents({ id }: { id: string }) {
  const [search, setSearch] = useState("");
  const { data } = useGet(`/sources/${id}/events`, { every: 5000 });
  const rows = data?.data.filter((r) => `${r.type} ${r.name}`.toLowerCase().includes(search.toLowerCase()));
  return (
    <>
      <EventGraph source={id} />
      <Card title={<Search label="Search events" value={search} change={setSearch} className="max-w-md" />} pad={false}>
        <DataTable label="Events" columns={COLUMNS} rows={rows} id={(r) => `${r.type}/${r.name}`}
          empty={<Empty title={search ? "No event is called so" : "No events yet"}>{search ? "Clear the search to see all." : <>Copy a snippet from <Link className="link" to={`/sources/${id}/setup`}>Setup</Link>. Calls appear here and under Live events.</>}</Empty>} />
      </Card>
    </>
  );
}
