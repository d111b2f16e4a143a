// Audit log: who changed what and when, with before and after.
import { useState } from "react";
import { useList } from "../lib/hooks";
import type { Change } from "../lib/types";
import { Empty, Time } from "../ui/basics";
import { Json } from "../ui/code";
import { Search } from "../ui/fields";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const COLUMNS: Column<Change>[] = [
  { id: "at", head: "When", cell: (c) => <Time at={c.at} /> }, { id: "who", head: "Who", wide: true, sort: (c) => c.who, cell: (c) => c.who }, { id: "what", head: "What", sort: (c) => c.what, cell: (c) => <><span className="font-medium">{c.what}</span><span className="soft text-sm block md:hidden">{c.who}</span></> },
];

export function AuditLog() {
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<number>();
  const { rows, more, busy } = useList("/workspace/changes", { search });
  return (
    <Card pad={false} title={<Search label="Search the audit log" value={search} change={setSearch} className="max-w-md" />}>
      <DataTable label="Audit log" columns={COLUMNS} rows={rows} id={(c) => String(c.id)} open={(c) => setOpen(open === c.id ? undefined : c.id)} more={more} busy={busy}
        detail={(c) => open === c.id ? <div className="grid md:grid-cols-2 gap-4"><div className="min-w-0"><div className="soft text-sm mb-1">Before</div><Json value={c.before} label="Before" /></div><div className="min-w-0"><div className="soft text-sm mb-1">After</div><Json value={c.after} label="After" /></div></div> : undefined}
        empty={<Empty title="No changes yet">What people change in this workspace is written down here.</Empty>} />
    </Card>
  );
}
