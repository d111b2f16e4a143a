// The two graphs with their period: events by type, deliveries by status or latency.
import { useMemo, useState } from "react";
import { duration } from "../lib/format";
import { query } from "../lib/http";
import { useGet } from "../lib/hooks";
import { byState, byType, latency, times } from "../lib/series";
import { Trouble } from "../ui/basics";
import { Chart } from "../ui/chart";
import { type Range, RangePicker, Segments } from "../ui/fields";
import { Card } from "../ui/page";

/** As tall as a graph, so that nothing jumps when one comes. */
const Blank = ({ children }: { children?: string }) => children ? <p className="soft h-[238px] grid place-items-center">{children}</p> : <div className="skeleton h-[238px]" aria-busy="true" aria-label="Loading" />;

export function EventGraph({ source, title = "Events by type" }: { source?: string; title?: string }) {
  const [range, setRange] = useState<Range>("1d");
  const { data, error } = useGet(`/stats/events${query({ source, range })}`, { keep: true, every: 15_000 });
  const drawn = useMemo(() => data && { at: times(data.data), series: byType(data.data) }, [data]);
  return (
    <Card title={title} actions={<RangePicker value={range} change={setRange} />}>
      {error && !data ? <Trouble error={error} /> : !drawn ? <Blank /> : drawn.series.length ? <Chart label={title} kind="stack" times={drawn.at} series={drawn.series} /> : <Blank>No events in this period.</Blank>}
    </Card>
  );
}

type View = "delivery" | "latency";
const VIEWS = [["delivery", "Delivery"], ["latency", "Latency"]] as const;

export function DeliveryGraph({ destination, title = "Deliveries", range, setRange }: { destination?: string; title?: string; range: Range; setRange: (to: Range) => void }) {
  const [view, setView] = useState<View>("delivery");
  const { data, error } = useGet(`/stats/deliveries${query({ destination, range })}`, { keep: true, every: 15_000 });
  const drawn = useMemo(() => data && { at: times(data.data), series: view === "delivery" ? byState(data.data) : latency(data.data) }, [data, view]);
  const nothing = drawn?.series.every((s) => s.values.every((v) => !v));
  return (
    <Card title={title} actions={<><Segments label="Graph" value={view} options={VIEWS} change={setView} /><RangePicker value={range} change={setRange} /></>}>
      {error && !data ? <Trouble error={error} /> : !drawn ? <Blank /> : nothing ? <Blank>No deliveries in this period.</Blank> : <Chart label={title} kind={view === "delivery" ? "stack" : "line"} unit={view === "latency" ? duration : undefined} times={drawn.at} series={drawn.series} />}
    </Card>
  );
}
