// Live events: one stream drawn as a table that can be paused and filtered; a row opens what came in.
import { type ReactNode, useMemo, useRef, useState } from "react";
import { moment } from "../lib/format";
import { type Listening } from "../lib/live";
import { Badge, Empty, Notice } from "../ui/basics";
import { Search } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

export interface Entry { key: string; at: string; text: string }
const KEPT = 300;

/** The newest entries; what comes while paused is counted, not shown. */
export function useEntries<T extends Entry>() {
  const [entries, setEntries] = useState<T[]>([]);
  const [paused, setPaused] = useState(false);
  const [missed, setMissed] = useState(0);
  const stopped = useRef(false);
  stopped.current = paused;
  const add = (entry: T) => {
    if (stopped.current) setMissed((n) => n + 1);
    else setEntries((old) => old.some((e) => e.key === entry.key) ? old : [entry, ...old].slice(0, KEPT));
  };
  return { entries, add, paused, missed, toggle: () => { setPaused(!paused); setMissed(0); }, clear: () => setEntries([]) };
}

interface Props<T extends Entry> {
  feed: ReturnType<typeof useEntries<T>>; listening: Listening; sampled: number; back: { to: string; label: string };
  columns: Column<T>[]; detail: (entry: T) => ReactNode; empty: ReactNode; filters?: ReactNode; passes?: (entry: T) => boolean;
}

export function LiveTable<T extends Entry>({ feed, listening, sampled, back, columns, detail, empty, filters, passes }: Props<T>) {
  useTitle("Live events");
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<string>();
  const shown = useMemo(() => feed.entries.filter((e) => (!search || e.text.toLowerCase().includes(search.toLowerCase())) && (passes?.(e) ?? true)), [feed.entries, search, passes]);
  const state = listening === "open" ? (feed.paused ? "Paused" : "Listening …") : "Connecting …";
  return (
    <>
      <Heading title="Live events" back={back} actions={<>
        <button type="button" className="button" onClick={feed.clear} disabled={!feed.entries.length}>Clear</button>
        <button type="button" className="button" aria-pressed={feed.paused} onClick={feed.toggle}><Icon name={feed.paused ? "play" : "pause"} size={14} />{feed.paused ? "Resume" : "Pause"}</button></>}>
        <span role="status" className="inline-flex items-center gap-2"><span className={`size-2 rounded-full ${listening === "open" && !feed.paused ? "bg-good pulse" : "bg-wait"}`} aria-hidden="true" />{state}{feed.missed > 0 && ` ${feed.missed} came in meanwhile.`}</span>
      </Heading>
      {sampled > 0 && <Notice tone="idle">More comes in than a page can show: {sampled.toLocaleString("en")} calls were left out here (sampled). All of them are accepted, counted and delivered.</Notice>}
      <div className="flex flex-wrap gap-2 mb-3"><Search label="Filter" placeholder="Filter by name, person, reason …" value={search} change={setSearch} />{filters}</div>
      <Card pad={false}>
        <DataTable label="Live events" columns={columns} rows={shown} id={(e) => e.key} open={(e) => setOpen(open === e.key ? undefined : e.key)} fresh={(e) => Date.now() - Date.parse(e.at) < 2500}
          detail={(e) => open === e.key ? detail(e) : undefined} empty={feed.entries.length ? <Empty title="Nothing passes the filter" /> : empty} />
      </Card>
    </>
  );
}

export const At = ({ at }: { at: string }) => <time dateTime={at} className="tabular-nums whitespace-nowrap">{moment(at)}<span className="soft">.{at.slice(20, 23) || "000"}</span></time>;
export const Accepted = () => <Badge tone="good">Accepted</Badge>;
