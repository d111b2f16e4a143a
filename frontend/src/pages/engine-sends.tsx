// Every mail and what became of it; ambiguous ones wait for a person.
import { useDeferredValue, useState } from "react";
import { Link } from "react-router-dom";
import { call } from "../lib/http";
import { useAct, useGet, useList, useMay } from "../lib/hooks";
import { SENT, type Send } from "../lib/mail";
import { Badge, Empty, Time } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { Search, Select } from "../ui/fields";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const SendBadge = ({ send }: { send: Send }) => <Badge tone={SENT[send.state].tone}>{SENT[send.state].label}</Badge>;
const First = ({ at, times }: { at: string | null; times: number }) => <><Time at={at} />{times > 1 && <span className="soft whitespace-nowrap"> · {times} times</span>}</>; // when first, and how often
const STATES: [string, string][] = [["", "Any state"], ...Object.entries(SENT).map(([key, { label }]): [string, string] => [key, label])];

export function Sends({ ambiguous, mail }: { ambiguous: boolean; mail: string | null }) {
  const [state, setState] = useState(ambiguous ? "ambiguous" : "");
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState<string | null>(mail);
  const search = useDeferredValue(typed);
  const { rows, more, busy } = useList("/engine/sends", { state, search }, "cursor", 3000);
  const columns: Column<Send>[] = [
    { id: "at", head: "Time", cell: (s) => <Time at={s.at} /> }, { id: "to", head: "To", cell: (s) => <span className="break-all">{s.email}</span> },
    { id: "subject", head: "Subject", wide: true, cell: (s) => s.subject || <span className="soft">–</span> }, { id: "state", head: "State", cell: (s) => <SendBadge send={s} /> },
    { id: "why", head: "Why", wide: true, cell: (s) => <span className="soft text-sm line-clamp-2">{s.why || "–"}</span> }, { id: "opens", head: "Opened", wide: true, cell: (s) => <First at={s.openedAt} times={s.opens} /> }, { id: "clicks", head: "Clicked", wide: true, cell: (s) => <First at={s.clickedAt} times={s.clicks} /> },
  ];
  return (
    <>
      <Card title="Mails" pad={false} actions={<div className="flex flex-wrap gap-2"><Search label="Search address or subject" value={typed} change={setTyped} /><Select label="State" value={state} options={STATES} change={setState} /></div>}>
        <DataTable label="Mails" columns={columns} rows={rows} id={(s) => s.id} open={(s) => setOpen(s.id)} more={more} busy={busy} empty={<Empty title={state || search ? "None like that" : "No mail yet"}>Mails of workflows and transactional emails are listed here from the moment they are decided.</Empty>} />
      </Card>
      {open && <One id={open} close={() => setOpen(null)} />}
    </>
  );
}

function One({ id, close }: { id: string; close: () => void }) {
  const { data } = useGet(`/engine/sends/${id}`, { every: 2000 });
  const { run, busy } = useAct();
  const may = useMay("editor");
  if (!data) return null;
  const act = (what: "settle" | "again", done: string) => run(() => what === "settle" ? call("POST", `/engine/sends/${id}/settle`) : call("POST", `/engine/sends/${id}/again`), done);
  const rows: [string, React.ReactNode][] = [
    ["To", data.contact ? <Link className="link" to={`/loops/audience/${data.contact}`}>{data.email}</Link> : data.email], ["State", <SendBadge key="s" send={data} />], ["Why", data.why || "–"], ["Decided", <Time key="a" at={data.at} />],
    ["Left", <Time key="l" at={data.sentAt} />], ["Next try", data.next ? <Time key="n" at={data.next} /> : "–"], ["Tries", data.attempts], ["Opened", <First key="o" at={data.openedAt} times={data.opens} />], ["Clicked", <First key="c" at={data.clickedAt} times={data.clicks} />],
  ];
  return (
    <Dialog title={data.subject || "A mail"} close={close}>
      <dl className="grid grid-cols-[8rem_1fr] gap-y-1.5">{rows.map(([name, value]) => <div key={name} className="contents"><dt className="soft">{name}</dt><dd className="break-words min-w-0">{value}</dd></div>)}</dl>
      {may && <div className="flex flex-wrap gap-2 justify-end mt-5">
        {data.state === "ambiguous" && <button type="button" className="button" disabled={busy} onClick={() => act("settle", "Settled: it counts as sent.")}>It arrived</button>}
        {(data.state === "ambiguous" || data.state === "refused") && <button type="button" className="button primary" disabled={busy} onClick={() => act("again", "It is sent again.")}>Send again</button>}
        {data.state === "queued" && data.attempts > 0 && <button type="button" className="button primary" disabled={busy} onClick={() => act("again", "It is tried now.")}>Try now</button>}
      </div>}
    </Dialog>
  );
}
