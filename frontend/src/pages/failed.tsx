// Failed events: dead letters of all destinations, grouped by reason; replay, export.
import { useDeferredValue, useState } from "react";
import { compact } from "../lib/format";
import { api, query } from "../lib/http";
import { useGet, useList, useMay } from "../lib/hooks";
import type { FailedGroup } from "../lib/types";
import { Empty } from "../ui/basics";
import { Rich, Search, Select } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { Deliveries } from "./deliveries";
import { useReplay } from "./replay";

export default function Failed() {
  useTitle("Failed events");
  const [destination, setDestination] = useState("");
  const [code, setCode] = useState<string>();
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim());
  const destinations = useGet("/destinations");
  const { rows, more, busy } = useList("/deliveries", { state: "dead", destination, code, search }, "before", 8000);
  const options: [string, string][] = [["", "All destinations"], ...(destinations.data?.data ?? []).map((d): [string, string] => [d.id, d.name])];
  const narrowed = search || code || destination;
  return (
    <>
      <Heading title="Failed events" actions={!!rows?.length && <a className="button" href={`${api}/failed/export${query({ destination, code })}`} download><Icon name="download" size={14} />Export</a>}>Kept with their reason until they are replayed or discarded. Correct the cause, then replay.</Heading>
      <Groups code={code} choose={setCode} destination={destination} />
      <Card pad={false} title={<div className="flex flex-wrap gap-2"><Search label="Search failed events" value={typed} change={setTyped} className="max-w-md" /><Select label="Destination" value={destination} options={options} change={setDestination} /></div>}>
        <Deliveries rows={rows} more={more} busy={busy} everywhere empty={<Empty title={narrowed ? "None that match" : "Nothing failed"}>{narrowed ? "Clear the filters to see all." : "Events that a destination refuses appear here, with the reason and the button that fixes it."}</Empty>} />
      </Card>
    </>
  );
}

function Groups({ code, choose, destination }: { code?: string; choose: (code?: string) => void; destination: string }) {
  const { data } = useGet(`/failed${query({ destination })}`, { every: 8000, keep: true });
  if (!data?.data.length) return null;
  return (
    <Card title="By reason" pad={false}>
      <ul>{data.data.map((g) => (
        <li key={g.destination.id + g.code} className={`flex flex-wrap gap-x-3 gap-y-1 items-start px-4 py-2.5 border-b line last:border-0 ${code === g.code ? "bg-accent-soft" : ""}`}>
          <span className="tabular-nums font-semibold text-bad-text min-w-8 text-right">{compact(g.count)}</span>
          <span className="grow basis-60 min-w-0"><span className="font-medium">{g.destination.name}</span> <Rich text={g.sentence} /> <code className="soft text-xs">{g.code}</code></span>
          <button type="button" className="link text-sm whitespace-nowrap" aria-pressed={code === g.code} onClick={() => choose(code === g.code ? undefined : g.code)}>{code === g.code ? "Show all" : "Only these"}</button>
          <Replay group={g} />
        </li>
      ))}</ul>
    </Card>
  );
}

function Replay({ group: g }: { group: FailedGroup }) {
  const { replay, busy } = useReplay();
  if (!useMay("editor")) return null;
  return <button type="button" className="button small" disabled={busy} onClick={() => void replay({ states: ["dead"], codes: [g.code], destination_id: g.destination.id })}><Icon name="retry" size={12} />Replay all</button>;
}
