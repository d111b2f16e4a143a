// People and roles: who may do what; invitations by link.
import { type FormEvent, useState } from "react";
import { call } from "../lib/http";
import { useAct, useGet } from "../lib/hooks";
import type { Member, Role } from "../lib/types";
import { CopyLine, Empty, Notice, Tag, Time } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Labelled, Select } from "../ui/fields";
import { Card } from "../ui/page";
import { type Column, DataTable } from "../ui/table";
import { RoleSelect, ROLES } from "./roles";

export function PeopleAndRoles() {
  const { data } = useGet("/users");
  const { run, busy } = useAct();
  const remove = async (m: Member) => { if (await confirm({ title: `Remove ${m.email}?`, body: "Their sessions end at once.", action: "Remove", danger: true })) await run(() => call("DELETE", `/users/${m.id}`), "Removed."); };
  const columns: Column<Member>[] = [
    { id: "email", head: "Email", sort: (m) => m.email, cell: (m) => <span><span className="font-medium">{m.email}</span>{m.name && m.name !== m.email && <span className="soft block text-sm">{m.name}</span>}</span> },
    { id: "role", head: "Role", cell: (m) => <Select label={`Role of ${m.email}`} className="max-md:max-w-36" value={m.role} options={ROLES} change={(role: Role) => void run(() => call("PATCH", `/users/${m.id}`, { role }), "Changed.")} /> },
    { id: "seen", head: "Last seen", wide: true, cell: (m) => <Time at={m.last_seen} relative /> },
    { id: "do", head: "", num: true, cell: (m) => <button type="button" className="button small danger" disabled={busy} onClick={() => remove(m)}>Remove</button> },
  ];
  return <><Card title="People" pad={false}><DataTable label="People" columns={columns} rows={data?.data} id={(m) => m.id} empty={<Empty title="Nobody" />} /></Card><Invitations /></>;
}

function Invitations() {
  const { data } = useGet("/invitations");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [link, setLink] = useState<string>();
  const { run, busy } = useAct();
  const invite = (event: FormEvent) => { event.preventDefault(); void run(async () => { setLink((await call("POST", "/invitations", { email, role })).url); setEmail(""); }); };
  return (
    <Card title="Invite" note="An invitation is a link that is good for 7 days and once. Headrace sends no mail for it: pass it on yourself.">
      <form onSubmit={invite} className="flex flex-wrap gap-3 items-end mb-4 [&>div>div]:mb-0"><div className="grow max-w-sm"><Labelled label="Email"><input className="field" type="email" required value={email} onChange={(e) => setEmail(e.target.value)} /></Labelled></div><RoleSelect label="Role of the invited" value={role} change={setRole} /><button type="submit" className="button primary" disabled={busy || !email.trim()}>Make invitation link</button></form>
      {link && <Notice tone="good"><CopyLine label="The link. It is shown only now." text={link} /></Notice>}
      {data?.data.map((i) => <div key={i.id} className="flex flex-wrap gap-3 items-center py-1.5 border-t line"><span className="font-medium">{i.email}</span><Tag>{i.role}</Tag><span className="soft grow">until <Time at={i.expires_at} /></span><button type="button" className="button small danger" disabled={busy} onClick={() => run(() => call("DELETE", `/invitations/${i.id}`), "Withdrawn.")}>Withdraw</button></div>)}
    </Card>
  );
}
