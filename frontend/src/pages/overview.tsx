// Overview: what needs attention, the pipeline with live rates, the last day by status.
import { useState } from "react";
import { Link } from "react-router-dom";
import { compact } from "../lib/format";
import { useGet } from "../lib/hooks";
import { total } from "../lib/states";
import type { Attention } from "../lib/types";
import { Empty, Figure, Figures, Notice, Trouble, Waiting } from "../ui/basics";
import type { Range } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { DeliveryGraph } from "./charts";
import { Pipeline } from "./pipeline";
import { Shares } from "./shares";
import { Started } from "./started";

export default function Overview() {
  useTitle("Overview");
  const [range, setRange] = useState<Range>("1d");
  const status = useGet("/status", { every: 3000 });
  const sources = useGet("/sources", { every: 5000 });
  const destinations = useGet("/destinations", { every: 5000 });
  const seen = useGet("/overview", { every: 3000 });
  if (!status.data || !sources.data || !destinations.data) return status.error ? <Trouble error={status.error} /> : <Waiting />;
  const { log, deliveries } = status.data;
  const waiting = total(deliveries, ["waiting", "sending", "retrying"]) + log.unrouted;
  return (
    <>
      <Heading title="Overview">From your product's calls to Loops.</Heading>
      <Needs attention={seen.data?.attention ?? []} />
      {log.accepted === 0 && <Notice tone="accent" actions={<Started />}><b className="font-semibold">No call has come in yet.</b> Put the snippet into your product, or make the three calls right here.</Notice>}
      <Figures>
        <Figure label="Events accepted" value={compact(log.accepted)} tone="accent" note={log.duplicates ? `${compact(log.duplicates)} duplicates` : "no duplicates"} />
        <Figure label="Delivered" value={compact(deliveries.delivered)} tone="good" note={`${compact(deliveries.unchanged + deliveries.filtered)} skipped or filtered`} />
        <Figure label="Waiting" value={compact(waiting)} tone={waiting ? "wait" : "idle"} note={deliveries.retrying ? `${compact(deliveries.retrying)} retrying` : "nothing is retried"} />
        <Figure label="Failed" value={compact(deliveries.dead)} tone={deliveries.dead ? "bad" : "idle"} note={deliveries.dead ? <Link className="link" to="/failed">See why</Link> : "nothing failed"} />
      </Figures>
      <Card title="The pipeline">
        {sources.data.data.length || destinations.data.data.length ? <Pipeline sources={sources.data.data} destinations={destinations.data.data} seen={seen.data} /> : <Empty title="Nothing is connected yet" actions={<><Link className="button primary" to="/sources">New source</Link><Link className="button" to="/destinations/new">New destination</Link></>}>A source takes your product's calls, a destination gets them.</Empty>}
      </Card>
      <DeliveryGraph title="Deliveries by status" range={range} setRange={setRange} />
      <Shares counts={deliveries} />
    </>
  );
}

function Needs({ attention }: { attention: Attention[] }) {
  return <>{attention.map((a) => <Notice key={a.kind + a.destination + a.source + a.title} tone={a.level} actions={<Link className="button small" to={whereto(a)}>Look</Link>}><b className="font-semibold">{a.title}</b> {a.text}</Notice>)}</>;
}

function whereto(a: Attention): string {
  if (a.kind === "failed_events") return "/failed";
  return a.destination ? `/destinations/${a.destination}` : a.source ? `/sources/${a.source}/live` : "/sources";
}
