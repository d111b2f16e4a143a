// Settings → Lists of Loops (built-in): mailing lists with their ids to copy, and a new one.
import { type FormEvent, useState } from "react";
import { number } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { MailingList, Page } from "../lib/types";
import { Copy, Empty, Tag } from "../ui/basics";
import { Check, Labelled } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const COLUMNS: Column<MailingList>[] = [
  { id: "name", head: "Name", sort: (l) => l.name, cell: (l) => <><span className="font-medium">{l.name}</span>{l.description && <span className="soft text-sm block">{l.description}</span>}</> },
  { id: "id", head: "ID", cell: (l) => <span className="inline-flex gap-2 items-center"><code className="break-all">{l.id}</code><Copy text={l.id} plain /></span> }, { id: "public", head: "Visibility", wide: true, cell: (l) => <Tag>{l.isPublic ? "Public" : "Private"}</Tag> }, { id: "members", head: "Members", num: true, sort: (l) => l.members, cell: (l) => number(l.members) },
];

export default function EngineLists() {
  useTitle("Lists");
  const { data } = useGet<Page<MailingList>>("/engine/lists");
  const [name, setName] = useState("");
  const [open, setOpen] = useState(false);
  const { run, busy } = useAct();
  const may = useMay("editor");
  const submit = (event: FormEvent) => { event.preventDefault(); void run(async () => { await call("POST", "/engine/lists", { name, isPublic: open }); setName(""); }, "The list is there."); };
  return (
    <>
      <Heading title="Lists">Mailing lists of Loops (built-in). Their ids go into <code className="inline-code">mailingLists</code>.</Heading>
      <Card pad={false}><DataTable label="Mailing lists" columns={COLUMNS} rows={data?.data} id={(l) => l.id} empty={<Empty title="No list yet">Make one below.</Empty>} /></Card>
      {may && <Card title="New list"><form onSubmit={submit} className="max-w-md">
        <Labelled label="Name"><input className="field" required value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
        <Check label="Public" help="Shown to everyone in the preference page." checked={open} change={setOpen} />
        <button type="submit" className="button primary mt-3" disabled={busy || !name.trim()}>Create list</button>
      </form></Card>}
    </>
  );
}
