// Workflows of Loops (built-in): every one with its state, who is inside, what it sent.
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router-dom";
import { number } from "../lib/format";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { STATUS, type WorkflowRow } from "../lib/workflow";
import { Badge, Empty, Time, Trouble } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { Labelled } from "../ui/fields";
import { Card, Heading, useTitle } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

const COLUMNS: Column<WorkflowRow>[] = [
  { id: "name", head: "Workflow", sort: (w) => w.name, cell: (w) => <><span className="font-medium">{w.name}</span><span className="soft text-sm block">{w.trigger}</span></> },
  { id: "status", head: "State", sort: (w) => w.status, cell: (w) => <Badge tone={STATUS[w.status].tone}>{STATUS[w.status].label}</Badge> },
  { id: "inside", head: "Inside", num: true, sort: (w) => w.totals.inside, cell: (w) => number(w.totals.inside) },
  { id: "done", head: "Finished", num: true, wide: true, sort: (w) => w.totals.done, cell: (w) => number(w.totals.done) },
  { id: "left", head: "Left early", num: true, wide: true, sort: (w) => w.totals.left, cell: (w) => number(w.totals.left) },
  { id: "sent", head: "Emails sent", num: true, wide: true, sort: (w) => w.sent, cell: (w) => number(w.sent) },
  { id: "changed", head: "Changed", wide: true, sort: (w) => w.updatedAt, cell: (w) => <Time at={w.updatedAt} relative /> },
];

export default function EngineWorkflows() {
  useTitle("Workflows");
  const { data, error } = useGet("/engine/workflows", { every: 4000 });
  const [making, setMaking] = useState(false);
  const may = useMay("editor");
  const make = may && <button type="button" className="button primary" onClick={() => setMaking(true)}>New workflow</button>;
  return (
    <>
      <Heading title="Workflows" actions={make}>What happens by itself when a contact is added, changes, joins a list or sends an event. Loops called them “loops” until May 2026.</Heading>
      <Trouble error={error} />
      <Card pad={false}><DataTable label="Workflows" columns={COLUMNS} rows={data?.data} id={(w) => w.id} to={(w) => `/loops/workflows/${w.id}`} empty={<Empty title="No workflow yet" actions={make}>A workflow has a trigger, then timers, filters, branches and emails. Nothing is sent before you start it.</Empty>} /></Card>
      {making && <Making close={() => setMaking(false)} />}
    </>
  );
}

function Making({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const { run, busy } = useAct();
  const go = useNavigate();
  const submit = (event: FormEvent) => { event.preventDefault(); void run(async () => { const made = await call("POST", "/engine/workflows", { name }); go(`/loops/workflows/${made.id}`); }); };
  return (
    <Dialog title="New workflow" close={close}>
      <form onSubmit={submit}>
        <Labelled label="Name" help="Only you see it."><input className="field" required autoFocus maxLength={255} value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
        <div className="flex justify-end"><button type="submit" className="button primary" disabled={busy || !name.trim()}>Create workflow</button></div>
      </form>
    </Dialog>
  );
}
