// Failed events: dead letters of all destinations, grouped by reason; replay, export.
import { useMemo, useState } from "react";
import { compact, plural } from "../lib/format";
import { api, call, query } from "../lib/http";
import { useHas } from "../lib/has";
import { useAct, useGet, useList, useMay } from "../lib/hooks";
import type { Delivery, Destination, FailedGroup, Page } from "../lib/types";
import { Empty } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Rich, Search, Select } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { Deliveries } from "./deliveries";

export default function Failed() {
  useTitle("Failed events");
  const [destination, setDestination] = useState("");
  const [code, setCode] = useState<string>();
  const [search, setSearch] = useState("");
  const destinations = useGet<Page<Destination>>("/destinations");
  const { rows, more, busy } = useList<Delivery>("/deliveries", { state: "dead", destination, code, limit: 200 }, "before", 8000);
  const shown = rows?.filter((d) => `${d.event} ${d.type} ${d.person} ${d.reason}`.toLowerCase().includes(search.toLowerCase()));
  const options: [string, string][] = [["", "All destinations"], ...(destinations.data?.data ?? []).map((d): [string, string] => [d.id, d.name])];
  return (
    <>
      <Heading title="Failed events" actions={<Export rows={shown} destination={destination} code={code} />}>Kept with their reason until they are replayed or discarded. Correct the cause, then replay.</Heading>
      <Groups rows={rows} code={code} choose={setCode} destination={destination} />
      <Card pad={false} title={<div className="flex flex-wrap gap-2"><Search label="Search failed events" value={search} change={setSearch} className="max-w-md" /><Select label="Destination" value={destination} options={options} change={setDestination} /></div>}>
        <Deliveries rows={shown} more={more} busy={busy} everywhere empty={<Empty title={search || code || destination ? "None that match" : "Nothing failed"}>{search || code || destination ? "Clear the filters to see all." : "Events that a destination refuses appear here, with the reason and the button that fixes it."}</Empty>} />
      </Card>
    </>
  );
}

/** As the API counts them. */
function Groups({ rows, code, choose, destination }: { rows?: Delivery[]; code?: string; choose: (code?: string) => void; destination: string }) {
  const has = useHas("GET", "/failed");
  const counted = useGet<Page<FailedGroup>>(`/failed${query({ destination })}`, { on: has });
  const groups = useMemo(() => {
    const found = new Map<string, { count: number; reason: string }>();
    const add = (key: string, count: number, reason: string) => found.set(key, { count: (found.get(key)?.count ?? 0) + count, reason: found.get(key)?.reason ?? reason });
    if (counted.data) for (const g of counted.data.data) add(g.code, g.count, g.sentence);
    else for (const d of rows ?? []) add(d.code, 1, d.reason);
    return [...found].sort((a, b) => b[1].count - a[1].count);
  }, [rows, counted.data]);
  if (!groups.length) return null;
  return (
    <Card title="By reason" pad={false}>
      <ul>{groups.map(([key, { count, reason }]) => (
        <li key={key} className={`flex flex-wrap gap-x-3 gap-y-1 items-start px-4 py-2.5 border-b line last:border-0 ${code === key ? "bg-accent-soft" : ""}`}>
          <span className="tabular-nums font-semibold text-bad-text min-w-8 text-right">{compact(count)}</span>
          <span className="grow basis-60 min-w-0"><Rich text={reason} /> <code className="soft text-xs">{key}</code></span>
          <button type="button" className="link text-sm whitespace-nowrap" aria-pressed={code === key} onClick={() => choose(code === key ? undefined : key)}>{code === key ? "Show all" : "Only these"}</button>
          <Replay code={key} destination={destination} />
        </li>
      ))}</ul>
    </Card>
  );
}

function Replay({ code, destination }: { code: string; destination: string }) {
  const has = useHas("POST", "/replay");
  const may = useMay("editor");
  const { run, busy } = useAct();
  if (!has || !may) return null;
  const body = { state: "dead", code, ...(destination ? { destination } : {}) };
  const act = async () => {
    const counted = await run(() => call<{ count: number }>("POST", "/replay", { ...body, dry_run: true }));
    if (counted && await confirm({ title: `Replay ${plural(counted.count, "event")}?`, body: "Each is sent again in its order, with today's settings.", action: "Replay" })) await run(() => call("POST", "/replay", body), "They wait for their turn again.");
  };
  return <button type="button" className="button small" disabled={busy} onClick={act}><Icon name="retry" size={12} />Replay all</button>;
}

function Export({ rows, destination, code }: { rows?: Delivery[]; destination: string; code?: string }) {
  const has = useHas("GET", "/failed/export");
  if (!has || !rows?.length) return null;
  return <a className="button" download href={`${api}/failed/export${query({ destination, code })}`}><Icon name="download" size={14} />Export</a>;
}
