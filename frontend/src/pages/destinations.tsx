// Destinations: the list with health.
import { useState } from "react";
import { Link } from "react-router-dom";
import { number } from "../lib/format";
import { useGet, useMay } from "../lib/hooks";
import { total } from "../lib/states";
import type { Destination } from "../lib/types";
import { Badge, Empty, Trouble } from "../ui/basics";
import { Search } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

export const kindOf = (d: Destination): string => d.settings.base_url === "builtin" ? "Loops (built-in)" : d.label;

const COLUMNS: Column<Destination>[] = [
  { id: "name", head: "Name", sort: (d) => d.name, cell: (d) => <Link className="link" to={`/destinations/${d.id}`}>{d.name}</Link> },
  { id: "type", head: "Type", sort: kindOf, wide: true, cell: kindOf },
  { id: "state", head: "Status", sort: (d) => d.health.state, cell: (d) => <Badge state={d.health.state} /> },
  { id: "sources", head: "Sources", wide: true, cell: (d) => d.sources.map((s) => s.name).join(", ") || <span className="text-wait-text">none connected</span> },
  { id: "delivered", head: "Delivered", num: true, sort: (d) => d.counts.delivered, cell: (d) => number(d.counts.delivered) },
  { id: "waiting", head: "Waiting", num: true, wide: true, sort: (d) => total(d.counts, ["waiting", "sending", "retrying"]), cell: (d) => number(total(d.counts, ["waiting", "sending", "retrying"])) },
  { id: "failed", head: "Failed", num: true, sort: (d) => d.counts.dead, cell: (d) => <span className={d.counts.dead ? "text-bad-text font-semibold" : ""}>{number(d.counts.dead)}</span> },
];

export default function Destinations() {
  useTitle("Destinations");
  const { data, error } = useGet("/destinations", { every: 5000 });
  const [search, setSearch] = useState("");
  const may = useMay("editor");
  const rows = data?.data.filter((d) => `${d.name} ${kindOf(d)}`.toLowerCase().includes(search.toLowerCase()));
  const make = may && <Link className="button primary" to="/destinations/new"><Icon name="plus" size={14} />New destination</Link>;
  return (
    <>
      <Heading title="Destinations" actions={make}>Where events go.</Heading>
      <Card pad={false} title={<Search label="Search destinations" value={search} change={setSearch} className="max-w-md" />}>
        {error && !data ? <div className="p-4"><Trouble error={error} /></div> :
          <DataTable label="Destinations" columns={COLUMNS} rows={rows} id={(d) => d.id} to={(d) => `/destinations/${d.id}`}
            empty={<Empty title={search ? "No destination is called so" : "No destination yet"} actions={make}>Choose Loops and paste an API Key, or Loops (built-in) to try everything on this machine.</Empty>} />}
      </Card>
    </>
  );
}
