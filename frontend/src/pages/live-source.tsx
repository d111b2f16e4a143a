// Live events of a source: every call as it comes in, refused ones with status and reason.
import { useCallback, useState } from "react";
import { Link, useParams } from "react-router-dom";
import { person } from "../lib/format";
import { useGet } from "../lib/hooks";
import { useLive } from "../lib/live";
import type { EventRow, Rejected } from "../lib/types";
import { Badge, Empty, Notice } from "../ui/basics";
import { Code, Json } from "../ui/code";
import { Segments } from "../ui/fields";
import type { Column } from "../ui/table";
import { Accepted, At, type Entry, LiveTable, useEntries } from "./live";

interface Call extends Entry { event?: EventRow; refused?: Rejected }
type Kind = "all" | "accepted" | "refused";
const KINDS = [["all", "All"], ["accepted", "Accepted"], ["refused", "Refused"]] as const;

const COLUMNS: Column<Call>[] = [
  { id: "at", head: "Time", cell: (c) => <At at={c.at} /> },
  { id: "type", head: "Event type", cell: (c) => c.event?.type ?? <code className="break-all">{c.refused?.path}</code> },
  { id: "event", head: "Event name", cell: (c) => c.event?.event ?? <span className="soft">–</span>, className: "font-medium" },
  { id: "person", head: "Person", wide: true, cell: (c) => c.event ? person(c.event.person) : <span className="soft">{c.refused?.sdk || "–"}</span> },
  { id: "result", head: "Result", cell: (c) => c.refused ? <Badge tone="bad">{c.refused.status} {c.refused.reason}</Badge> : <Accepted /> },
];

export default function LiveSource() {
  const { id = "" } = useParams();
  const { data: source } = useGet(`/sources/${id}`);
  const feed = useEntries<Call>();
  const [sampled, setSampled] = useState(0);
  const [kind, setKind] = useState<Kind>("all");
  const listening = useLive("/live", { source: id }, {
    event: (event: EventRow) => feed.add({ key: `e${event.id}`, at: event.receivedAt, text: JSON.stringify(event), event }),
    rejected: (refused: Rejected) => feed.add({ key: `r${refused.id}`, at: refused.at, text: JSON.stringify(refused), refused }),
    sampled: (more: { skipped: number }) => setSampled((n) => n + more.skipped),
  });
  const passes = useCallback((c: Call) => kind === "all" || (kind === "refused") === !!c.refused, [kind]);
  return (
    <LiveTable feed={feed} listening={listening} sampled={sampled} back={{ to: `/sources/${id}`, label: source?.name ?? "Source" }} columns={COLUMNS} passes={passes}
      filters={<Segments label="Result" value={kind} options={KINDS} change={setKind} />} detail={(c) => <Detail call={c} />}
      empty={<Empty title="Nothing yet">Calls appear here within a second of their arrival, refused ones too. <Link className="link" to={`/sources/${id}/setup`}>Copy a snippet</Link> or <Link className="link" to="/try">try it here</Link>.</Empty>} />
  );
}

const FIX: Record<number, string> = {
  400: "The call is not what the SDKs send. The body is below.", 401: "The write key is unknown or missing. Compare it with Setup.",
  404: "The source is disabled, or the address is not one of the data plane's.", 413: "The call is too large.", 429: "Too many calls at once: the SDK sends them again.", 503: "Headrace could not take it just then: the SDK sends it again.",
};

function Detail({ call: { event, refused } }: { call: Call }) {
  if (refused) return (
    <>
      <Notice tone="bad"><b className="font-semibold">{refused.status} {refused.reason}</b>. {FIX[refused.status] ?? ""} The SDK was told so; most swallow it.</Notice>
      <p className="soft text-sm mb-2">{refused.path} · {refused.sdk || "no SDK named"} · from {refused.ip}</p>
      {refused.sample ? <Code text={refused.sample} label="The call's body" /> : <p className="soft">The call had no body that could be kept.</p>}
    </>
  );
  if (!event) return null;
  return <><p className="mb-2"><Link className="link" to={`/events/${event.id}`}>What became of it</Link> <span className="soft">· messageId <code>{event.messageId}</code></span></p><Json value={event.message ?? event} label="The call as it came in" /></>;
}
