// Events of a destination: figures on top, the graph, Event details; a row opens its errors by reason, then the single deliveries.
import { useState } from "react";
import { Link } from "react-router-dom";
import { compact, duration, number, percent } from "../lib/format";
import { query } from "../lib/http";
import { useGet, useList } from "../lib/hooks";
import { total } from "../lib/states";
import type { Destination, DestinationEventRow } from "../lib/types";
import { Empty, Figure, Figures, Time } from "../ui/basics";
import { type Range, Segments } from "../ui/fields";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { DeliveryGraph } from "./charts";
import { Deliveries } from "./deliveries";
import { Reasons } from "./reasons";

const COLUMNS: Column<DestinationEventRow>[] = [
  { id: "type", head: "Event type", wide: true, sort: (r) => r.type, cell: (r) => r.type },
  { id: "good", head: "Successful deliveries", num: true, sort: (r) => r.delivered, cell: (r) => number(r.delivered) },
  { id: "last", head: "Last successful delivery", wide: true, sort: (r) => r.last_delivered ?? "", cell: (r) => <Time at={r.last_delivered} relative /> },
  { id: "bad", head: "Failures", num: true, sort: (r) => r.failed, cell: (r) => <span className={r.failed ? "text-bad-text font-semibold" : ""}>{number(r.failed)}</span> },
  { id: "lastbad", head: "Last failure", wide: true, sort: (r) => r.last_failed ?? "", cell: (r) => <Time at={r.last_failed} relative /> },
];

export function DestinationEvents({ destination: d }: { destination: Destination }) {
  const [open, setOpen] = useState<string>();
  const [range, setRange] = useState<Range>("1d");
  const { data } = useGet(`/destinations/${d.id}/events`, { every: 5000 });
  const key = (r: DestinationEventRow) => `${r.type}/${r.name}`;
  const toggle = (r: DestinationEventRow) => setOpen(open === key(r) ? undefined : key(r));
  const name: Column<DestinationEventRow> = { id: "name", head: "Event name", sort: (r) => r.name || r.type, cell: (r) => <button type="button" className="link" aria-expanded={key(r) === open} onClick={() => toggle(r)}>{r.name || r.type}</button> };
  const row = data?.data.find((r) => key(r) === open);
  return (
    <>
      <Numbers destination={d} range={range} />
      <DeliveryGraph destination={d.id} range={range} setRange={setRange} />
      <Card title="Event details" note="Choose an event to see its errors and single deliveries." pad={false}>
        <DataTable label="Event details" columns={[name, ...COLUMNS]} rows={data?.data} id={key} open={toggle}
          empty={<Empty title="Nothing was sent yet" actions={<Link className="button" to="/try">Try it</Link>}>Send a call from a connected source; what becomes of it appears here.</Empty>} />
      </Card>
      {row && <Opened key={open} id={d.id} row={row} />}
    </>
  );
}

function Numbers({ destination: d, range }: { destination: Destination; range: Range }) {
  const stats = useGet(`/stats/deliveries${query({ destination: d.id, range })}`, { keep: true });
  const tried = d.counts.delivered + d.counts.dead;
  const waiting = total(d.counts, ["waiting", "sending", "retrying"]);
  return (
    <Figures>
      <Figure label="Delivered" value={compact(d.counts.delivered)} tone="good" note={d.counts.unchanged ? `${compact(d.counts.unchanged)} skipped, no change` : ""} />
      <Figure label="Failed" value={compact(d.counts.dead)} tone={d.counts.dead ? "bad" : "idle"} note={`${percent(d.counts.dead, tried)} of what was tried`} />
      <Figure label="P95 latency" value={duration(stats.data?.p95)} tone="accent" note="from accepted to answered" />
      <Figure label="Waiting" value={compact(waiting)} tone={waiting ? "wait" : "idle"} note={d.counts.retrying ? `${compact(d.counts.retrying)} retrying` : "nothing is retried"} />
    </Figures>
  );
}

type Shown = "dead" | "delivered" | "all";
const SHOWN = [["dead", "Errors"], ["delivered", "Delivered"], ["all", "All"]] as const;

function Opened({ id, row }: { id: string; row: DestinationEventRow }) {
  const [shown, setShown] = useState<Shown>(row.failed ? "dead" : "all");
  const [code, setCode] = useState<string>();
  const { rows, more, busy } = useList(`/destinations/${id}/deliveries`, { type: row.type, name: row.name, state: shown === "all" ? undefined : shown, code }, "before", 5000);
  return (
    <Card title={`${row.name || row.type}: ${shown === "dead" ? "errors" : "deliveries"}`} pad={false} actions={<Segments label="Which deliveries" value={shown} options={SHOWN} change={(to) => { setShown(to); setCode(undefined); }} />}>
      {shown === "dead" && <Reasons destination={id} row={row} chosen={code} choose={setCode} />}
      <Deliveries rows={rows} more={more} busy={busy} />
    </Card>
  );
}
