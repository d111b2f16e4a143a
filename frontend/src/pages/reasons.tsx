// Errors of an event name at a destination, grouped by reason, with counts; choosing one narrows the deliveries below, its sample is one click away.
import { Link } from "react-router-dom";
import { compact } from "../lib/format";
import { query } from "../lib/http";
import { useGet } from "../lib/hooks";
import type { DestinationEventRow } from "../lib/types";
import { Rich } from "../ui/fields";

export function Reasons({ destination, row, chosen, choose }: { destination: string; row: DestinationEventRow; chosen?: string; choose: (code?: string) => void }) {
  const { data } = useGet(`/destinations/${destination}/errors${query({ type: row.type, name: row.name })}`);
  if (!data?.data.length) return null;
  return (
    <ul className="border-b line" aria-label="Reasons">
      {data.data.map((r) => (
        <li key={r.code} className={`flex gap-3 items-start px-4 py-2.5 border-b line last:border-0 ${chosen === r.code ? "bg-accent-soft" : ""}`}>
          <span className="tabular-nums font-semibold text-bad-text min-w-8 text-right">{compact(r.count)}</span>
          <span className="grow min-w-0"><Rich text={r.sentence} /> <code className="soft text-xs">{r.code}</code></span>
          <button type="button" className="link text-sm whitespace-nowrap" aria-pressed={chosen === r.code} onClick={() => choose(chosen === r.code ? undefined : r.code)}>{chosen === r.code ? "Show all" : "Only these"}</button>
          <Link className="link text-sm whitespace-nowrap" to={`/deliveries/${r.sample.position}/${destination}`}>Sample</Link>
        </li>
      ))}
    </ul>
  );
}
