// Transactional emails of Loops (built-in): the list, and a new one.
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router-dom";
import type { TransactionalEmail } from "../lib/emails";
import { number } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { Badge, Copy, Empty, Time } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { Labelled } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

export const State = ({ of }: { of: TransactionalEmail["state"] }) => <Badge tone={of === "published" ? "good" : of === "changed" ? "wait" : "idle"}>{{ draft: "Draft", published: "Published", changed: "Published, with a draft" }[of]}</Badge>;
const COLUMNS: Column<TransactionalEmail>[] = [
  { id: "name", head: "Name", sort: (e) => e.name, cell: (e) => <><Link className="link" to={`/loops/transactional/${e.id}`}>{e.name}</Link>{e.subject && <span className="soft text-sm block">{e.subject}</span>}</> }, { id: "state", head: "State", cell: (e) => <State of={e.state} /> },
  { id: "id", head: "ID", wide: true, cell: (e) => <span className="inline-flex gap-2 items-center"><code className="break-all">{e.id}</code><Copy text={e.id} plain /></span> }, { id: "sent", head: "Sent", num: true, sort: (e) => sent(e), cell: (e) => number(sent(e)) }, { id: "at", head: "Changed", wide: true, sort: (e) => e.updatedAt, cell: (e) => <Time at={e.updatedAt} relative /> },
];
const sent = (e: TransactionalEmail): number => ["sent", "delivered", "bounced", "ambiguous"].reduce((sum, s) => sum + (e.counts[s] ?? 0), 0);

export default function Transactional() {
  useTitle("Transactional");
  const { data } = useGet("/engine/transactional", { every: 5000 });
  const [open, setOpen] = useState(false);
  const may = useMay("editor");
  const add = may && <button type="button" className="button primary" onClick={() => setOpen(true)}><Icon name="plus" size={14} />New email</button>;
  return (
    <>
      <Heading title="Transactional" actions={add}>Emails that your program sends by a call, one at a time: to anybody, subscribed or not.</Heading>
      <Card pad={false}><DataTable label="Transactional emails" columns={COLUMNS} rows={data?.data} id={(e) => e.id} to={(e) => `/loops/transactional/${e.id}`} empty={<Empty title="No email yet" actions={add}>Receipts, password resets, invitations: write one, publish it, and send it with its id.</Empty>} /></Card>
      {open && <NewEmail close={() => setOpen(false)} />}
    </>
  );
}

function NewEmail({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const { run, busy } = useAct();
  const go = useNavigate();
  const submit = (event: FormEvent) => { event.preventDefault(); void run(() => call("POST", "/engine/transactional", { name })).then((made) => made && go(`/loops/transactional/${made.id}`)); };
  return (
    <Dialog title="New transactional email" close={close}><form onSubmit={submit}>
      <Labelled label="Name" help="For yourself; nobody else sees it."><input className="field" required autoFocus maxLength={255} value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
      <div className="flex justify-end gap-2"><button type="button" className="button" onClick={close}>Cancel</button><button type="submit" className="button primary" disabled={busy || !name.trim()}>Create</button></div>
    </form></Dialog>
  );
}
