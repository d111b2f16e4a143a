// API tokens: named, with a role, shown once, revocable.
import { type FormEvent, useState } from "react";
import { api, call } from "../lib/http";
import { useAct, useGet } from "../lib/hooks";
import type { Token, Role } from "../lib/types";
import { CopyLine, Empty, Notice, Tag, Time } from "../ui/basics";
import { Code } from "../ui/code";
import { confirm } from "../ui/dialog";
import { Labelled } from "../ui/fields";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { RoleSelect } from "./roles";

export function Tokens() {
  const { data } = useGet("/tokens");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const [made, setMade] = useState<string>();
  const { run, busy } = useAct();
  const make = (event: FormEvent) => { event.preventDefault(); void run(async () => { setMade((await call("POST", "/tokens", { name, role })).token); setName(""); }); };
  const revoke = async (t: Token) => { if (await confirm({ title: `Revoke ${t.name}?`, body: "What uses it is refused from now on.", action: "Revoke", danger: true })) await run(() => call("DELETE", `/tokens/${t.id}`), "Revoked."); };
  const columns: Column<Token & { role?: string; last_used?: string | null }>[] = [
    { id: "name", head: "Name", sort: (t) => t.name, cell: (t) => <span className="font-medium">{t.name}</span> }, { id: "role", head: "Role", cell: (t) => <Tag>{t.role ?? "owner"}</Tag> },
    { id: "made", head: "Created", cell: (t) => <Time at={t.created_at} /> }, { id: "used", head: "Last used", wide: true, cell: (t) => <Time at={t.last_used} relative /> },
    { id: "do", head: "", num: true, cell: (t) => <button type="button" className="button small danger" disabled={busy} onClick={() => revoke(t)}>Revoke</button> },
  ];
  return (
    <>
      {made && <Notice tone="good"><CopyLine label="The new token. It is shown only now." text={made} /></Notice>}
      <Card title="API tokens" note="For scripts and other programs: everything these pages do, the control API does too." pad={false}>
        <DataTable label="API tokens" columns={columns} rows={data?.data} id={(t) => t.id} empty={<Empty title="No token yet">Make one below, then call the API with it.</Empty>} />
      </Card>
      <Card title="New token"><form onSubmit={make} className="flex flex-wrap gap-3 items-end [&>div>div]:mb-0"><div className="grow max-w-sm"><Labelled label="Token name"><input className="field" required value={name} onChange={(e) => setName(e.target.value)} /></Labelled></div><RoleSelect value={role} change={setRole} /><button type="submit" className="button primary" disabled={busy || !name.trim()}>Create token</button></form>
        <Code text={`curl -H 'Authorization: Bearer ${made ?? "<token>"}' ${location.origin}${api}/status`} /></Card>
    </>
  );
}
