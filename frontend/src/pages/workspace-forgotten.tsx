// Forgotten people: what was done, without saying for whom; lifting it, so that somebody is collected again.
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { number } from "../lib/format";
import type { ForgottenRecord } from "../lib/types";
import { Badge, Empty, Time } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { Phase } from "./forget";

export function Forgotten() {
  const { data } = useGet("/forgotten", { every: 3000 });
  const owner = useMay("owner");
  const { run, busy } = useAct();
  const lift = async (r: ForgottenRecord) => {
    if (await confirm({ title: `Collect the person of record ${r.id} again?`, body: "Their calls are taken again from now on. What was removed does not come back.", action: "Lift" })) await run(() => call("POST", `/forgotten/${r.id}/lift`), "Lifted.");
  };
  const columns: Column<ForgottenRecord>[] = [
    { id: "id", head: "Record", cell: (r) => <span className="font-medium">{r.id}</span> }, { id: "at", head: "Asked for", cell: (r) => <Time at={r.at} /> }, { id: "by", head: "By", wide: true, cell: (r) => r.by },
    { id: "state", head: "State", cell: (r) => <span title={r.waits_for || undefined}><Phase record={r} />{r.waits_for && <span className="soft block text-sm">Waiting for {r.waits_for}</span>}</span> },
    { id: "events", head: "Events removed", num: true, cell: (r) => number(r.events) },
    { id: "asked", head: "Destinations", cell: (r) => <span className="flex flex-wrap gap-1.5">{[...new Map(r.asked.map((a) => [a.destination_id, a])).values()].map((a) => <Badge key={a.destination_id} state={a.state}>{a.destination}</Badge>)}</span> },
    { id: "do", head: "", num: true, cell: (r) => owner && r.state === "done" && !r.lifted && <button type="button" className="button small" disabled={busy} onClick={() => lift(r)}>Lift</button> },
  ];
  return (
    <Card title="Forgotten people" note="Forget somebody on their page, under People. Records do not say who it was; their calls are left out until that is lifted." pad={false}>
      <DataTable label="Forgotten people" columns={columns} rows={data?.data} id={(r) => String(r.id)} empty={<Empty title="Nobody was forgotten">When somebody asks to be deleted, open their page under People and choose “Forget this person”.</Empty>} />
    </Card>
  );
}
