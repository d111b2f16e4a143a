// Sessions: where you are logged in; end one; a new password.
import { type FormEvent, useState } from "react";
import { call } from "../lib/http";
import { useAct, useGet } from "../lib/hooks";
import type { Login } from "../lib/types";
import { Empty, Tag, Time } from "../ui/basics";
import { Labelled } from "../ui/fields";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";

export function Sessions() {
  const { data } = useGet("/sessions");
  const { run, busy } = useAct();
  const columns: Column<Login>[] = [
    { id: "agent", head: "Browser", cell: (s) => <span className="break-words">{browser(s.agent)} {s.current && <Tag tone="good">this one</Tag>}</span> }, { id: "from", head: "Address", wide: true, cell: (s) => <code>{s.address}</code> },
    { id: "made", head: "Logged in", wide: true, cell: (s) => <Time at={s.created_at} /> }, { id: "seen", head: "Last seen", cell: (s) => <Time at={s.seen_at} relative /> },
    { id: "do", head: "", num: true, cell: (s) => s.current ? null : <button type="button" className="button small danger" disabled={busy} onClick={() => run(() => call("DELETE", `/sessions/${s.id}`), "Ended.")}>End</button> },
  ];
  return <><Card title="Where you are logged in" pad={false}><DataTable label="Sessions" columns={columns} rows={data?.data} id={(s) => s.id} empty={<Empty title="None" />} /></Card><Password /></>;
}

const browser = (agent: string): string => `${/Firefox|Edg|Chrome|Safari/.exec(agent)?.[0] ?? (agent.slice(0, 40) || "Unknown")}${/\(([^;)]+)/.exec(agent)?.[1] ? ` on ${/\(([^;)]+)/.exec(agent)![1]}` : ""}`;

function Password() {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const { run, busy } = useAct();
  const submit = (event: FormEvent) => { event.preventDefault(); void run(async () => { await call("POST", "/session/password", { old, new: fresh }); setOld(""); setFresh(""); }, "Changed. Your other sessions ended."); };
  return (
    <Card title="Password"><form onSubmit={submit} className="max-w-sm">
      <Labelled label="Present password"><input className="field" type="password" autoComplete="current-password" required value={old} onChange={(e) => setOld(e.target.value)} /></Labelled>
      <Labelled label="New password" help="At least 10 characters."><input className="field" type="password" autoComplete="new-password" required value={fresh} onChange={(e) => setFresh(e.target.value)} /></Labelled>
      <button type="submit" className="button primary" disabled={busy}>Change password</button>
    </form></Card>
  );
}
