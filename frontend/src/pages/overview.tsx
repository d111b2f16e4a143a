import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";
import { type Destination, get, type Page, type Source, type State } from "../api";
import { Badge, Card, Empty, Figure, Heading, Notice, number, useTitle, Waiting } from "../ui";

interface Status { deliveries: Record<State, number>; log: { accepted: number; unrouted: number; duplicates: number } }

export default function Overview() {
  useTitle("Overview");
  const status = useQuery({ queryKey: ["status"], queryFn: () => get<Status>("/status") });
  const sources = useQuery({ queryKey: ["sources"], queryFn: () => get<Page<Source>>("/sources") });
  const destinations = useQuery({ queryKey: ["destinations"], queryFn: () => get<Page<Destination>>("/destinations") });
  if (!status.data || !sources.data || !destinations.data) return <Waiting />;
  const { deliveries, log } = status.data;
  const waiting = deliveries.waiting + deliveries.sending + deliveries.retrying;
  const troubled = destinations.data.data.filter((d) => ["paused", "down"].includes(d.health.state));
  const total = Math.max(1, Object.values(deliveries).reduce((a, b) => a + b, 0));
  const parts: [string, number, string][] = [
    ["Delivered", deliveries.delivered, "fill-emerald-500"], ["Skipped and filtered", deliveries.unchanged + deliveries.filtered, "fill-slate-400"],
    ["Waiting and retrying", waiting, "fill-amber-500"], ["Failed", deliveries.dead, "fill-red-500"],
  ];
  let x = 0;
  return (
    <>
      <Heading title="Overview">From your product's calls to Loops.</Heading>
      {troubled.map((d) => <Notice key={d.id} tone="red"><Link className="font-semibold underline" to={`/destinations/${d.id}`}>{d.name}</Link> <Badge state={d.health.state} /> {d.health.reason}</Notice>)}
      <div className="flex flex-wrap gap-3 mb-5">
        <Figure label="Events accepted" value={number(log.accepted)} />
        <Figure label="Delivered" value={number(deliveries.delivered)} tone="green" />
        <Figure label="Waiting" value={number(waiting + log.unrouted)} />
        <Figure label="Failed" value={number(deliveries.dead)} tone={deliveries.dead ? "red" : undefined} />
      </div>
      <Card title="Deliveries by status">
        <svg viewBox="0 0 1000 22" className="w-full h-5 rounded" preserveAspectRatio="none" role="img" aria-label={parts.map(([l, n]) => `${l}: ${n}`).join(", ")}>
          <rect width="1000" height="22" className="fill-slate-200 dark:fill-slate-800" />
          {parts.map(([label, count, fill]) => { const width = (count / total) * 1000; const at = x; x += width; return <rect key={label} x={at} width={width} height="22" className={fill} />; })}
        </svg>
        <div className="flex flex-wrap gap-x-5 gap-y-1 mt-3">
          {parts.map(([label, count, fill]) => <span key={label} className="inline-flex items-center gap-2"><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="3" className={fill} /></svg>{label} <b className="tabular-nums">{number(count)}</b></span>)}
        </div>
      </Card>
      <Card title="The pipeline">
        <div className="grid gap-6 md:grid-cols-[1fr_auto_1fr] items-center">
          <div className="space-y-3">
            {sources.data.data.map((s) => (
              <Link key={s.id} to={`/sources/${s.id}`} className="block sunk rounded-lg border line px-4 py-3 hover:border-water-500">
                <div className="font-semibold">{s.name}</div><div className="soft text-sm">{s.type} · {number(s.events)} events{s.enabled ? "" : " · disabled"}</div>
              </Link>
            ))}
            {!sources.data.data.length && <Empty title="No source yet"><Link className="underline" to="/sources">Make one</Link></Empty>}
          </div>
          <svg className="hidden md:block" width="90" height="40" viewBox="0 0 90 40" aria-hidden="true"><path d="M2 20h74m0 0-9-8m9 8-9 8" fill="none" stroke="var(--color-water-500)" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" /></svg>
          <div className="space-y-3">
            {destinations.data.data.map((d) => (
              <Link key={d.id} to={`/destinations/${d.id}`} className="block sunk rounded-lg border line px-4 py-3 hover:border-water-500">
                <div className="flex items-center gap-2"><span className="font-semibold grow">{d.name}</span><Badge state={d.health.state} /></div>
                <div className="soft text-sm">{d.label} · {number(d.counts.delivered)} delivered · {number(d.counts.dead)} failed</div>
              </Link>
            ))}
            {!destinations.data.data.length && <Empty title="No destination yet"><Link className="underline" to="/destinations/new">New destination</Link></Empty>}
          </div>
        </div>
      </Card>
    </>
  );
}
